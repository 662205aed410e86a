"""Writing a session's recording (`maestro_tui.recording` says how it lies on disk) as its output comes.

When the segments outgrow the limit the oldest goes; when the disk refuses or somebody deletes the
recording, it starts again in a new segment, and the missing bytes before it are the declared gap.
The agent never notices.
"""

import contextlib
import os
import time
from collections.abc import Callable

from maestro_tui.recording import (
    MARK_BYTES,
    MARKS,
    OUT,
    Mark,
    MarkKind,
    decode_marks,
    encode_mark,
    segment_offsets,
    segment_path,
)

__all__ = ["DEFAULT_LIMIT", "OutputLog"]

DEFAULT_LIMIT = 64 << 20
SEGMENTS = 8
RETRY_SECONDS = 5.0
"""Between two attempts to record again, and between two looks at whether the recording was deleted."""
TIME_GRAIN_MS = 20


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class OutputLog:
    """Writes one session's log. No method raises for a disk that is full or gone: see `failure`.

    limit: bytes of output kept, about, and at most as many of marks; beyond, the oldest eighth goes.
    """

    def __init__(self, directory: str, *, limit: int = DEFAULT_LIMIT, clock: Callable[[], int] = now_ms) -> None:
        self.directory = directory
        self.failure: str | None = None
        """Why nothing is recorded at the moment, or None."""
        self.end = 0
        """The offset after the last byte given to append, recorded or not."""
        self._segment_bytes = max(limit // SEGMENTS, 1)
        self._clock = clock
        self._output = self._marks = -1
        self._written = self._marked = self._last_time = 0
        self._size: int | None = None
        self._retry_at = self._look_at = 0.0
        self._attempt(self._resume)

    def append(self, data: bytes) -> None:
        """Record what the program wrote."""
        end = self.end + len(data)
        if self._ready():
            self._attempt(self._write, memoryview(data))
        self.end = end

    def resized(self, columns: int, rows: int) -> None:
        """Record that the terminal has this size from here on."""
        self._size = columns << 16 | rows
        self._mark(MarkKind.SIZE, self._size)

    def typed(self, count: int) -> None:
        """Record that input came, by its length alone: it may hold passwords."""
        self._mark(MarkKind.INPUT, count)

    def close(self) -> None:
        for descriptor in (self._output, self._marks):
            if descriptor >= 0:
                with contextlib.suppress(OSError):  # a delayed write error; the gap is in the file's length
                    os.close(descriptor)
        self._output = self._marks = -1

    def _ready(self) -> bool:
        now = time.monotonic()
        if self._output >= 0 and now >= self._look_at:
            self._look_at = now + RETRY_SECONDS
            self._attempt(self._leave_deleted)
        if self._output < 0 and now >= self._retry_at:
            self._attempt(self._open, self.end)
        return self._output >= 0

    def _leave_deleted(self) -> None:
        if os.fstat(self._output).st_nlink == 0:  # what goes there is lost with the file
            self.close()

    def _mark(self, kind: MarkKind, value: int) -> None:
        if self._ready():
            self._attempt(self._write_mark, kind, value)

    def _write(self, data: memoryview) -> None:
        while data:
            if self._written and max(self._written, self._marked) >= self._segment_bytes:
                self._rotate()
            self._note_time()
            count = os.write(self._output, data[: self._segment_bytes - self._written])
            self._written += count
            self.end += count
            data = data[count:]

    def _note_time(self) -> None:
        now = self._clock()
        if now - self._last_time >= TIME_GRAIN_MS:
            self._last_time = now
            self._write_mark(MarkKind.TIME, 0)

    def _write_mark(self, kind: MarkKind, value: int) -> None:
        record = encode_mark(Mark(kind, value, self.end, self._clock()))
        if os.write(self._marks, record) != len(record):
            raise OSError("the disk took a part of a record")
        self._marked += len(record)

    def _rotate(self) -> None:
        self._open(self.end)
        for offset in segment_offsets(self.directory)[:-SEGMENTS]:
            for suffix in (OUT, MARKS):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(segment_path(self.directory, offset, suffix))

    def _open(self, offset: int) -> None:
        self.close()
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._marks = os.open(segment_path(self.directory, offset, MARKS), flags, 0o600)
        self._output = os.open(segment_path(self.directory, offset, OUT), flags, 0o600)
        self._written = os.fstat(self._output).st_size
        self._marked = os.fstat(self._marks).st_size
        self._last_time = 0
        self.failure = None
        if self._size is not None:
            self._write_mark(MarkKind.SIZE, self._size)

    def _resume(self) -> None:
        """Continue a log that is there already; half a mark at its end goes."""
        offsets = segment_offsets(self.directory)
        last = offsets[-1] if offsets else 0
        self.end = last
        self._open(last)
        self.end = last + self._written
        with open(segment_path(self.directory, last, MARKS), "rb") as file:
            whole = len(decode_marks(file.read())) * MARK_BYTES
        os.truncate(segment_path(self.directory, last, MARKS), whole)

    def _attempt(self, action: Callable[..., None], *arguments: object) -> None:
        try:
            action(*arguments)
        except OSError as error:
            self.close()
            self.failure = f"{self.directory}: {error.strerror or error}"
            self._retry_at = time.monotonic() + RETRY_SECONDS
