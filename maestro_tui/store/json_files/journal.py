"""A journal that outlives its process: numbered events, the newest in memory, all the kept ones on disk."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import orjson

from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.events import Event, EventName, JournalEntry
from maestro_tui.store.json_files.history import History

__all__ = ["SqliteJournal"]

MEMORY_ENTRIES = 10_000
MEMORY_BYTES = 16 * 1024 * 1024
DISK_ENTRIES = 100_000
_TRIM_EVERY = 1_000
_INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT seq, timestamp, name, project_id, task_ids, session_id, data FROM event"

_Sized = tuple[JournalEntry, int]
"""An entry and the bytes of its data."""


class SqliteJournal:
    """Numbers events without gaps and gives them again to whoever was away, across restarts too.

    disk_entries: how many are kept; memory_entries and memory_bytes: how many `since` can give at once.
    """

    def __init__(
        self,
        history: History,
        entries: Iterable[_Sized],
        *,
        memory_entries: int,
        memory_bytes: int,
        disk_entries: int,
    ) -> None:
        self._history = history
        self._memory: deque[_Sized] = deque()
        self._bytes = 0
        self._limits = (memory_entries, memory_bytes)
        self._disk_entries = disk_entries
        self._seq = 0
        self._unwritten: list[Event] = []
        self._remember(entries)
        self._on_disk = self._seq

    @classmethod
    async def open(
        cls,
        history: History,
        *,
        memory_entries: int = MEMORY_ENTRIES,
        memory_bytes: int = MEMORY_BYTES,
        disk_entries: int = DISK_ENTRIES,
    ) -> "SqliteJournal":
        """Go on where the last process ended."""
        newest = f"{_SELECT} ORDER BY seq DESC LIMIT ?"
        rows = await history.run(lambda connection: connection.execute(newest, (memory_entries,)).fetchall())
        entries = (_entry(history.epoch, row) for row in reversed(rows))
        return cls(
            history,
            entries,
            memory_entries=memory_entries,
            memory_bytes=memory_bytes,
            disk_entries=disk_entries,
        )

    @property
    def epoch(self) -> str:
        return self._history.epoch

    @property
    def seq(self) -> int:
        """The number of the last entry; 0 before the first."""
        return self._seq

    async def append(self, events: Sequence[Event]) -> list[JournalEntry]:
        """Number the events and keep them; concurrent calls keep their order.

        Raises Unavailable when the disk refused. The events are not lost then: they come first
        in what the next successful call keeps and returns.
        """
        work = self._history.submit(lambda: self._append(events))
        work.add_done_callback(self._settle)
        return [entry for entry, _ in await asyncio.shield(work)]

    def remembered(self) -> list[JournalEntry]:
        """All entries in memory, oldest first."""
        return [entry for entry, _ in self._memory]

    def since(self, seq: int) -> list[JournalEntry] | None:
        """Every entry after seq, from memory; None when memory does not reach back, or seq is in the future."""
        missing = self._seq - seq
        if seq < 0 or not 0 <= missing <= len(self._memory):
            return None
        return [entry for entry, _ in islice(self._memory, len(self._memory) - missing, None)]

    async def read(self, seq: int, limit: int) -> list[JournalEntry] | None:
        """At most limit entries after seq, as far back as the disk keeps them; None as for `since`."""
        if (recent := self.since(seq)) is not None:
            return recent[:limit]
        if not 0 <= seq < self._seq:
            return None
        wanted = f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?"
        rows = await self._history.run(lambda connection: connection.execute(wanted, (seq, limit)).fetchall())
        if not rows or rows[0][0] != seq + 1:
            return None
        return [_entry(self.epoch, row)[0] for row in rows]

    def size(self) -> int:
        """Bytes on disk, what is not yet in the database itself included."""
        return self._history.size()

    def _append(self, events: Sequence[Event]) -> list[_Sized]:
        """In the history's thread, which alone knows what is on disk."""
        pending = [*self._unwritten, *events]
        entries = [
            JournalEntry(self.epoch, number, event) for number, event in enumerate(pending, self._on_disk + 1)
        ]
        rows = [_row(entry) for entry in entries]
        try:
            self._history.transact(lambda connection: self._insert(connection, rows))
        except Unavailable:
            self._unwritten = pending
            raise
        self._unwritten = []
        self._on_disk += len(rows)
        return [(entry, len(row[-1])) for entry, row in zip(entries, rows, strict=True)]

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        connection.executemany(_INSERT, rows)
        if (self._on_disk + len(rows)) // _TRIM_EVERY > self._on_disk // _TRIM_EVERY:
            connection.execute("DELETE FROM event WHERE seq <= ?", (self._on_disk - self._disk_entries,))

    def _settle(self, work: "asyncio.Future[list[_Sized]]") -> None:
        """On the event loop, before whoever waits for the entries goes on."""
        if not work.cancelled() and work.exception() is None:
            self._remember(work.result())

    def _remember(self, entries: Iterable[_Sized]) -> None:
        most_entries, most_bytes = self._limits
        for entry, size in entries:
            self._memory.append((entry, size))
            self._bytes += size
            self._seq = entry.seq
        while self._memory and (len(self._memory) > most_entries or self._bytes > most_bytes):
            self._bytes -= self._memory.popleft()[1]


def _row(entry: JournalEntry) -> tuple[Any, ...]:
    event = entry.event
    place = (event.project_id, ",".join(event.task_ids), event.session_id)
    return (entry.seq, event.timestamp, event.name.value, *place, orjson.dumps(event.data))


def _entry(epoch: str, row: tuple[Any, ...]) -> _Sized:
    seq, timestamp, name, project_id, task_ids, session_id, data = row
    tasks = tuple(task_ids.split(",")) if task_ids else ()
    event = Event(EventName(name), orjson.loads(data), timestamp, project_id, tasks, session_id)
    return JournalEntry(epoch, seq, event), len(data)
