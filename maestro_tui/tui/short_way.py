"""Keys for a pane, past Textual's queues.

Textual takes a key through the queues of the app and of the widget and looks for its bindings on
the way, which a terminal has none of: two milliseconds, more than the program's whole answer.
"""

from collections.abc import Iterable
from contextvars import copy_context
from time import monotonic

from textual.app import App
from textual.events import Event, Key
from textual.message import Message
from textual.message_pump import MessagePump

from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["ShortWay"]

REST_SECONDS = 0.25
"""After a key that had to take the long way, those that follow closely do too: none overtakes it."""


class ShortWay:
    """Gives a focused pane its keys as they come, in the order they were typed.

    Made where the app handles a message: what keys ask for, as to open a screen, is done as if it did there.
    """

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._context = copy_context()
        self._long_until = float("-inf")

    def take(self, key: Key, pane: TerminalPane) -> bool:
        """Give the pane a key that just came; False when it has to go the long way."""
        now = monotonic()
        if self._waits(pane):
            self._long_until = now + REST_SECONDS
        if now < self._long_until:
            return False
        self._context.run(_press, pane, key)
        return True

    def _waits(self, pane: TerminalPane) -> bool:
        """Whether something that came earlier is not done yet, or the app has to see the key."""
        return _has_event(self._app) or _has_event(pane) or not self._app.app_focus


def _press(pane: TerminalPane, key: Key) -> None:
    with pane._context():
        pane.press(key)


def _has_event(pump: MessagePump) -> bool:
    """Whether a key, a paste, a change of focus or the like waits there. Messages that tell of a redraw may."""
    waiting: Iterable[Message | None] = pump._message_queue.values
    return any(isinstance(message, Event) for message in waiting)
