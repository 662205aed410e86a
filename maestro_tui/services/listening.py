"""Waiting for events, for those who ask over HTTP instead of listening on the socket."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from maestro_tui.domain.events import JournalEntry
from maestro_tui.services.event_bus import EventBus

__all__ = ["Listening"]


class Listening:
    """Wakes whoever waits when an event is published that concerns them."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._waiting: set[asyncio.Event] = set()
        self._is_over = False

    @contextmanager
    def to(self, concerns: Callable[[JournalEntry], bool]) -> Iterator[asyncio.Event]:
        """Listen from now on; the event that is given is set as soon as one was published that concerns us.

        Read the journal within: what came before is in there.
        """
        heard = asyncio.Event()
        if self._is_over:
            heard.set()
        self._waiting.add(heard)
        unsubscribe = self._bus.subscribe(lambda entry: heard.set() if concerns(entry) else None)
        try:
            yield heard
        finally:
            unsubscribe()
            self._waiting.discard(heard)

    @property
    def is_over(self) -> bool:
        """Whether nothing will be published any more."""
        return self._is_over

    def end(self) -> None:
        """Nothing will be published any more: nobody waits from now on."""
        self._is_over = True
        for heard in self._waiting:
            heard.set()
