"""A recording as what happened, in order: sizes, output with its times, and what is missing.

Standard library only: the cockpit feeds it to terminals, the server exports it, `attach` plays it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from maestro_tui.recording import MarkKind, Recording

__all__ = ["Missing", "Resized", "Step", "Written", "replay"]

CHUNK = 64 << 10


class Resized(NamedTuple):
    """The terminal has this size from offset on. at: Unix ms."""

    offset: int
    at: int
    columns: int
    rows: int


class Written(NamedTuple):
    """The program wrote data, at most 64 KiB, which begins at offset. at: Unix ms, to about 20 ms."""

    offset: int
    at: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


class Missing(NamedTuple):
    """The bytes from offset up to, not including, end are not held any more, or never were."""

    offset: int
    end: int


Step = Resized | Written | Missing


def replay(recording: Recording, since: int = 0, until: int | None = None) -> Iterator[Step]:
    """What is recorded from byte since up to byte until, as far as it reaches now.

    The size in force at since comes first, where it is known.
    """
    player = _Player(recording, since, until)
    for first in recording.segments():
        yield from player.segment(first)


class _Player:
    """Goes through the segments; knows where it is, when, and how large the terminal is."""

    def __init__(self, recording: Recording, since: int, until: int | None) -> None:
        self._recording = recording
        self._since = self._position = since
        self._until = until
        self._at = 0
        self._size: tuple[int, int] | None = None
        self._told: tuple[int, int] | None = None

    def segment(self, first: int) -> Iterator[Step]:
        end = self._recording.segment_end(first)
        end = end if self._until is None else min(end, self._until)
        if end < self._position or first > end:
            return
        if first > self._position:
            yield Missing(self._position, first)
            self._position = first
        for mark in self._recording.segment_marks(first):
            if mark.offset > end:
                break
            yield from self._output(first, mark.offset)
            self._at = mark.at
            if mark.kind is MarkKind.SIZE:
                self._size = mark.size
                if mark.offset > self._since:
                    yield from self._resize()
        yield from self._output(first, end)
        yield from self._resize()

    def _output(self, first: int, end: int) -> Iterator[Step]:
        """Output of one segment up to end."""
        while self._position < end:
            data = self._recording.segment_bytes(first, self._position, min(end - self._position, CHUNK))
            if not data:
                return  # rotated away meanwhile
            yield from self._resize()
            step = Written(self._position, self._at, data)
            self._position = step.end
            yield step

    def _resize(self) -> Iterator[Resized]:
        if self._size is not None and self._size != self._told:
            self._told = self._size
            yield Resized(self._position, self._at, *self._size)
