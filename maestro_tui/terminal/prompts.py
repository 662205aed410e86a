"""Prompts of a shell that marks them (OSC 133): going from one to the next, and what a command wrote."""

from typing import Any

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.selection import Selection
from maestro_tui.terminal.text import reference, selected_text

__all__ = ["Prompts"]


class Prompts:
    """The prompts of one terminal. Rows are counted from the oldest row of the scrollback."""

    def __init__(self, library: Library, terminal: Any, selection: Selection) -> None:
        self._library, self._lib = library, library.lib
        self._terminal = terminal
        self._selection = selection
        self._point = library.ffi.new("GhosttyPointS*", {"tag": self._lib.GHOSTTY_POINT_TAG_SCREEN})
        self._cell = library.sized("GhosttyGridRef")
        self._row = library.ffi.new("GhosttyRow*")
        self._output = library.sized("GhosttySelection")
        self._mark = library.ffi.new("GhosttyRowSemanticPrompt*")

    def older(self, first: int) -> int | None:
        """The row of the prompt above row `first`."""
        return next(filter(self._starts_prompt, range(first - 1, -1, -1)), None)

    def newer(self, first: int, total: int) -> int | None:
        """The row of the prompt below row `first`. total: rows there are."""
        return next(filter(self._starts_prompt, range(first + 1, total)), None)

    def select_output(self, x: int, y: int, total: int) -> bool:
        """Select all that a command has written: the one at a cell of what is shown, or whose prompt is there.

        False where there is no output. total: rows there are.
        """
        cell = reference(self._library, self._terminal, self._lib.GHOSTTY_POINT_TAG_VIEWPORT, x, y)
        if self._select_at(cell):
            return True
        first = self._row_of(cell[0])
        for row in range(first + 1, self.newer(first, total) or total):
            self._starts_prompt(row)
            if self._select_at(self._cell):
                return True
        return False

    def _select_at(self, cell: Any) -> bool:
        if self._lib.ghostty_terminal_select_output(self._terminal, cell[0], self._output):
            return False
        if not self._row_of(self._output.start):  # without a prompt above, everything would be output
            return False
        self._selection.select(self._output)
        return True

    def select_last_output(self, total: int) -> bool:
        """Select what the newest command that wrote anything has written; False when no prompt tells."""
        y = total - 1
        while y > 0:
            self._starts_prompt(y)
            if self._lib.ghostty_terminal_select_output(self._terminal, self._cell[0], self._output):
                y -= 1
                continue
            first = self._row_of(self._output.start)
            if first and selected_text(self._library, self._terminal, self._output):
                self._selection.select(self._output)
                return True
            y = min(y, first) - 1
        return False

    def _row_of(self, cell: Any) -> int:
        """The row of a cell, from the oldest row."""
        self._cell[0] = cell
        place = self._library.ffi.new("GhosttyPointCoordinate*")
        self._lib.ghostty_terminal_point_from_grid_ref(
            self._terminal, self._cell, self._lib.GHOSTTY_POINT_TAG_SCREEN, place
        )
        return int(place.y)

    def _starts_prompt(self, y: int) -> bool:
        lib = self._lib
        self._point.value.y = y
        self._library.grid_ref(self._terminal, self._point[0], self._cell)
        lib.ghostty_grid_ref_row(self._cell, self._row)
        lib.ghostty_row_get(self._row[0], lib.GHOSTTY_ROW_DATA_SEMANTIC_PROMPT, self._mark)
        return bool(self._mark[0] == lib.GHOSTTY_ROW_SEMANTIC_PROMPT)
