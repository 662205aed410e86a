"""The one order of everything that happened, and how far back it can be told."""

import secrets
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from maestro_tui.domain.events import Event, JournalEntry

__all__ = ["Journal", "MemoryJournal"]


class Journal(Protocol):
    """Numbers events, without gaps, and gives them again to whoever was away.

    epoch changes only when the journal was lost; seq is the number of the last entry, 0 before the first.
    """

    @property
    def epoch(self) -> str: ...
    @property
    def seq(self) -> int: ...

    async def append(self, events: Sequence[Event]) -> list[JournalEntry]:
        """Number the events and keep them, durably where the journal is; concurrent calls keep their order."""
        ...

    def since(self, seq: int) -> list[JournalEntry] | None:
        """Every entry after seq, from memory; None when memory no longer reaches back, or seq is in the future."""
        ...

    async def read(self, seq: int, limit: int) -> list[JournalEntry] | None:
        """At most limit entries after seq, from as far back as the journal keeps; None as for `since`."""
        ...

    def size(self) -> int:
        """Bytes on disk; 0 for a journal that keeps none there."""
        ...


class MemoryJournal:
    """A journal that lasts as long as its process.

    capacity: how many entries are kept. epoch: by default a new one.
    """

    def __init__(self, capacity: int = 10_000, epoch: str | None = None) -> None:
        self.epoch = epoch or secrets.token_hex(8)
        self._entries: deque[JournalEntry] = deque(maxlen=capacity)
        self._seq = 0

    @property
    def seq(self) -> int:
        return self._seq

    async def append(self, events: Sequence[Event]) -> list[JournalEntry]:
        entries = [JournalEntry(self.epoch, number, event) for number, event in enumerate(events, self._seq + 1)]
        self._entries.extend(entries)
        self._seq += len(entries)
        return entries

    def since(self, seq: int) -> list[JournalEntry] | None:
        missing = self._seq - seq
        if not 0 <= missing <= len(self._entries):
            return None
        return list(islice(self._entries, len(self._entries) - missing, None))

    async def read(self, seq: int, limit: int) -> list[JournalEntry] | None:
        entries = self.since(seq)
        return None if entries is None else entries[:limit]

    def size(self) -> int:
        return 0
