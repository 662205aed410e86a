"""Scrollback and screen as rows of text that can be looked at one by one, counted from the oldest."""

import weakref
from typing import Any

from maestro_tui.terminal.cells import SPACER_HEAD, SPACER_TAIL
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.text import reference, selected_text

__all__ = ["Lines", "Place"]


class Lines:
    """The rows of one terminal. Row numbers hold until the terminal is fed or resized."""

    def __init__(self, library: Library, terminal: Any) -> None:
        self._library, self._lib = library, library.lib
        self._terminal = terminal
        self._everywhere = self._lib.GHOSTTY_POINT_TAG_SCREEN
        self._number = library.new("size_t*")
        self._columns = library.new("uint16_t*")
        self._row = library.new("GhosttyRow*")
        self._cell = library.new("GhosttyCell*")
        self._flag = library.new("bool*")

    @property
    def total(self) -> int:
        """How many rows there are, those of the screen included."""
        self._lib.ghostty_terminal_get(self._terminal, self._lib.GHOSTTY_TERMINAL_DATA_TOTAL_ROWS, self._number)
        return int(self._number[0])

    @property
    def columns(self) -> int:
        self._lib.ghostty_terminal_get(self._terminal, self._lib.GHOSTTY_TERMINAL_DATA_COLS, self._columns)
        return int(self._columns[0])

    def texts(self, first: int, count: int) -> list[str]:
        """The texts of some rows, trailing blanks left out; fewer where there are not so many."""
        count = min(count, self.total - first)
        if count <= 0:
            return []
        selection = self._library.sized("GhosttySelection")
        selection.start = self._reference(0, first)[0]
        selection.end = self._reference(self.columns - 1, first + count - 1)[0]
        found = selected_text(self._library, self._terminal, selection, unwrap=False).split("\n")
        return [*found[:count], *[""] * (count - len(found))]

    def cells(self, y: int) -> list[str]:
        """A character per column of a row; nothing for the second half of a wide one."""
        columns, text = self.columns, (self.texts(y, 1) or [""])[0]
        if text.isascii():
            return list(text.ljust(columns))
        layout, cells = self._library.layout, []
        for x in range(columns):
            value = self._value(x, y)
            point = layout.content.of(value) & 0x1FFFFF
            tail = layout.wide.of(value) == SPACER_TAIL
            cells.append("" if tail else chr(point) if point else " ")
        return cells

    def blanks(self, y: int) -> int:
        """How many blanks end a row that goes on in the next one: without that of a wide cell that did not fit."""
        layout, count = self._library.layout, 0
        for x in reversed(range(self.columns)):
            value = self._value(x, y)
            wide, point = layout.wide.of(value), layout.content.of(value) & 0x1FFFFF
            if wide == SPACER_TAIL or point not in (0, ord(" ")):
                break
            count += wide != SPACER_HEAD
        return count

    def _value(self, x: int, y: int) -> int:
        self._lib.ghostty_grid_ref_cell(self._reference(x, y), self._cell)
        return int(self._cell[0])

    def wraps(self, y: int) -> bool:
        """Whether the line goes on in the next row without a break of the program's."""
        self._lib.ghostty_grid_ref_row(self._reference(0, y), self._row)
        self._lib.ghostty_row_get(self._row[0], self._lib.GHOSTTY_ROW_DATA_WRAP, self._flag)
        return bool(self._flag[0]) and y + 1 < self.total

    def place(self, x: int, y: int) -> "Place":
        """A cell that is followed while the terminal goes on."""
        point = self._library.new("GhosttyPointS*", {"tag": self._everywhere})
        point.value.x, point.value.y = x, y
        out = self._library.new("GhosttyTrackedGridRef*")
        self._library.check(self._library.track(self._terminal, point[0], out), "follow a cell")
        return Place(self._library, out[0])

    def _reference(self, x: int, y: int) -> Any:
        return reference(self._library, self._terminal, self._everywhere, x, y)


class Place:
    """A cell that keeps its text while rows come and go."""

    def __init__(self, library: Library, tracked: Any) -> None:
        self._library, self._tracked = library, tracked
        self._free = weakref.finalize(self, library.lib.ghostty_tracked_grid_ref_free, tracked)

    @property
    def cell(self) -> tuple[int, int] | None:
        """Where it is now, as (column, row), rows from the oldest; None once it is gone."""
        lib = self._library.lib
        out = self._library.new("GhosttyPointCoordinate*")
        gone = lib.ghostty_tracked_grid_ref_point(self._tracked, lib.GHOSTTY_POINT_TAG_SCREEN, out)
        return None if gone else (int(out.x), int(out.y))
