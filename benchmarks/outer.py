"""An outer terminal that shows nothing: it runs a program, swallows its output, and says what came when."""

import os
import re
import select
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import ptyprocess

__all__ = ["COLUMNS", "ROWS", "OuterTerminal", "cpu_seconds"]

ROWS, COLUMNS = 50, 200
FRAME_END = b"\x1b[?2026l"
ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # DECRQM: synchronized output can be set
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[?u": b"\x1b[?0u",
}
KEPT = 1 << 16
TICKS = os.sysconf("SC_CLK_TCK")


class OuterTerminal:
    """One program in a PTY, read by a thread as fast as it writes.

    frames: synchronized updates that ended. received: bytes so far.
    """

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = ptyprocess.PtyProcess.spawn(list(argv), env=dict(environment), dimensions=(ROWS, COLUMNS))
        self.frames = 0
        self.received = 0
        self._tail = b""
        self._wanted: bytes | None = None
        self._seen_at = 0.0
        self._seen = threading.Event()
        self._closing = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        self._reader.join(5)
        self._closing = True
        self._reader.join(5)
        self._process.close(force=True)

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._process.pid)

    @property
    def tail(self) -> bytes:
        """The newest output, at most 64 KiB."""
        return self._tail

    @property
    def last_words(self) -> str:
        """The last it wrote, without the sequences that placed and coloured it."""
        return re.sub(rb"\x1b\[[0-9;:?]*[a-zA-Z]", b"", self._tail)[-60000:].decode("utf-8", "replace")

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self._process.fd, data)

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size."""
        self._process.setwinsize(rows, columns)

    def wait_for(self, text: bytes, seconds: float, *, typing: bytes = b"") -> float:
        """Type, and wait until `text` comes after that; the seconds it took. Raises TimeoutError.

        Without anything typed it may have come already: what stays as it is is drawn once.
        """
        if not typing and text in self._tail:
            return 0.0
        self._seen.clear()
        self._wanted = text
        began = time.perf_counter()
        if typing:
            self.send(typing)
        if not self._seen.wait(seconds):
            raise TimeoutError(f"waited {seconds:g} s for {text!r}; the last it showed:\n{self.last_words}")
        return self._seen_at - began

    def _read(self) -> None:
        descriptor = self._process.fd
        while not self._closing:
            if not select.select([descriptor], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(descriptor, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self._take(data, time.perf_counter())

    def _take(self, data: bytes, now: float) -> None:
        overlap = self._tail[-16:]
        text = overlap + data
        self.received += len(data)
        self.frames += text.count(FRAME_END) - overlap.count(FRAME_END)
        if self._wanted is not None and self._wanted in text:
            self._wanted, self._seen_at = None, now
            self._seen.set()
        for query, answer in ANSWERS.items():
            if query in text and query not in overlap:
                self.send(answer)
        self._tail = (self._tail + data)[-KEPT:]


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
