"""Keys for a program, past Textual's queues.

Textual takes a key through the queues of the app and of the widget and looks for its bindings on
the way, which a terminal has none of: two milliseconds, more than the program's whole answer.
"""

from time import monotonic

from textual.app import App
from textual.events import Key

from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["ShortWay"]

REST_SECONDS = 0.25
"""After a key that had to take the long way, those that follow closely do too: none overtakes it."""


class ShortWay:
    """Gives a focused pane the keys that are plainly its program's, in the order they were typed."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._long_until = float("-inf")

    def take(self, key: Key, pane: TerminalPane) -> bool:
        """Give the pane a key that just came; False when it has to go the long way."""
        now = monotonic()
        if self._waits(pane) or not pane.is_typing(key):
            self._long_until = now + REST_SECONDS
        if now < self._long_until:
            return False
        with pane._context():
            pane.type_key(key)
        return True

    def _waits(self, pane: TerminalPane) -> bool:
        """Whether something that came earlier is not done yet, or the app has to see the key."""
        return bool(self._app.message_queue_size or pane.message_queue_size) or not self._app.app_focus
