"""A session's recorded output: how it lies on disk, and reading it while it may still be written.

A recording is a directory of segments. Each is two files named by the absolute offset of its
first byte: `<offset>.out` with the bytes as the program wrote them, and `<offset>.marks` with
fixed-size records that say when bytes came, how large the terminal was and when input was given.
So any session, live or ended, can be read from any offset. Bytes missing between two segments
are a gap: the disk had refused them, or they were older than what is kept.

Standard library only: the PTY host writes it, the server and the cockpit read it.
"""

import os
import struct
import zlib
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "MARKS",
    "MARK_BYTES",
    "OUT",
    "Mark",
    "MarkKind",
    "Piece",
    "Recording",
    "decode_marks",
    "encode_mark",
    "output_directory",
    "segment_offsets",
    "segment_path",
]

OUT, MARKS = ".out", ".marks"

_MARK = struct.Struct(">BIQQ")
_CHECKED = struct.Struct(">BIQQI")
MARK_BYTES = _CHECKED.size


class MarkKind(IntEnum):
    """What a mark tells.

    TIME: bytes from here on came at that time. SIZE: value is columns << 16 | rows.
    INPUT: value bytes were typed.
    """

    TIME = 1
    SIZE = 2
    INPUT = 3


_KINDS = frozenset(int(kind) for kind in MarkKind)


class Mark(NamedTuple):
    """Something that happened when the output had reached offset. at: Unix ms."""

    kind: MarkKind
    value: int
    offset: int
    at: int

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of a SIZE mark."""
        return self.value >> 16, self.value & 0xFFFF


class Piece(NamedTuple):
    """Output that begins at offset; offset is later than the one asked for when bytes are missing."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


class Recording:
    """Reads the recording in a directory that another process may be writing. Never raises for a torn tail."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded here."""
        return bool(segment_offsets(self.directory))

    @property
    def start(self) -> int:
        """The oldest offset held; 0 when nothing is."""
        return next(iter(segment_offsets(self.directory)), 0)

    @property
    def end(self) -> int:
        """The offset after the last recorded byte."""
        offsets = segment_offsets(self.directory)
        return offsets[-1] + self.segment_length(offsets[-1]) if offsets else 0

    def read(self, offset: int, limit: int) -> Piece | None:
        """At most limit bytes from offset on, or from the next offset held; None when there are none."""
        for first in reversed(segment_offsets(self.directory)):
            if first <= offset:
                data = self._bytes(first, offset - first, limit)
                return Piece(offset, data) if data else self._after(offset, limit)
        return self._after(offset, limit)

    def stretches(self, offset: int, limit: int) -> list[Piece]:
        """What is held from offset on, at most limit bytes in all; between two stretches is a gap."""
        found: list[Piece] = []
        while limit > 0 and (piece := self.read(offset, limit)) is not None:
            offset, limit = piece.end, limit - len(piece.data)
            if found and found[-1].end == piece.offset:
                piece = Piece(found[-1].offset, found.pop().data + piece.data)
            found.append(piece)
        return found

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
        return [mark for first in self.segments() for mark in self.segment_marks(first)]

    def segments(self) -> list[int]:
        """The offsets at which segments begin, in order."""
        return segment_offsets(self.directory)

    def segment_end(self, first: int) -> int:
        """The offset after the last byte of the segment that begins at first."""
        return first + self.segment_length(first)

    def segment_length(self, first: int) -> int:
        """How many bytes of output it holds; 0 when it was rotated away meanwhile."""
        try:
            return os.stat(segment_path(self.directory, first, OUT)).st_size
        except FileNotFoundError:
            return 0

    def segment_marks(self, first: int) -> list[Mark]:
        """The marks of one segment, in order."""
        end = self.segment_end(first)
        return [mark for mark in decode_marks(self._read_whole(first)) if mark.offset <= end]

    def segment_bytes(self, first: int, offset: int, limit: int) -> bytes:
        """At most limit bytes from offset on out of the segment that begins at first."""
        return self._bytes(first, offset - first, limit)

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

    def _read_whole(self, first: int) -> bytes:
        try:
            with open(segment_path(self.directory, first, MARKS), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""


def output_directory(session: Path) -> str:
    """Where the recording of a session lies. session: its own directory."""
    return str(session / "output")


def segment_offsets(directory: str) -> list[int]:
    """The offsets at which the segments of a recording begin, in order; none when there is none."""
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return sorted(int(name[: -len(OUT)]) for name in names if name.endswith(OUT) and name[: -len(OUT)].isdigit())


def segment_path(directory: str, offset: int, suffix: str) -> str:
    return f"{directory}/{offset:020d}{suffix}"


def encode_mark(mark: Mark) -> bytes:
    body = _MARK.pack(*mark)
    return body + zlib.crc32(body).to_bytes(4)


def decode_marks(content: bytes) -> list[Mark]:
    """The marks up to the first damaged one: a torn tail, or zeros left by a power cut, end the list."""
    marks = []
    for start in range(0, len(content) - MARK_BYTES + 1, MARK_BYTES):
        kind, value, offset, at, checksum = _CHECKED.unpack_from(content, start)
        if zlib.crc32(content[start : start + _MARK.size]) != checksum or kind not in _KINDS:
            break
        marks.append(Mark(MarkKind(kind), value, offset, at))
    return marks
