"""The cockpit's own log, followed while it is open."""

import asyncio
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.telemetry.tail import last_lines
from maestro_tui.tui.leaving import is_there
from maestro_tui.tui.text import line
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["LogScreen"]

LOOK_SECONDS = 1.0
MOST_LINES = 500
STYLES = {"WARNING": "$warning", "ERROR": "$error", "CRITICAL": "$error"}


class LogScreen(ModalScreen[None], inherit_bindings=False):
    """The newest lines at the bottom. Scrolled up, it stays where it is while new ones come."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,L,enter", "close", "Close", show=False),
        Binding("w", "warnings", "Warnings only, or everything", show=False),
    ]

    def __init__(self, path: Path | None) -> None:
        """path: the log; None when this cockpit keeps none."""
        super().__init__()
        self._path = path
        self._lines: list[str] | None = None
        self._warnings_only = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -wide") as box:
            box.border_title = Content("Log")
            box.border_subtitle = line(str(self._path or ""))
            with VerticalScroll(classes="fields") as self._scroll:
                yield Static(id="log-lines", markup=False)
            footer = Footer()
            footer.hints = (Hint("w", "warnings only", "screen.warnings"), Hint("esc", "close", "screen.close"))
            yield footer

    def on_mount(self) -> None:
        self.set_interval(LOOK_SECONDS, self._look)
        self.call_after_refresh(self._look)

    async def _look(self) -> None:
        """Read the file again; nothing is drawn when it says nothing new."""
        try:
            lines = [] if self._path is None else await asyncio.to_thread(last_lines, self._path)
        except OSError as error:
            lines = [f"The log cannot be read: {error.strerror}"]
        if lines != self._lines and is_there(self):
            self._lines = lines
            self._show()

    def _show(self) -> None:
        at_end = self._scroll.scroll_offset.y >= self._scroll.max_scroll_y
        rows = [(one, style) for one in self._lines or () if (style := _style(one)) or not self._warnings_only]
        shown = [line(one, style) for one, style in rows[-MOST_LINES:]]
        nothing = "no warnings" if self._lines else "nothing yet"
        self.query_one("#log-lines", Static).update(
            Content("\n").join(shown) if shown else line(nothing, "$muted")
        )
        if at_end:
            self.call_after_refresh(self._scroll.scroll_end, animate=False)

    def action_warnings(self) -> None:
        """Show warnings and errors only, or everything again."""
        self._warnings_only = not self._warnings_only
        self._show()

    def action_close(self) -> None:
        """Back to where the person was."""
        self.dismiss(None)


def _style(text: str) -> str:
    """By the level, which is the third word of a line; empty for everyday news."""
    words = text.split(maxsplit=3)
    return STYLES.get(words[2], "") if len(words) > 2 else ""
