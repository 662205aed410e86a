"""Rows of the screen as text with SGR sequences, ready for an outer terminal.

Two ways lead there. The engine's formatter writes a row in some four microseconds, whatever
it holds. It leaves out cells that hold only a colour, and carries a style across
never-written cells, so rows with those are put together here from runs of equal style.
So are rows with clusters of code points, which outer terminals draw in different widths.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from maestro_tui.terminal.cells import (
    CELL_BYTES,
    GRAPHEME,
    PALETTE_ONLY,
    RGB_ONLY,
    SPACER_TAIL,
    WIDE,
    RowMasks,
)
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.links import TextRow
from maestro_tui.terminal.styles import Styles, sequence

__all__ = ["PINNED", "Mark", "Row", "RowReader"]

_RUN = re.compile(r"(.)\1*", re.DOTALL)
_INDEXED = re.compile("\x1b\\[([345]8);5;(\\d+)m")
_UNSAFE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that reorder or hide text: they would act on what is beside the pane."""
_STAND_INS = {"\u00ad": "-", "\ufff9": " ", "\ufffa": " ", "\ufffb": " "}
"""For those of them that have a column of their own."""


PINNED = re.compile("\x1b7 +\x1b8([^\x1b]*)\x1b8\x1b\\[\\d+C")
"""How a cluster stands in a row's text; its group is the cluster."""


class Row(NamedTuple):
    """One row. width: in columns.

    text: with SGR sequences and PINNED clusters, ending in the outer terminal's plain style.
    """

    text: str
    width: int


class Mark(NamedTuple):
    """A change of style in some columns of a row: the cursor, a selection, a match.

    start, end: columns, end excluded. sgr: the parameters added there.
    """

    start: int
    end: int
    sgr: str


class RowReader:
    """Reads the rows of one terminal's render state."""

    def __init__(self, library: Library, styles: Styles) -> None:
        self._library = library
        self._styles = styles
        self._masks = RowMasks(library.layout, 1)
        self._view = library.new("GhosttyCellsView*")
        self._cells_out = library.new("GhosttyRenderStateRowCells*")
        self._cells_out[0] = library.made("GhosttyRenderStateRowCells", "ghostty_render_state_row_cells_new")
        self._free = library.freed(self, render_state_row_cells=self._cells_out[0])
        self._count = library.new("uint32_t*")
        self._row, self._continues = library.new("GhosttyRow*"), library.new("bool*")
        self._prepare_formatter()

    def close(self) -> None:
        """Free what the library holds."""
        self._free()

    def read(self, terminal: Any, iterator: Any, y: int) -> Row:
        """The row the iterator stands on, which is row `y` of what is shown."""
        raw = self._raw(iterator)
        row = int.from_bytes(raw, "little")
        masks = self._masks
        width = masks.columns
        if not row & masks.used:
            return Row(self._framed(" " * width), width)
        if row & masks.exact_only or (row & masks.shaped and masks.has_spacer_head(row)):
            return Row(self._joined(self._runs(iterator, raw, row)), width)
        used = masks.used_columns(row)
        if row & masks.style and masks.has_gaps(row, used):
            return Row(self._joined(self._runs(iterator, raw, row)), width)
        return Row(self._framed(_safe(self._formatted(terminal, y, width)) + " " * (width - used)), width)

    def read_marked(self, iterator: Any, marks: tuple[Mark, ...]) -> Row:
        """The row the iterator stands on, with other styles at some of its columns."""
        raw = self._raw(iterator)
        cells = memoryview(raw).cast("Q").tolist()
        runs = self._cell_runs(iterator, cells)
        return Row(self._joined(_marked(runs, marks)), self._masks.columns)

    def text_row(self, iterator: Any) -> TextRow:
        """The row the iterator stands on, without its looks."""
        row = int.from_bytes(self._raw(iterator), "little")
        lib, masks = self._library.lib, self._masks
        lib.ghostty_render_state_row_get(iterator, lib.GHOSTTY_RENDER_STATE_ROW_DATA_RAW, self._row)
        lib.ghostty_row_get(self._row[0], lib.GHOSTTY_ROW_DATA_WRAP_CONTINUATION, self._continues)
        return TextRow(masks.text(row), bool(self._continues[0]), masks.hyperlinks(row))

    # The formatter's way.

    def _prepare_formatter(self) -> None:
        library, lib = self._library, self._library.lib
        self._options = library.sized("GhosttyFormatterTerminalOptions")
        self._options.emit = lib.GHOSTTY_FORMATTER_FORMAT_VT
        self._selection = library.sized("GhosttySelection")
        self._options.selection = self._selection
        self._start, self._end = library.sized("GhosttyGridRef"), library.sized("GhosttyGridRef")
        self._point = library.new("GhosttyPointS*")
        self._point.tag = lib.GHOSTTY_POINT_TAG_VIEWPORT
        self._formatter, self._size = library.new("GhosttyFormatter*"), library.new("size_t*")
        self._reserve(1 << 16)

    def _reserve(self, capacity: int) -> None:
        self._capacity = capacity
        self._buffer = self._library.new("uint8_t[]", capacity)
        self._bytes = self._library.ffi.buffer(self._buffer)

    def _formatted(self, terminal: Any, y: int, width: int) -> str:
        library, lib, point = self._library, self._library.lib, self._point
        point.value.x, point.value.y = 0, y
        library.grid_ref(terminal, point[0], self._start)
        point.value.x = width - 1
        library.grid_ref(terminal, point[0], self._end)
        self._selection.start, self._selection.end = self._start[0], self._end[0]
        lib.ghostty_formatter_terminal_new(library.ffi.NULL, self._formatter, terminal, self._options[0])
        formatter = self._formatter[0]
        try:
            result = lib.ghostty_formatter_format_buf(formatter, self._buffer, self._capacity, self._size)
            if result == lib.GHOSTTY_OUT_OF_SPACE:
                self._reserve(self._size[0] * 2)
                result = lib.ghostty_formatter_format_buf(formatter, self._buffer, self._capacity, self._size)
            library.check(result, "format a row")
        finally:
            lib.ghostty_formatter_free(formatter)
        return self._themed(self._bytes[: self._size[0]].decode("utf-8", "replace"))

    def _themed(self, text: str) -> str:
        """The theme's colours in place of the outer terminal's."""
        styles = self._styles
        if not styles.defaults:
            return text
        if "8;5;" in text:
            text = _INDEXED.sub(self._direct, text)
        text = text.replace("\x1b[0m\x1b[38;", styles.reset_before_color)
        return text.replace("\x1b[0m", styles.reset)

    def _direct(self, match: re.Match[str]) -> str:
        red, green, blue = self._styles.colors[int(match[2])]
        return f"\x1b[{match[1]};2;{red};{green};{blue}m"

    def _framed(self, text: str) -> str:
        return f"{self._styles.reset}{text}\x1b[0m" if self._styles.defaults else text

    # The exact way.

    def _raw(self, iterator: Any) -> Any:
        lib = self._library.lib
        lib.ghostty_render_state_row_get(iterator, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, self._view)
        columns = self._view.len
        if columns != self._masks.columns:
            self._masks = RowMasks(self._library.layout, columns)
        return self._library.ffi.buffer(self._view.ptr, columns * CELL_BYTES)

    def _joined(self, runs: Iterator[tuple[str, str]]) -> str:
        """Runs of (text, SGR parameters) as one string, a sequence only where the style changes."""
        styles, parts, last = self._styles, [], ""
        for text, sgr in runs:
            if sgr != last:
                parts.append(sequence(sgr))
                last = sgr
            parts.append(text)
        if last or styles.defaults:
            parts.append("\x1b[0m")
        return _safe("".join(parts))

    def _runs(self, iterator: Any, raw: Any, row: int) -> Iterator[tuple[str, str]]:
        masks = self._masks
        if row & masks.color_only:
            cells = memoryview(raw).cast("Q").tolist()
            return ((text, sgr) for _, _, text, sgr in self._cell_runs(iterator, cells))
        text = masks.text(row)
        if row & masks.shaped:
            return self._style_runs(iterator, row, self._shaped_text(iterator, row, text))
        return self._style_runs(iterator, row, text)

    def _shaped_text(self, iterator: Any, row: int, text: str) -> list[str]:
        """A text per cell: clusters whole, nothing for the second half of a wide cell."""
        masks, texts = self._masks, list(text)
        for column in masks.spacer_tails(row):
            texts[column] = ""
        if clusters := masks.clusters(row):
            wide, cells = self._library.layout.wide, self._cells(iterator)
            for column in clusters:
                width = 2 if wide.of(row >> (column * 64)) == WIDE else 1
                texts[column] = _pinned(self._cluster(cells, column), width)
        return texts

    def _style_runs(self, iterator: Any, row: int, texts: str | list[str]) -> Iterator[tuple[str, str]]:
        """Runs of equal style as (text, SGR parameters)."""
        styles, cells = self._styles, self._cells(iterator)
        seen = {"\0": styles.defaults}
        for run in _RUN.finditer(self._masks.style_ids(row)):
            start, end = run.span()
            sgr = seen.get(run[1])
            if sgr is None:
                sgr = seen[run[1]] = styles.read(cells, start)
            yield "".join(texts[start:end]), sgr

    def _cell_runs(self, iterator: Any, values: list[int]) -> Iterator[tuple[int, int, str, str]]:
        """Each cell with text: (column, width, text, SGR parameters)."""
        layout, styles = self._library.layout, self._styles
        cells = self._cells(iterator)
        seen = {0: styles.defaults}
        for column, value in enumerate(values):
            wide = layout.wide.of(value)
            if wide == SPACER_TAIL:
                continue
            tag, style_id = layout.tag.of(value), layout.style.of(value)
            content = layout.content.of(value)
            if tag in (PALETTE_ONLY, RGB_ONLY):
                color = content & 0xFF if tag == PALETTE_ONLY else _unpacked(content)
                yield column, 1, " ", styles.background_only(color)
                continue
            sgr = seen.get(style_id)
            if sgr is None:
                sgr = seen[style_id] = styles.read(cells, column)
            width = 2 if wide == WIDE else 1
            text = chr(content & 0x1FFFFF) if content else " "
            if tag == GRAPHEME:
                text = _pinned(self._cluster(cells, column), width)
            yield column, width, text, sgr

    def _cells(self, iterator: Any) -> Any:
        lib = self._library.lib
        lib.ghostty_render_state_row_get(iterator, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS, self._cells_out)
        return self._cells_out[0]

    def _cluster(self, cells: Any, column: int) -> str:
        lib = self._library.lib
        lib.ghostty_render_state_row_cells_select(cells, column)
        lib.ghostty_render_state_row_cells_get(
            cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN, self._count
        )
        length = self._count[0]
        points = self._library.new("uint32_t[]", max(1, length))
        lib.ghostty_render_state_row_cells_get(
            cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF, points
        )
        return "".join(map(chr, points[0:length]))


def _pinned(cluster: str, width: int) -> str:
    """A cluster that takes `width` columns whatever the outer terminal makes of it.

    Its place is blanked, it is drawn there, and the cursor goes on from its start (DECSC,
    DECRC, CUF): what is beside it stays where it is.
    """
    return f"\x1b7{' ' * width}\x1b8{cluster}\x1b8\x1b[{width}C"


def _unpacked(content: int) -> tuple[int, int, int]:
    return content & 0xFF, content >> 8 & 0xFF, content >> 16 & 0xFF


def _safe(text: str) -> str:
    """Without what would act outside the row; every column stays where it is."""
    if text.isascii():
        return text
    return _UNSAFE.sub(lambda match: _STAND_INS.get(match[0], ""), text)


def _marked(runs: Iterator[tuple[int, int, str, str]], marks: tuple[Mark, ...]) -> Iterator[tuple[str, str]]:
    for column, width, text, sgr in runs:
        added = [mark.sgr for mark in marks if mark.start < column + width and column < mark.end]
        yield text, ";".join(part for part in [sgr, *added] if part)
