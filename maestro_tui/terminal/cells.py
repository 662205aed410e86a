"""A row of cells as one big integer: what can be told about all its cells without looking at each.

The engine packs a cell into 64 bits. A row of them, read as a little-endian integer, is
tested and split with masks over the whole row, which costs a microsecond where a loop over
cells costs hundreds.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["CellLayout", "Field", "RowMasks"]

CELL_BYTES = 8
CODEPOINT_BITS = 21

GRAPHEME, PALETTE_ONLY, RGB_ONLY = 1, 2, 3
"""Content tags: a cluster of code points, and cells that hold a background colour and no text."""

WIDE, SPACER_TAIL, SPACER_HEAD = 1, 2, 3
"""Widths: two columns, the second of them, and the blank left where a wide cell did not fit."""


class Field(NamedTuple):
    """Bits of a packed cell. shift: of the lowest bit. width: in bits."""

    shift: int
    width: int

    @property
    def mask(self) -> int:
        """The field's bits in place."""
        return ((1 << self.width) - 1) << self.shift

    def of(self, cell: int) -> int:
        """The field's value in a cell."""
        return (cell >> self.shift) & ((1 << self.width) - 1)


class CellLayout(NamedTuple):
    """Where the fields of a packed cell are, as the library itself tells."""

    tag: Field
    content: Field
    style: Field
    wide: Field
    hyperlink: Field

    @classmethod
    def parse(cls, types: Mapping[str, Any]) -> "CellLayout":
        """From the library's own description of its types."""
        bits = types["types"]["GhosttyCell"]["bits"]
        names = ("content_tag", "content", "style_id", "wide", "hyperlink")
        return cls(*(Field(bits[name]["lsb"], bits[name]["width"]) for name in names))


class RowMasks:
    """Masks over a whole row of `columns` cells."""

    def __init__(self, layout: CellLayout, columns: int) -> None:
        self.layout = layout
        self.columns = columns
        self.lowest = self._repeat(1)
        self.style = self._repeat(layout.style.mask)
        self.shaped = self._repeat(layout.tag.mask | layout.wide.mask)
        self.used = self._repeat(layout.tag.mask | layout.wide.mask | layout.content.mask)
        self.exact_only = self._repeat(1 << layout.hyperlink.shift | layout.tag.mask)
        self.color_only = self._repeat(PALETTE_ONLY << layout.tag.shift)
        self._hyperlink = self._repeat(1 << layout.hyperlink.shift)
        self._tag_low = self._repeat(1 << layout.tag.shift)
        self._wide_low = self._repeat(1 << layout.wide.shift)
        self._codepoints = self._repeat((1 << CODEPOINT_BITS) - 1)
        self._style_values = self._repeat((1 << layout.style.width) - 1)

    def used_columns(self, row: int) -> int:
        """How many columns there are up to the last one ever written."""
        return ((row & self.used).bit_length() + 63) >> 6

    def has_gaps(self, row: int, used: int) -> bool:
        """Whether a never-written cell lies before the last written one: each cell folded to its lowest bit."""
        folded = row & self.used
        for shift in (32, 16, 8, 4, 2, 1):
            folded |= folded >> shift
        return (folded & self.lowest).bit_count() != used

    def has_spacer_head(self, row: int) -> bool:
        """Whether the row ends in the blank a wide cell left when it went to the next line."""
        return bool(row & (row >> 1) & self._wide_low)

    def text(self, row: int) -> str:
        """A character per cell: its code point, the first one of a cluster, blank for cells without."""
        points = (row >> self.layout.content.shift) & self._codepoints
        return self._lanes(points).replace("\0", " ")

    def spacer_tails(self, row: int) -> list[int]:
        """The columns that are the second half of a wide cell."""
        return self._columns((row >> 1) & ~row & self._wide_low, self.layout.wide.shift)

    def clusters(self, row: int) -> list[int]:
        """The columns with more than one code point, in a row without `color_only` cells."""
        return self._columns(row & self._tag_low, self.layout.tag.shift)

    def hyperlinks(self, row: int) -> list[int]:
        """The columns that a program gave a hyperlink."""
        return self._columns(row & self._hyperlink, self.layout.hyperlink.shift)

    def style_ids(self, row: int) -> str:
        """A character per cell whose code is the cell's style id."""
        return self._lanes((row >> self.layout.style.shift) & self._style_values)

    def _columns(self, bits: int, shift: int) -> list[int]:
        """The columns of the cells in which the bit at `shift` is set, the only one looked at."""
        raw = (bits >> shift).to_bytes(self.columns * CELL_BYTES, "little")[::CELL_BYTES]
        return [column for column, bit in enumerate(raw) if bit]

    def _lanes(self, values: int) -> str:
        """The low 32 bits of each cell as characters."""
        raw = values.to_bytes(self.columns * CELL_BYTES, "little")
        return raw.decode("utf-32-le", "surrogatepass")[::2]

    def _repeat(self, cell: int) -> int:
        return int.from_bytes(cell.to_bytes(CELL_BYTES, "little") * self.columns, "little")
