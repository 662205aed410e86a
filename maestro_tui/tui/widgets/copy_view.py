"""Copy mode over a terminal: the cursor, the matches and the line that is typed."""

import asyncio
from collections.abc import Mapping

from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import var

from maestro_tui.terminal.engine import Cursor
from maestro_tui.terminal.rows import Mark
from maestro_tui.tui.copy_mode import CopyMode
from maestro_tui.tui.later import Later
from maestro_tui.tui.preview import amount
from maestro_tui.tui.widgets.terminal_mouse import TerminalMouse

__all__ = ["CopyView"]

SEARCH_GROUP = "search"


class CopyView(TerminalMouse):
    """What a pane does while the person looks back in it."""

    COMPONENT_CLASSES = {"terminal-pane--match"}
    DEFAULT_CSS = """
    CopyView .terminal-pane--match { background: $warning; color: $background; }
    """

    class ScrollModeChanged(Message):
        """Keys look back from now on, or reach the program again."""

    scroll_mode: var[bool] = var(False, init=False)
    """Whether keys look back instead of reaching the program: copy mode."""

    copying: CopyMode | None = None
    """The stay in copy mode."""
    _is_searching = False

    @property
    def copy_keys(self) -> Mapping[str, str]:
        """Other keys for the actions of copy mode, by their ids."""
        raise NotImplementedError

    def watch_scroll_mode(self, scrolling: bool) -> None:
        self.copying = CopyMode(self.terminal, self.copy_keys) if scrolling else None
        if not scrolling:
            self.terminal.viewport.to_bottom()
        self.post_message(self.ScrollModeChanged())
        self.redraw()

    def find(self) -> None:
        """Ask what to look for, further up from here."""
        self.scroll_mode = True
        if self.copying is not None:
            self.copying.find(back=True)
            self.redraw()

    def press_copy_key(self, event: events.Key) -> None:
        """A key in copy mode."""
        copying = self.copying
        if copying is None:
            return
        copying.press(event.key, event.character)
        if copying.continue_search():
            self._search_on(copying)
        if copying.problem:
            self.app.bell()
        if copying.copied:
            self.app.copy_to_clipboard(copying.copied)
            lines = amount(copying.copied.count("\n") + 1, "line")
            self.notify(f"Copied {lines}, {amount(len(copying.copied), 'character')}", timeout=2)
        if copying.is_done:
            self.scroll_mode = False
        self.redraw()

    def follow_copy_mode(self) -> None:
        """What is looked at stays in its place; after another size, matches are counted anew."""
        if (copying := self.copying) is not None:
            copying.follow()
            if copying.is_searching and not self._is_searching:
                self._search_on(copying)

    def _search_on(self, copying: CopyMode) -> None:
        self._is_searching = True
        self.run_worker(Later(self._search, copying), group=SEARCH_GROUP, exclusive=True)

    async def _search(self, copying: CopyMode) -> None:
        """Look at the rest in pieces, so that keys and other panes are served in between."""
        while copying is self.copying and copying.continue_search():  # noqa: ASYNC110 - each turn looks further
            await asyncio.sleep(0)
        self._is_searching = False
        self.redraw()

    def scroll_lines(self, lines: int) -> None:
        super().scroll_lines(lines)
        if self.copying is not None:
            self.copying.scrolled()
            self.redraw()

    def copy_marks(self, y: int) -> tuple[Mark, ...]:
        """What copy mode shows in a row: matches and its cursor."""
        copying = self.copying
        if copying is None:
            return ()
        match = _sgr(self.get_component_rich_style("terminal-pane--match", default=Style.null()))
        spans = copying.search.spans(copying.top + y) if copying.search else ()
        marks = [Mark(start, end, match) for start, end in spans]
        if y == copying.view_row:
            marks.append(self.terminal.cursor_mark(Cursor(copying.x, y)))
        return tuple(marks)


def _sgr(style: Style) -> str:
    """The parameters that give cells a style's colours, reversed ones too."""
    parts = ["27"]
    for way, color in (("38", style.color), ("48", style.bgcolor)):
        if color is not None:
            parts.append(f"{way};2;{';'.join(map(str, color.get_truecolor()))}")
    return ";".join(parts)
