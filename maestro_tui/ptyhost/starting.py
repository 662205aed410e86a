"""Starting a host from another process, without forking that process."""

import contextlib
import importlib.util
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from maestro_tui.ptyhost.records import RunRecord
from maestro_tui.ptyhost.spec import HostSpec

__all__ = ["HostNotStarted", "HostStarter", "StartedHost", "start_host"]

LONGEST_ANSWER = 1 << 16
NAME = "maestro-pty-host"
"""What lists of processes show of a host; it learns later which session it serves."""

# Isolated and without `site`, so that it starts in half the time and the person's environment
# cannot change what it runs. The words after the code are where its modules lie.
_CODE = "import sys; sys.path += sys.argv[2:]; from maestro_tui.ptyhost.__main__ import main; sys.exit(main())"


class HostNotStarted(Exception):
    """No host runs the session now. code: one of the host's error codes, `timeout` or `host_failed`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StartedHost(NamedTuple):
    """A host that is ready. process: to be polled now and then, so that it leaves no zombie."""

    process: subprocess.Popen[bytes]
    run: RunRecord


class HostStarter:
    """Starts hosts, and keeps one warm: an interpreter that has started and waits to be told what to run.

    Starting one is most of what a session's start takes, so it is done before it is asked for. A warm
    host knows nothing of any session; it ends by itself with whoever keeps it. May be used by several threads.
    within, environ: as for `start_host`.
    """

    def __init__(self, *, within: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> None:
        self.within = within
        self._environ = environ
        self._lock = threading.Lock()
        self._warm: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def prepare(self) -> None:
        """Warm a host up, unless one is warm. Blocks for some milliseconds; raises OSError."""
        with self._lock:
            if self._warm is None and not self._is_closed:
                self._warm = _begin(self.within, self._environ)

    def start(self, spec: HostSpec, *, timeout: float = 10.0) -> StartedHost:
        """As `start_host`, in the warm one if it is there, and warm the next one up."""
        with self._lock:
            warm, self._warm = self._warm, None
        started = None if warm is None else self._told(warm, spec, timeout)
        if started is None:
            started = start_host(spec, timeout=timeout, within=self.within, environ=self._environ)
        with contextlib.suppress(OSError):  # the next start says so, if it is for good
            self.prepare()
        return started

    def _told(self, warm: "subprocess.Popen[bytes]", spec: HostSpec, timeout: float) -> StartedHost | None:
        """None when the warm host died while it waited: the session's lock sees to it that it starts once."""
        try:
            return _told(warm, spec, timeout)
        except HostNotStarted as error:
            if error.code != "host_failed":
                raise
        return None

    def close(self) -> None:
        """Keep none warm any more."""
        with self._lock:
            self._is_closed, warm, self._warm = True, self._warm, None
        _discard(warm)


def start_host(
    spec: HostSpec,
    *,
    timeout: float = 10.0,
    within: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> StartedHost:
    """Start a host for a session and wait until its program runs. Blocks; raises HostNotStarted.

    The directories of the records and of the socket must exist. timeout: seconds; a host that
    is not ready by then is killed. within: words before its command, of a program that is
    replaced by it (see `scope`). environ: the host's own, by default this process's.
    """
    return _told(_begin(within, environ), spec, timeout)


def _begin(within: Sequence[str], environ: Mapping[str, str] | None) -> "subprocess.Popen[bytes]":
    """A host that waits to be told what to run."""
    return subprocess.Popen(
        [*within, *_command()],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def _told(process: "subprocess.Popen[bytes]", spec: HostSpec, timeout: float) -> StartedHost:
    try:
        return StartedHost(process, _converse(process, spec, time.monotonic() + timeout))
    except HostNotStarted:
        process.kill()
        process.wait()
        raise
    finally:
        _close_pipes(process)


def _discard(process: "subprocess.Popen[bytes] | None") -> None:
    """End a host that was never told what to run."""
    if process is not None:
        process.kill()
        process.wait()
        _close_pipes(process)


def _close_pipes(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # what it was not told in time
                pipe.close()


def _converse(process: "subprocess.Popen[bytes]", spec: HostSpec, deadline: float) -> RunRecord:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(spec.to_json())
        process.stdin.close()
    except BrokenPipeError:
        raise HostNotStarted("host_failed", "the PTY host ended before it was told what to run") from None
    answer = _read_line(process.stdout.fileno(), deadline)
    try:
        content = json.loads(answer)
    except ValueError:
        raise HostNotStarted("host_failed", "the PTY host ended without an answer") from None
    if "ready" not in content:
        raise HostNotStarted(content["error"], content["message"])
    return RunRecord.from_json(content["run"])


def _read_line(descriptor: int, deadline: float) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < LONGEST_ANSWER:
        readable, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0.0))
        if not readable:
            raise HostNotStarted("timeout", "the PTY host was not ready in time")
        data = os.read(descriptor, 4096)
        if not data:
            break
        line += data
    return bytes(line)


def _command() -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _CODE, NAME, *_module_places()]


def _module_places() -> list[str]:
    library = importlib.util.find_spec("ptyprocess")
    assert library is not None
    assert library.origin is not None
    return [str(Path(__file__).parents[2]), str(Path(library.origin).parents[1])]
