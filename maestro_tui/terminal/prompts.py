"""Prompts of a shell that marks them (OSC 133): going from one to the next, and what a command wrote."""

from collections.abc import Iterator
from typing import Any

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.lines import Lines
from maestro_tui.terminal.selection import Selection
from maestro_tui.terminal.text import reference, selected_text

__all__ = ["Prompts"]

STRETCH = 256
"""Rows looked through at once on the way down: the engine finds a row from the one below it at no cost."""
MARK = b"]133;"


class Prompts:
    """The prompts of one terminal. Rows are counted from the oldest row of the scrollback.

    restored: the terminal has rows already, of which some may be prompts.
    """

    def __init__(
        self, library: Library, terminal: Any, lines: Lines, selection: Selection, *, restored: bool
    ) -> None:
        self._library, self._lib = library, library.lib
        self._terminal = terminal
        self._lines, self._selection = lines, selection
        self._point = library.new("GhosttyPointS*", {"tag": self._lib.GHOSTTY_POINT_TAG_SCREEN})
        self._cell = library.sized("GhosttyGridRef")
        self._row = library.new("GhosttyRow*")
        self._output = library.sized("GhosttySelection")
        self._mark = library.new("GhosttyRowSemanticPrompt*")
        self._possible = restored
        """Whether looking for prompts is worth it: most programs mark none, in 100,000 rows."""
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """Take note of whether prompts are marked. data: output of the program, however it is cut."""
        if not self._possible:
            seam = self._tail + data[: len(MARK)]
            self._possible = MARK in seam or self._library.searcher(data)(MARK)
        self._tail = (self._tail + data[-len(MARK) :])[1 - len(MARK) :]

    @property
    def exist(self) -> bool:
        """Whether a prompt is marked anywhere, scrollback included."""
        self._possible = self.older(self._lines.total) is not None
        return self._possible

    def older(self, first: int) -> int | None:
        """The row of the nearest prompt above row `first`; None when there is none."""
        return next(self._upward(0, first), None) if self._possible else None

    def newer(self, first: int) -> int | None:
        """The row of the nearest prompt below row `first`; None when there is none."""
        total = self._lines.total
        for start in range(first + 1, total if self._possible else 0, STRETCH):
            if found := list(self._upward(start, min(start + STRETCH, total))):
                return found[-1]
        return None

    def select_output(self, x: int, y: int) -> bool:
        """Select all that a command has written: the one at a cell of what is shown, or whose prompt is there.

        False where there is no output.
        """
        cell = reference(self._library, self._terminal, self._lib.GHOSTTY_POINT_TAG_VIEWPORT, x, y)
        if self._select_at(cell):
            return True
        first = self._row_of(cell[0])
        if self.older(first + 1) is None:  # with none above, the engine would look through all rows
            return False
        for row in range(first + 1, self.newer(first) or self._lines.total):
            self._find(row)
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

    def select_last_output(self) -> bool:
        """Select what the newest command that wrote anything has written; False when no prompt tells."""
        prompt = self._lines.total
        y = prompt - 1
        while y > 0:
            if y < prompt:  # with none above, the engine would look through all rows, for each row anew
                above = self.older(y + 1)
                if above is None:
                    return False
                prompt = above
            self._find(y)
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
        place = self._library.new("GhosttyPointCoordinate*")
        self._lib.ghostty_terminal_point_from_grid_ref(
            self._terminal, self._cell, self._lib.GHOSTTY_POINT_TAG_SCREEN, place
        )
        return int(place.y)

    def _upward(self, start: int, end: int) -> Iterator[int]:
        """The rows from start up to end that begin a prompt, the lowest on the screen first."""
        lib, cell, row, mark = self._lib, self._cell, self._row, self._mark
        while end > start:
            self._find(end - 1)
            page_top = end - 1 - cell.y  # rows of one page of the engine's: no need to find each anew
            for y in range(end - 1, max(start, page_top) - 1, -1):
                cell.y = y - page_top
                lib.ghostty_grid_ref_row(cell, row)
                lib.ghostty_row_get(row[0], lib.GHOSTTY_ROW_DATA_SEMANTIC_PROMPT, mark)
                if mark[0] == lib.GHOSTTY_ROW_SEMANTIC_PROMPT:
                    yield y
            end = page_top

    def _find(self, y: int) -> None:
        """Have `_cell` be the first one of a row."""
        self._point.value.y = y
        self._library.grid_ref(self._terminal, self._point[0], self._cell)
