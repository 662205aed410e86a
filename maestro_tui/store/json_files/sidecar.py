"""The sidecar: what the files say, kept where it is found fast.

It holds every document's record and last good body, so that a start opens no files but the
changed ones, and a broken edit has something to fall back to. It follows from the files:
whoever deletes it pays with one slow start, and clients with one snapshot.
"""

import logging
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from maestro_tui.domain.task import Task
from maestro_tui.store.json_files.codec import Entity, decode_trusted, encode
from maestro_tui.store.json_files.layout import Kind
from maestro_tui.store.json_files.records import Record, Stamp
from maestro_tui.store.json_files.sqlite import connect

__all__ = ["SELECT_DOCUMENTS", "Item", "Sidecar", "SidecarReader", "item", "records_of"]

log = logging.getLogger(__name__)
_FORMAT = 1
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (
    kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, disk_revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, project_id TEXT, parent_id TEXT, root_id TEXT,
    status TEXT NOT NULL, priority TEXT NOT NULL, title TEXT NOT NULL, links TEXT NOT NULL, later INTEGER NOT NULL,
    inode INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE body (kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, content BLOB NOT NULL);
CREATE UNIQUE INDEX body_of ON body (kind, id);
CREATE TABLE words (id TEXT PRIMARY KEY, folded BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE change (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER
);
"""
SELECT_DOCUMENTS = "SELECT * FROM document"
_PUT_DOCUMENT = "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_BODY = """INSERT INTO body VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, content = excluded.content"""
_PUT_WORDS = "INSERT OR REPLACE INTO words VALUES (?, ?)"
_TRIM_CHANGES = "DELETE FROM change WHERE number <= (SELECT coalesce(max(number), 0) FROM change) - ?"
_PUT_CHANGE = "INSERT INTO change (kind, id, revision) VALUES (?, ?, ?)"
_BETWEEN = b"\xff"  # never part of UTF-8, so no text is found across title and description
RECENT_CHANGES = 2_000
_AT_ONCE = 1_000
_CACHE_KB, _BULK_CACHE_KB = 2_000, 64_000
Item = tuple[Record, Entity, bytes]


class Sidecar:
    """One connection, used by one thread at a time: the writer's, or whoever opens and closes it.

    fresh: it was empty, so what it should hold is unknown until `fill`.
    identity: changes when the sidecar is rebuilt; what was told before then is no basis for what is told now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = ""
        self.fresh = False
        self._writes = 0
        self._connection = self._open()

    def rebuild(self) -> None:
        """Forget everything, even how to read it."""
        self._connection.close()
        _remove(self.path)
        self._connection = self._open()

    def records(self) -> list[Record]:
        """Everything known of every document. Raises sqlite3.Error."""
        return list(records_of(self._connection.execute(SELECT_DOCUMENTS)))

    def fill(self, items: Iterable[Item]) -> None:
        """Take all documents into a fresh sidecar at once. Raises sqlite3.Error, OSError.

        It is written without a log and flushed at the end, because one that was not finished is
        thrown away: only what is whole on disk is marked as filled.
        """
        with _in_bulk(self._connection, self.path), self._transaction():
            remaining = iter(items)
            while some := list(islice(remaining, _AT_ONCE)):
                self._put_all(some)
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('filled', '1')")
        self.fresh = False

    def note(self, puts: Sequence[Item], drops: Sequence[Record]) -> None:
        """Follow finished writes. A failure is logged: the files are right, and the next start compares."""
        try:
            with self._transaction():
                self._put_all(puts)
                changes = [(record.kind, record.id, record.revision) for record, _, _ in puts]
                self._connection.executemany(_PUT_CHANGE, changes)
                for record in drops:
                    self._drop(record)
                self._trim(len(puts) + len(drops))
        except sqlite3.Error as error:
            log.warning("the sidecar %s does not follow (%s); the files are complete", self.path, error)

    def recent_changes(self) -> dict[tuple[Kind, str], int | None]:
        """The last writes: the newest revision of each document, None for removed ones."""
        rows = self._connection.execute("SELECT kind, id, revision FROM change ORDER BY number")
        return {(Kind(kind), document_id): revision for kind, document_id, revision in rows}

    def close(self) -> None:
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = _usable(self.path)
        if connection is None:
            _remove(self.path)
            connection = connect(self.path)
            connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
            connection.execute("INSERT INTO meta VALUES ('identity', ?)", (secrets.token_hex(8),))
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
        facts = dict(connection.execute("SELECT key, value FROM meta"))
        self.identity, self.fresh = facts["identity"], "filled" not in facts
        return connection

    def _put_all(self, items: Sequence[Item]) -> None:
        execute = self._connection.executemany
        execute(_PUT_DOCUMENT, [_row(record) for record, _, _ in items])
        execute(_PUT_BODY, [(record.kind, record.id, record.revision, content) for record, _, content in items])
        execute(_PUT_WORDS, [(task.id, _words(task)) for _, task, _ in items if isinstance(task, Task)])

    def _drop(self, record: Record) -> None:
        place = (record.kind, record.id)
        self._connection.execute("DELETE FROM document WHERE kind = ? AND id = ?", place)
        self._connection.execute("DELETE FROM body WHERE kind = ? AND id = ?", place)
        if record.kind is Kind.TASK:
            self._connection.execute("DELETE FROM words WHERE id = ?", (record.id,))
        self._connection.execute(_PUT_CHANGE, (*place, None))

    def _trim(self, count: int) -> None:
        self._writes += count
        if self._writes >= RECENT_CHANGES:
            self._writes = 0
            self._connection.execute(_TRIM_CHANGES, (RECENT_CHANGES,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


class SidecarReader:
    """A second connection for reading, used by one thread."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def bodies(self, records: Sequence[Record]) -> list[Entity | None]:
        """The documents at the records' revisions or newer ones; None for what is not here."""
        return [self._body(record) for record in records]

    def holding(self, text: str) -> frozenset[str]:
        """The ids of the tasks whose title or description holds text, case ignored."""
        rows = self._connection.execute("SELECT id FROM words WHERE instr(folded, ?)", (_folded(text),))
        return frozenset(row[0] for row in rows)

    def close(self) -> None:
        self._connection.close()

    def _body(self, record: Record) -> Entity | None:
        row = self._connection.execute(
            "SELECT content FROM body WHERE kind = ? AND id = ? AND revision >= ?",
            (record.kind, record.id, record.revision),
        ).fetchone()
        return None if row is None else decode_trusted(record.kind, row[0])


def item(record: Record, entity: Entity) -> Item:
    """What the sidecar keeps of a document."""
    return record, entity, encode(record.kind, entity)


def _usable(path: Path) -> sqlite3.Connection | None:
    """An open connection to a sidecar of this format; None where there is none."""
    try:
        connection = connect(path)
        if connection.execute("PRAGMA user_version").fetchone()[0] == _FORMAT and _is_whole(connection, path):
            return connection
        connection.close()
    except sqlite3.DatabaseError as error:
        log.warning("the sidecar %s cannot be read (%s); it is built anew from the files", path, error)
    return None


def _is_whole(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether no end of the file is missing, as far as that is cheap to tell."""
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    journal = path.with_name(f"{path.name}-wal")
    written = journal.stat().st_size if journal.exists() else 0
    return bool(path.stat().st_size + written >= pages * size)


def _remove(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)


@contextmanager
def _in_bulk(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Write a database nobody else has open and nobody needs if it is not finished."""
    _pragmas(connection, journal_mode="OFF", synchronous="OFF", cache_size=-_BULK_CACHE_KB)
    yield
    with path.open("rb") as file:
        os.fsync(file.fileno())
    _pragmas(connection, journal_mode="WAL", synchronous="NORMAL", cache_size=-_CACHE_KB)
    connection.execute("PRAGMA shrink_memory")


def _pragmas(connection: sqlite3.Connection, **values: str | int) -> None:
    for name, value in values.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _words(task: Task) -> bytes:
    return _folded(task.title) + _BETWEEN + _folded(task.description)


def _folded(text: str) -> bytes:
    return text.casefold().encode("utf-8", "surrogatepass")


def _row(record: Record) -> tuple[Any, ...]:
    kind, document_id, *numbers_and_words = record[:12]
    return (kind, document_id, *numbers_and_words, ",".join(record.links), record.foreign, *record.stamp)


def records_of(rows: Iterable[tuple[Any, ...]]) -> Iterator[Record]:
    """The records in rows of `SELECT_DOCUMENTS`; a word that many of them hold is held once."""
    shared: dict[Any, Any] = {}
    share = shared.setdefault
    make = tuple.__new__  # a start makes very many: the constructors of named tuples would double its time
    # fmt: off
    for (kind, document_id, revision, on_disk, created, updated, project, parent, root, status, priority, title,
         links, later, inode, mtime_ns, size) in rows:
        yield make(Record, (
            _KINDS[kind], document_id, revision, on_disk, created, updated,
            share(project, project), share(parent, parent), share(root, root),
            share(status, status), share(priority, priority), title,
            tuple(links.split(",")) if links else (), bool(later), make(Stamp, (inode, mtime_ns, size)),
        ))
    # fmt: on


_KINDS = {kind.value: kind for kind in Kind}
