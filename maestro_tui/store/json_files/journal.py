"""A journal that outlives its process: numbered events, the newest in memory, all the kept ones on disk."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

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

_Row = tuple[int, int, str, str | None, str, str | None, bytes]
"""An entry as it lies on disk: its number, its time, its name, whom it concerns, its data as JSON.

Entries are kept so in memory too: read, they weigh several times as much, and few are ever asked for again.
"""


class SqliteJournal:
    """Numbers events without gaps and gives them again to whoever was away, across restarts too.

    disk_entries: how many are kept; memory_entries and memory_bytes: how many `since` can give at once.
    """

    def __init__(
        self,
        history: History,
        rows: Iterable[_Row],
        *,
        memory_entries: int,
        memory_bytes: int,
        disk_entries: int,
    ) -> None:
        self._history = history
        self._memory: deque[_Row] = deque()
        self._bytes = 0
        self._limits = (memory_entries, memory_bytes)
        self._disk_entries = disk_entries
        self._seq = 0
        self._unwritten: list[Event] = []
        self._remember(rows)
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
        rows = await history.run(lambda connection: _newest(connection, memory_entries, memory_bytes))
        return cls(
            history,
            reversed(rows),
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
        return (await asyncio.shield(work))[0]

    def remembered(self) -> Iterator[JournalEntry]:
        """All entries in memory, oldest first; each is read as it is asked for."""
        return (_entry(self.epoch, row) for row in tuple(self._memory))

    def since(self, seq: int) -> list[JournalEntry] | None:
        """Every entry after seq, from memory; None when memory does not reach back, or seq is in the future."""
        return self._recent(seq, None)

    async def read(self, seq: int, limit: int) -> list[JournalEntry] | None:
        """At most limit entries after seq, as far back as the disk keeps them; None as for `since`."""
        if (recent := self._recent(seq, limit)) is not None:
            return recent
        if not 0 <= seq < self._seq:
            return None
        wanted = f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?"
        rows = await self._history.run(lambda connection: connection.execute(wanted, (seq, limit)).fetchall())
        if not rows or rows[0][0] != seq + 1:
            return None
        return [_entry(self.epoch, row) for row in rows]

    def _recent(self, seq: int, limit: int | None) -> list[JournalEntry] | None:
        missing = self._seq - seq
        if seq < 0 or not 0 <= missing <= len(self._memory):
            return None
        first = len(self._memory) - missing
        rows = islice(self._memory, first, None if limit is None else first + limit)
        return [_entry(self.epoch, row) for row in rows]

    def size(self) -> int:
        """Bytes on disk, what is not yet in the database itself included."""
        return self._history.size()

    def _append(self, events: Sequence[Event]) -> tuple[list[JournalEntry], list[_Row]]:
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
        return entries, rows

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[_Row]) -> None:
        connection.executemany(_INSERT, rows)
        if (self._on_disk + len(rows)) // _TRIM_EVERY > self._on_disk // _TRIM_EVERY:
            connection.execute("DELETE FROM event WHERE seq <= ?", (self._on_disk - self._disk_entries,))

    def _settle(self, work: "asyncio.Future[tuple[list[JournalEntry], list[_Row]]]") -> None:
        """On the event loop, before whoever waits for the entries goes on."""
        if not work.cancelled() and work.exception() is None:
            self._remember(work.result()[1])

    def _remember(self, rows: Iterable[_Row]) -> None:
        most_entries, most_bytes = self._limits
        for row in rows:
            self._memory.append(row)
            self._bytes += len(row[-1])
            self._seq = row[0]
        while self._memory and (len(self._memory) > most_entries or self._bytes > most_bytes):
            self._bytes -= len(self._memory.popleft()[-1])


def _newest(connection: sqlite3.Connection, most_entries: int, most_bytes: int) -> list[_Row]:
    """As many rows as memory may hold, the newest first, and always that one: it has the last number."""
    rows: list[_Row] = []
    size = 0
    for row in connection.execute(f"{_SELECT} ORDER BY seq DESC LIMIT ?", (most_entries,)):
        size += len(row[-1])
        if rows and size > most_bytes:
            break
        rows.append(row)
    return rows


def _row(entry: JournalEntry) -> _Row:
    event = entry.event
    place = (event.project_id, ",".join(event.task_ids), event.session_id)
    data = orjson.dumps(event.data)
    # A copy, for it is kept for hours: the encoder's own bytes keep the whole 8 KB that they were written in.
    return (entry.seq, event.timestamp, event.name.value, *place, bytes(memoryview(data)))


def _entry(epoch: str, row: _Row) -> JournalEntry:
    seq, timestamp, name, project_id, task_ids, session_id, data = row
    tasks = tuple(task_ids.split(",")) if task_ids else ()
    event = Event(EventName(name), orjson.loads(data), timestamp, project_id, tasks, session_id)
    return JournalEntry(epoch, seq, event)
