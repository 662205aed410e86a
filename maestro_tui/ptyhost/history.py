"""What viewers read: the newest output from memory, older output from the log, gaps declared."""

from collections import deque
from typing import NamedTuple

from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.recording import Piece, Recording

__all__ = ["DEFAULT_RING", "History", "Size"]

DEFAULT_RING = 1 << 20
SIZES_KEPT = 4096
SMALL = 4096


class Size(NamedTuple):
    """The terminal's size from offset on. number: how many there were, this one included."""

    number: int
    offset: int
    columns: int
    rows: int


class History:
    """The session's output by absolute offset.

    ring: bytes of the newest output kept in memory; enough for a viewer that keeps up, and for
    everyone while the disk is full.
    """

    def __init__(self, log: OutputLog, ring: int = DEFAULT_RING) -> None:
        self._log = log
        self._reader = Recording(log.directory)
        self._ring_limit = ring
        self._ring: deque[Piece] = deque()
        self._ring_bytes = 0
        self._sizes: deque[Size] = deque(maxlen=SIZES_KEPT)

    @property
    def end(self) -> int:
        """The offset after the last byte of output."""
        return self._log.end

    @property
    def start(self) -> int:
        """The oldest offset that can still be read."""
        in_memory = self._ring[0].offset if self._ring else self.end
        recorded = self._reader.read(0, 1)
        return in_memory if recorded is None else min(in_memory, recorded.offset)

    def append(self, data: bytes) -> None:
        """Keep what the program wrote."""
        last = self._ring[-1] if self._ring else None
        if (
            last is not None and len(last.data) + len(data) <= SMALL
        ):  # many single bytes must not become many objects
            self._ring[-1] = Piece(last.offset, last.data + data)
        else:
            self._ring.append(Piece(self._log.end, data))
        self._ring_bytes += len(data)
        self._log.append(data)
        while self._ring_bytes > self._ring_limit and len(self._ring) > 1:
            self._ring_bytes -= len(self._ring.popleft().data)

    def resized(self, columns: int, rows: int) -> None:
        """Keep the terminal's size from here on."""
        number = self._sizes[-1].number + 1 if self._sizes else 1
        self._sizes.append(Size(number, self.end, columns, rows))
        self._log.resized(columns, rows)

    def size_at(self, offset: int) -> Size | None:
        """The size in force for the byte at offset, as far as known."""
        return next((size for size in reversed(self._sizes) if size.offset <= offset), None)

    def sizes_since(self, number: int, offset: int) -> list[Size]:
        """The sizes after the one with this number that are in force at offset or before it, in order."""
        if not self._sizes or self._sizes[-1].number == number:
            return []
        return [size for size in self._sizes if size.number > number and size.offset <= offset]

    def next_resize(self, offset: int) -> int | None:
        """Where, after offset, the size changes next."""
        if not self._sizes or self._sizes[-1].offset <= offset:
            return None
        return next((size.offset for size in self._sizes if size.offset > offset), None)

    def read(self, offset: int, limit: int) -> Piece | None:
        """At most limit bytes from offset on, or from the next offset held; None at the end.

        Ends at the next change of size, so that a viewer learns of it in its place.
        """
        if offset >= self.end:
            return None
        piece = self._from_memory(offset, limit)
        if piece is None:
            piece = self._from_log(offset, limit)
        change = self.next_resize(piece.offset) if piece else None
        if piece is not None and change is not None and change < piece.end:
            return Piece(piece.offset, piece.data[: change - piece.offset])
        return piece

    def _from_memory(self, offset: int, limit: int) -> Piece | None:
        if not self._ring or offset < self._ring[0].offset:
            return None
        # From the end, since a viewer that keeps up finds its place there at once.
        piece = next(piece for piece in reversed(self._ring) if piece.offset <= offset)
        skip = offset - piece.offset
        return Piece(offset, piece.data[skip : skip + limit])

    def _from_log(self, offset: int, limit: int) -> Piece | None:
        recorded = self._reader.read(offset, limit)
        oldest = self._ring[0] if self._ring else None
        if recorded is None or (oldest is not None and oldest.offset <= recorded.offset):
            return oldest and Piece(oldest.offset, oldest.data[:limit])
        if oldest is not None and recorded.end > oldest.offset:
            return Piece(recorded.offset, recorded.data[: oldest.offset - recorded.offset])
        return recorded
