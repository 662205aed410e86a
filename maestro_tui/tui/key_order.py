"""Keeps keys in the order they were typed in while the focus moves."""

from collections import deque

from textual.events import Key
from textual.widget import Widget

__all__ = ["KeyOrder"]

LOST_SECONDS = 2.0
"""A key that has not come back from its widget by then never will: the widget has gone."""


class KeyOrder:
    """Knows which keys are still on their way through the widgets of the board.

    A key pressed there climbs from widget to widget, each with a queue of its own, until one acts on
    it. Where an earlier key moves the focus to a terminal meanwhile, it is handed on to that. A key
    pressed later would go to the terminal at once and overtake it, so it takes the same way.
    """

    def __init__(self) -> None:
        self._under_way: deque[tuple[Key, Widget]] = deque()

    def sent(self, key: Key, widget: Widget) -> None:
        """A key goes to a widget of the board."""
        self._under_way.append((key, widget))

    def arrived(self, key: Key) -> None:
        """It has climbed as far as it can; so has every earlier one."""
        if any(known is key for known, _ in self._under_way):
            while self._under_way.popleft()[0] is not key:
                continue

    def ahead(self, now: float) -> Widget | None:
        """The widget whose keys a later one must not overtake. now: as the events' time."""
        while self._under_way:
            key, widget = self._under_way[0]
            if not key._stop_propagation and now - key.time < LOST_SECONDS and widget.is_attached:
                return widget
            self._under_way.popleft()
        return None
