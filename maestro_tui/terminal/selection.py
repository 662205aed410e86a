"""Text a person selected: it keeps its place while the terminal scrolls."""

from typing import Any, Literal

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.text import reference, selected_text

__all__ = ["Selection", "Unit"]

Unit = Literal["cell", "word", "line"]
"""What a selection grows by; a line is all the rows it was wrapped into."""

Place = tuple[int, int]
"""A cell as (row, column), rows from the oldest: so that places compare in the order of reading."""


class Selection:
    """The selection of one terminal; there is at most one. Positions are cells of what is shown."""

    def __init__(self, library: Library, terminal: Any) -> None:
        self._library, self._lib = library, library.lib
        self._terminal = terminal
        self._anchor: Any = None

    def begin(self, x: int, y: int) -> None:
        """Start at a cell; nothing is selected yet."""
        self.clear()
        out = self._library.new("GhosttyTrackedGridRef*")
        point = self._library.new("GhosttyPointS*", {"tag": self._lib.GHOSTTY_POINT_TAG_VIEWPORT})
        point.value.x, point.value.y = self._cell(x, y)
        self._library.check(self._library.track(self._terminal, point[0], out), "follow a cell")
        self._anchor = out[0]

    def extend(self, x: int, y: int, *, by: Unit = "cell", block: bool = False) -> None:
        """Select from the start to a cell, both included, in whole words or lines. block: a rectangle instead."""
        start = self._library.sized("GhosttyGridRef")
        if self._anchor is None or self._lib.ghostty_tracked_grid_ref_snapshot(self._anchor, start):
            self.begin(x, y)
            return
        end = self._reference(x, y)
        first, last = self._place(start), self._place(end)
        if by != "cell" and not block:
            ends = [*self._around(start, by), *self._around(end, by)]
            if not ends and first == last:
                self._set(self._library.ffi.NULL)
                return
            first, last = min([first, last, *ends]), max([first, last, *ends])
        self._span(first, last, block=block)

    def between(self, start: tuple[int, int], end: tuple[int, int], *, block: bool = False) -> None:
        """Select from one cell to another, both included; each (column, row), rows from the oldest."""
        self.clear()
        self._span(start[::-1], end[::-1], block=block)

    def _span(self, first: Place, last: Place, *, block: bool) -> None:
        selection, everywhere = self._library.sized("GhosttySelection"), self._lib.GHOSTTY_POINT_TAG_SCREEN
        selection.start = reference(self._library, self._terminal, everywhere, *first[::-1])[0]
        selection.end = reference(self._library, self._terminal, everywhere, *last[::-1])[0]
        selection.rectangle = block
        self._set(selection)

    def word(self, x: int, y: int) -> None:
        """Select the word at a cell; nothing where there is none."""
        self.begin(x, y)
        self.extend(x, y, by="word")

    def line(self, x: int, y: int) -> None:
        """Select the line at a cell, all the rows it was wrapped into."""
        self.begin(x, y)
        self.extend(x, y, by="line")

    def clear(self) -> None:
        """Select nothing."""
        if self._anchor is not None:
            self._lib.ghostty_tracked_grid_ref_free(self._anchor)
            self._anchor = None
        self._set(self._library.ffi.NULL)

    @property
    def exists(self) -> bool:
        """Whether anything is selected."""
        return self._get() is not None

    def text(self) -> str:
        """The selected text, soft-wrapped lines joined; empty when nothing is selected."""
        selection = self._get()
        return "" if selection is None else selected_text(self._library, self._terminal, selection)

    def select(self, selection: Any) -> None:
        """Select what the library found, such as a match of a search."""
        self.clear()
        self._set(selection)

    def _around(self, cell: Any, unit: Unit) -> tuple[Place, ...]:
        """Both ends of the word or line at a cell; nothing where there is none."""
        if unit == "word":
            find, ctype = self._lib.ghostty_terminal_select_word, "GhosttyTerminalSelectWordOptions"
        else:
            find, ctype = self._lib.ghostty_terminal_select_line, "GhosttyTerminalSelectLineOptions"
        options = self._library.sized(ctype)
        options.ref = cell[0]
        found = self._library.sized("GhosttySelection")
        if find(self._terminal, options, found):
            return ()
        return tuple(self._place(self._library.ffi.addressof(found, end)) for end in ("start", "end"))

    def _place(self, cell: Any) -> Place:
        place = self._library.new("GhosttyPointCoordinate*")
        everywhere = self._lib.GHOSTTY_POINT_TAG_SCREEN
        self._lib.ghostty_terminal_point_from_grid_ref(self._terminal, cell, everywhere, place)
        return int(place.y), int(place.x)

    def _get(self) -> Any:
        """What is selected; None when nothing is."""
        selection = self._library.sized("GhosttySelection")
        key = self._lib.GHOSTTY_TERMINAL_DATA_SELECTION
        nothing = self._lib.ghostty_terminal_get(self._terminal, key, selection)
        return None if nothing else selection

    def _set(self, selection: Any) -> None:
        key = self._lib.GHOSTTY_TERMINAL_OPT_SELECTION
        self._library.check(self._lib.ghostty_terminal_set(self._terminal, key, selection), "select text")

    def _reference(self, x: int, y: int) -> Any:
        viewport = self._lib.GHOSTTY_POINT_TAG_VIEWPORT
        return reference(self._library, self._terminal, viewport, *self._cell(x, y))

    def _cell(self, x: int, y: int) -> tuple[int, int]:
        """The nearest cell there is."""
        size = self._library.new("uint16_t[2]")
        self._lib.ghostty_terminal_get(self._terminal, self._lib.GHOSTTY_TERMINAL_DATA_COLS, size)
        self._lib.ghostty_terminal_get(self._terminal, self._lib.GHOSTTY_TERMINAL_DATA_ROWS, size + 1)
        return max(0, min(x, size[0] - 1)), max(0, min(y, size[1] - 1))
