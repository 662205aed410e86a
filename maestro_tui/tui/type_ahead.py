"""Gives each key to what the keys before it have led to."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import monotonic

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

__all__ = ["TypeAhead"]

LOST_SECONDS = 2.0
"""What has not been done with by then never will be; a key that comes later does not wait for it."""

CLIMBS = 3
"""A key that nobody takes climbs to the app; the message it leads to does, and one that follows from that."""

MOVES = ("cursor_", "page_", "scroll_")
"""How the actions begin, in Textual's names, that only move a cursor or what is in sight."""

Typed = Key | Paste
Path = Sequence[MessagePump]


class TypeAhead:
    """Lets one key or paste at a time go its way; those that come meanwhile wait.

    A key climbs from widget to widget, each with a queue of its own, until one acts on it, and the
    dialog or the focus that it leads to takes a moment to be there. Several keys in one read, as a
    slow line brings them, would all go to where the first was typed.
    """

    def __init__(self, app: App[None], give: Callable[[Typed], Awaitable[None]]) -> None:
        """give: hands a key or a paste to what has the focus."""
        self._app = app
        self._give = give
        self._waiting: deque[Typed] = deque()
        self._under_way: Typed | None = None
        self._since = monotonic()
        self._screen: Screen[object] | None = None
        """The one known to stand."""

    @property
    def is_busy(self) -> bool:
        """Whether what comes now has to wait."""
        return self._under_way is not None

    async def take(self, event: Typed) -> None:
        """Give it now, or once all that came before is done with."""
        self._waiting.append(event)
        if monotonic() - self._since > LOST_SECONDS:
            self._under_way = None
        await self._go_on()

    async def _go_on(self) -> None:
        while self._waiting and self._under_way is None:
            event = self._under_way = self._waiting[0]
            self._since = monotonic()
            if self._app.screen is not self._screen:
                self._screen = self._app.screen
                await self._climb(event, (self._screen,), 0)
                return
            self._waiting.popleft()
            target = self._app.focused or self._app.screen
            await self._give(event)
            if _only_moves(event, target):
                self._under_way = None
            elif not (event.is_forwarded and target.call_later(self._had, event, target)):
                await self._climb(event, (), 0)

    async def _had(self, event: Typed, target: Widget) -> None:
        """The target has had the event: it has taken it, or lets it climb."""
        is_taken = event._stop_propagation and target is not self._app.screen  # one from the app stops at a screen
        await self._climb(event, () if is_taken else tuple(target.ancestors_with_self), CLIMBS)

    async def _climb(self, event: Typed, path: Path, more: int) -> None:
        """Go on once all is done that waits along the path, and what comes of that there."""
        await self._step(event, iter((*path, self._app)), path, more)

    async def _step(self, event: Typed, rest: Iterator[MessagePump], path: Path, more: int) -> None:
        for pump in rest:
            if pump.call_later(self._step, event, rest, path, more):
                return
        if more and any(pump.message_queue_size for pump in path):
            await self._climb(event, path, more - 1)
        elif event is self._under_way:
            self._under_way = None
            await self._go_on()


def _only_moves(event: Typed, target: Widget) -> bool:
    """Whether a key only moves within the target: the next need not wait, and both are drawn at once."""
    bindings = target._bindings.key_to_bindings.get(event.key, ()) if isinstance(event, Key) else ()
    return any(binding.action.startswith(MOVES) for binding in bindings)
