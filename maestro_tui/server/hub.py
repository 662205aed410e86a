"""Who gets which event: a bounded queue per connection, and one place that fills them all.

Nothing here waits. Publishing costs the same for a reader that sleeps as for one that
reads; a queue that fills up marks its connection as slow, and the connection is closed so
that its client resumes by number. So nobody is slowed by another, and nobody misses an
event without being told.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.events import Event, EventName, JournalEntry
from maestro_tui.domain.status import ENDED
from maestro_tui.server.replies import encode
from maestro_tui.services.journal import Journal

__all__ = ["Channel", "Frame", "Hub", "QueueLimits", "Subscription"]

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How far a connection may fall behind. Sizes in bytes, times in seconds.

    events, size: the hard limit. soft_events, soft_size: beyond either, older updates of a
    document give way to its newest; beyond either for soft_seconds, the connection is slow.
    """

    events: int = 1024
    size: int = 1_048_576
    soft_events: int = 256
    soft_size: int = 262_144
    soft_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A wish to see only some events. Every part that is given must match."""

    project_id: str | None = None
    task_ids: frozenset[str] = frozenset()
    session_ids: frozenset[str] = frozenset()

    def matches(self, event: Event) -> bool:
        return (
            (self.project_id is None or event.project_id == self.project_id)
            and (not self.task_ids or not self.task_ids.isdisjoint(event.task_ids))
            and (not self.session_ids or event.session_id in self.session_ids)
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as it is sent. seq_from: the oldest update this one stands for."""

    entry: JournalEntry
    text: str
    seq_from: int | None = None

    def standing_for(self, older: "Frame") -> "Frame":
        """This frame after it took the place of an older update of the same document."""
        seq_from = older.seq_from or older.entry.seq
        text = encode(self.entry.envelope | {"seqFrom": seq_from}).decode()
        return Frame(self.entry, text, seq_from)


def frame(entry: JournalEntry) -> Frame:
    """The event as text, encoded once for all connections."""
    return Frame(entry, encode(entry.envelope).decode())


class Channel:
    """One connection's view of the stream: what it may see, wants to see, and has yet to be sent.

    actor: a session's agent sees its own project only. resumable: whether the client keeps
    positions, and so is told them. wake: called when there is something to send, or nothing
    ever will be again.
    """

    def __init__(
        self,
        *,
        actor: Actor = OWNER,
        resumable: bool = False,
        runner_id: str | None = None,
        subscriptions: Sequence[Subscription] = (),
        limits: QueueLimits | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.actor = actor
        self.resumable = resumable
        self.runner_id = runner_id
        self.subscriptions = list(subscriptions)
        self.slow = False
        self.revoked = False
        self.starts_after = 0
        self._limits = limits or QueueLimits()
        self.wake = wake
        self._said: deque[str] = deque()
        self._queue: dict[int, Frame] = {}
        self._size = 0
        self._newest: dict[tuple[EventName, str], int] = {}
        self._over_since: float | None = None

    def sees(self, event: Event) -> bool:
        """Whether the event is for this connection."""
        if not self.actor.is_owner and event.project_id != self.actor.project_id:
            return False
        return not self.subscriptions or any(wish.matches(event) for wish in self.subscriptions)

    def offer(self, item: Frame, now: float) -> None:
        """Queue an event, unless it is not for us, was sent already, or we are past saving."""
        if self.slow or self.revoked or item.entry.seq <= self.starts_after or not self.sees(item.entry.event):
            return
        if self._is_over_soft():
            item = self._coalesce(item)
        if self._is_full_with(item, now):
            self._give_up()
        else:
            self._append(item)
        self.wake()

    def say(self, text: str) -> None:
        """Queue a control frame; it goes before the events that wait."""
        self._said.append(text)
        self.wake()

    def pop(self) -> str | None:
        """The next text to send; None when there is none at the moment."""
        if self._said:
            return self._said.popleft()
        if not self._queue:
            return None
        item = self._remove(next(iter(self._queue)))
        if not self._is_over_soft():
            self._over_since = None
        return item.text

    def revoke(self) -> None:
        """The token behind this connection is no longer valid."""
        self.revoked = True
        self._clear()
        self.wake()

    def __len__(self) -> int:
        return len(self._queue)

    def _append(self, item: Frame) -> None:
        self._queue[item.entry.seq] = item
        self._size += len(item.text)
        if key := _updated_document(item.entry.event):
            self._newest[key] = item.entry.seq

    def _remove(self, seq: int) -> Frame:
        item = self._queue.pop(seq)
        self._size -= len(item.text)
        key = _updated_document(item.entry.event)
        if key and self._newest.get(key) == seq:
            del self._newest[key]
        return item

    def _coalesce(self, item: Frame) -> Frame:
        key = _updated_document(item.entry.event)
        older = self._newest.get(key) if key else None
        return item if older is None else item.standing_for(self._remove(older))

    def _is_over_soft(self) -> bool:
        return len(self._queue) > self._limits.soft_events or self._size > self._limits.soft_size

    def _is_full_with(self, item: Frame, now: float) -> bool:
        if not self._queue:
            return False  # a single event larger than the limit must still get through
        if self._is_over_soft():
            self._over_since = now if self._over_since is None else self._over_since
            if now - self._over_since > self._limits.soft_seconds:
                return True
        return len(self._queue) >= self._limits.events or self._size + len(item.text) > self._limits.size

    def _give_up(self) -> None:
        self.slow = True
        self._clear()

    def _clear(self) -> None:
        self._queue.clear()
        self._newest.clear()
        self._size = 0


class Hub:
    """All connections, and the journal's end as they have been told it."""

    def __init__(self, journal: Journal, *, clock: Clock = time.monotonic) -> None:
        self._journal = journal
        self._clock = clock
        self._channels: dict[Channel, None] = {}
        self.seq = journal.seq
        """The last event given to the connections: whatever a heartbeat may promise."""

    @property
    def channels(self) -> Sequence[Channel]:
        return tuple(self._channels)

    def publish(self, entry: JournalEntry) -> None:
        """Queue an event for everyone it is for. The event bus calls this in order of seq."""
        item, now = frame(entry), self._clock()
        self.seq = entry.seq
        for channel in tuple(self._channels):
            channel.offer(item, now)
        if (ended := _ended_session(entry.event)) is not None:
            self.revoke(ended)

    def join(self, channel: Channel, after: int | None = None) -> list[JournalEntry] | None:
        """Add a connection to the live ones, and return what it has missed after a position.

        Both happen in one step, so nothing falls between them; an event that is in the
        answer is not queued again. after None: live events only. None is returned, and
        nobody joins, when the journal no longer reaches back that far.
        """
        missed = [] if after is None else self._journal.since(after)
        if missed is None:
            return None
        channel.starts_after = missed[-1].seq if missed else (after or 0)
        self._channels[channel] = None
        return [entry for entry in missed if channel.sees(entry.event)]

    def leave(self, channel: Channel) -> None:
        self._channels.pop(channel, None)

    def revoke(self, session_id: str | None) -> None:
        """End the connections of a session's token; None: of the owner's."""
        for channel in tuple(self._channels):
            if channel.actor.session_id == session_id:
                channel.revoke()


def _updated_document(event: Event) -> tuple[EventName, str] | None:
    """What a whole-document update is about; None for events that each count."""
    if not event.name.value.endswith(":updated"):
        return None
    document: Any = event.data.get("subtask", event.data)
    identifier = document.get("id") if isinstance(document, dict) else None
    return (event.name, identifier) if isinstance(identifier, str) else None


def _ended_session(event: Event) -> str | None:
    """The session whose token this event ends."""
    if event.name is EventName.SESSION_DELETED:
        return event.session_id
    if event.name is EventName.SESSION_UPDATED and event.data.get("status") in ENDED:
        return event.session_id
    return None
