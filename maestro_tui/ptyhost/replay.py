"""Reading a recorded session, live or ended, from any offset. Never raises for a torn tail."""

import os
from typing import NamedTuple

from maestro_tui.ptyhost.output_log import MARKS, OUT, Mark, decode_marks, segment_offsets, segment_path

__all__ = ["LogReader", "Piece"]


class Piece(NamedTuple):
    """Output that begins at offset; offset is later than the one asked for when bytes are missing."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


class LogReader:
    """Reads the log in a directory that another process may be writing."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    @property
    def start(self) -> int:
        """The oldest offset held; 0 when nothing is."""
        return next(iter(segment_offsets(self.directory)), 0)

    @property
    def end(self) -> int:
        """The offset after the last recorded byte."""
        offsets = segment_offsets(self.directory)
        return offsets[-1] + self._length(offsets[-1]) if offsets else 0

    def read(self, offset: int, limit: int) -> Piece | None:
        """At most limit bytes from offset on, or from the next offset held; None when there are none."""
        for first in reversed(segment_offsets(self.directory)):
            if first <= offset:
                data = self._bytes(first, offset - first, limit)
                return Piece(offset, data) if data else self._after(offset, limit)
        return self._after(offset, limit)

    def tail(self, limit: int) -> Piece | None:
        """The last bytes recorded, at most limit of them and without a gap."""
        end = self.end
        piece = self.read(max(end - limit, self.start), limit)
        while piece is not None and piece.end < end:
            following = self.read(piece.end, limit)
            if following is None:
                break
            joined = piece.data + following.data if following.offset == piece.end else following.data
            piece = Piece(following.end - len(joined), joined)
        return piece

    def marks(self) -> list[Mark]:
        """Times, sizes and inputs of what is held, in order; a mark beyond the recorded bytes is left out."""
        found: list[Mark] = []
        for first in segment_offsets(self.directory):
            end = first + self._length(first)
            found += [mark for mark in decode_marks(self._read_whole(first)) if mark.offset <= end]
        return found

    def _after(self, offset: int, limit: int) -> Piece | None:
        for first in segment_offsets(self.directory):
            if first > offset and (data := self._bytes(first, 0, limit)):
                return Piece(first, data)
        return None

    def _bytes(self, first: int, skip: int, limit: int) -> bytes:
        try:
            descriptor = os.open(segment_path(self.directory, first, OUT), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""  # rotated away meanwhile
        try:
            return os.pread(descriptor, limit, skip)
        finally:
            os.close(descriptor)

    def _length(self, first: int) -> int:
        try:
            return os.stat(segment_path(self.directory, first, OUT)).st_size
        except FileNotFoundError:
            return 0

    def _read_whole(self, first: int) -> bytes:
        try:
            with open(segment_path(self.directory, first, MARKS), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""
