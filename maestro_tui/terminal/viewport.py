"""Which rows of a terminal are shown: the live screen, or some further up in its scrollback."""

from typing import Any, NamedTuple

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.prompts import Prompts

__all__ = ["Scrollbar", "Viewport"]


class Scrollbar(NamedTuple):
    """total: rows of scrollback and screen. offset: rows above what is shown. length: rows shown."""

    total: int
    offset: int
    length: int

    @property
    def at_bottom(self) -> bool:
        """Whether the live screen is shown."""
        return self.offset + self.length >= self.total


class Viewport:
    """What is shown of one terminal, and moving it."""

    def __init__(self, library: Library, terminal: Any, prompts: Prompts) -> None:
        self._library, self._lib = library, library.lib
        self._terminal, self._prompts = terminal, prompts
        self._scrollbar = Scrollbar(0, 0, 0)
        self.moved = True
        """Set by whoever feeds or resizes the terminal: where its rows lie is asked anew then, and only then."""

    @property
    def scrollbar(self) -> Scrollbar:
        """Where what is shown lies in the scrollback."""
        if self.moved:
            out = self._library.new("GhosttyTerminalScrollbar*")
            self._library.get(self._terminal, "SCROLLBAR", out)
            self._scrollbar, self.moved = Scrollbar(out.total, out.offset, out.len), False
        return self._scrollbar

    def scroll(self, lines: int) -> None:
        """Show rows further up (negative) or down (positive); it stops at either end."""
        self._scroll(self._lib.GHOSTTY_SCROLL_VIEWPORT_DELTA, lines)

    def to_top(self) -> None:
        """Show the oldest rows."""
        self._scroll(self._lib.GHOSTTY_SCROLL_VIEWPORT_TOP)

    def to_bottom(self) -> None:
        """Show the live screen."""
        self._scroll(self._lib.GHOSTTY_SCROLL_VIEWPORT_BOTTOM)

    def to_prompt(self, *, older: bool) -> bool:
        """Show the next prompt up or down, at the top; False when there is none (OSC 133)."""
        bar = self.scrollbar
        row = self._prompts.older(bar.offset) if older else self._prompts.newer(bar.offset)
        if row is None or (bar.at_bottom and not older):
            return False
        self._scroll(self._lib.GHOSTTY_SCROLL_VIEWPORT_ROW, row)
        return True

    def _scroll(self, tag: int, value: int = 0) -> None:
        self.moved = True
        self._library.scroll_viewport(self._terminal, self._library.new("MaestroScroll*", (tag, value, 0))[0])
