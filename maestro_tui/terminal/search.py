"""Finding text in a terminal, scrollback included. Letters match in either case."""

from typing import Any

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.selection import Selection

__all__ = ["Search"]


class Search:
    """One search of one terminal. The chosen match is selected and scrolled into sight.

    It looks at the terminal as it was made, or last chosen from; output that arrived since is
    looked at with the next choice.
    """

    def __init__(self, library: Library, terminal: Any, selection: Selection, needle: str) -> None:
        self._library, self._lib = library, library.lib
        self._selection = selection
        self._search = library.made("GhosttySearch", "ghostty_search_new", terminal)
        self._needle = library.ffi.new("char[]", needle.encode("utf-8", "replace"))
        text = library.ffi.new("GhosttyString*")
        text.ptr, text.len = library.ffi.cast("uint8_t*", self._needle), len(self._needle) - 1
        library.check(
            self._lib.ghostty_search_set(self._search, self._lib.GHOSTTY_SEARCH_OPT_NEEDLE, text), "search"
        )
        self._run()

    @property
    def total(self) -> int:
        """How many matches there are."""
        return self._number("TOTAL_MATCHES") or 0

    @property
    def index(self) -> int | None:
        """Which match is chosen, 0 for the newest; None for none yet."""
        return self._number("SELECTED_INDEX")

    def older(self) -> bool:
        """Choose the match further up, first the newest; False when there is none."""
        return self._choose(self._lib.GHOSTTY_SEARCH_OPT_SELECT_NEXT)

    def newer(self) -> bool:
        """Choose the match further down; False when there is none."""
        return self._choose(self._lib.GHOSTTY_SEARCH_OPT_SELECT_PREV)

    def close(self) -> None:
        """Forget the search; the selection stays."""
        if self._search is not None:
            self._lib.ghostty_search_free(self._search)
            self._search = None

    def _choose(self, way: int) -> bool:
        if self._search is None:
            return False
        self._run()
        if not self.total:
            return False
        self._library.check(self._lib.ghostty_search_set(self._search, way, self._library.ffi.NULL), "choose")
        match = self._library.sized("GhosttySelection")
        if self._lib.ghostty_search_get(self._search, self._lib.GHOSTTY_SEARCH_DATA_SELECTED_MATCH, match):
            return False
        self._selection.select(match)
        return True

    def _run(self) -> None:
        self._library.check(self._lib.ghostty_search_run(self._search), "search")

    def _number(self, name: str) -> int | None:
        if self._search is None:
            return None
        out = self._library.ffi.new("size_t*")
        key = getattr(self._lib, f"GHOSTTY_SEARCH_DATA_{name}")
        return None if self._lib.ghostty_search_get(self._search, key, out) else int(out[0])
