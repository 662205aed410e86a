"""No frame is drawn before the outer terminal has taken the last ones.

A line that is slow would show minutes-old frames, one that stands still would hold everybody up: the
keys, the server, the agents that talk to it. What changes meanwhile is drawn once it goes on.
"""

from rich.console import RenderableType
from textual.app import App
from textual.screen import Screen, ScreenResultType

from maestro_tui.tui.outer_cursor import CursorApp

__all__ = ["PacedApp", "PacedScreen", "is_behind"]

RETRY_SECONDS = 0.05


def is_behind(app: App[None]) -> bool:
    """Whether the outer terminal has yet to take much of what was written."""
    return bool(getattr(app._driver, "is_behind", False))


class PacedScreen(Screen[ScreenResultType], inherit_bindings=False):
    """A screen that lets frames go by while the outer terminal is behind."""

    def _on_timer_update(self) -> None:
        if not is_behind(self.app):
            super()._on_timer_update()


class PacedApp(CursorApp, inherit_bindings=False):
    """An application whose other screens do so too: what one of them would have drawn is drawn whole later."""

    def __init__(self) -> None:
        super().__init__()
        self._missed_frame = False

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is None or not is_behind(self):
            super()._display(screen, renderable)
        elif not self._missed_frame:
            self._missed_frame = True
            self.set_timer(RETRY_SECONDS, self._draw_missed)

    def _draw_missed(self) -> None:
        self._missed_frame = False
        self.screen.refresh()
