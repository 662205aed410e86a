"""From "it is stored" to "everybody knows": the journal first, then the subscribers, in order."""

import asyncio
import logging
from collections.abc import Callable

from maestro_tui.domain.events import Event, JournalEntry
from maestro_tui.services.journal import Journal
from maestro_tui.services.locks import uninterrupted
from maestro_tui.telemetry.metrics import EVENTS

__all__ = ["EventBus", "Subscriber"]

Subscriber = Callable[[JournalEntry], None]
log = logging.getLogger(__name__)


class EventBus:
    """Publishes events to the journal and to everybody who subscribed.

    Subscribers are called on the loop, in order of seq, and must not block: a hub puts the
    entry into its queues and returns.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._subscribers: dict[int, Subscriber] = {}
        self._next_subscriber = 0
        self._turn = asyncio.Lock()

    @uninterrupted
    async def publish(self, *events: Event) -> list[JournalEntry]:
        """Number and keep the events, then tell the subscribers. Call it after the documents are durable."""
        if not events:
            return []
        async with self._turn:  # entries leave in the order the journal gave them
            entries = await self._journal.append(events)
            for entry in entries:
                self._tell(entry)
        return entries

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call callback with each entry from now on; returns how to stop that."""
        key = self._next_subscriber
        self._next_subscriber += 1
        self._subscribers[key] = callback

        def unsubscribe() -> None:
            self._subscribers.pop(key, None)

        return unsubscribe

    def _tell(self, entry: JournalEntry) -> None:
        EVENTS.labels(entry.event.name.value).inc()
        for callback in tuple(self._subscribers.values()):
            try:
                callback(entry)
            except Exception:  # one listener's fault must not keep an event from the others
                log.exception("A subscriber failed on %s, seq %d", entry.event.name, entry.seq)
