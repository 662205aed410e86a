"""Let processes stand still for a moment again and again, as those of a busy machine do.

What a test takes for granted, since it has always come in that order, then comes in another.
"""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from maestro_tui.ptyhost.processes import descendants
from maestro_tui.ptyhost.starting import NAME

__all__ = ["stalls"]

AT_ONCE = 3
LONGEST_SECONDS = 0.7
PAUSE_SECONDS = 0.15
BESIDE = (NAME.encode(), b"maestro_tui\0serve", b"maestro_tui\0run")
"""Words of those that nobody waits for as a shell does, who takes the terminal back from what is stopped."""


@contextmanager
def stalls(pid: int, seed: int) -> Iterator[None]:
    """Stop (SIGSTOP) up to three at once of the children of a process and the hosts and servers below them."""
    over = threading.Event()
    threads = [
        threading.Thread(target=_stall, args=(pid, random.Random(f"{seed} {number}"), over))
        for number in range(AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _stall(pid: int, chance: random.Random, over: threading.Event) -> None:
    while not over.wait(chance.uniform(0.0, PAUSE_SECONDS)):
        if chosen := _chosen(pid):
            one = chance.choice(chosen)
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGSTOP)
                over.wait(chance.uniform(0.0, LONGEST_SECONDS))
                os.kill(one, signal.SIGCONT)


def _chosen(pid: int) -> list[int]:
    below = descendants(pid)
    return [one for one in below if _parent(one) == pid or any(word in _command(one) for word in BESIDE)]


def _parent(pid: int) -> int | None:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    return None


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
