"""The database beside the documents that remembers what was said: events and answers.

It has a thread of its own, so that numbering an event never waits for a document's flush.
A commit survives the process but not a power cut; after one, a new epoch begins, so that no
client takes what follows for the continuation of what was lost.
"""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from maestro_tui.domain.errors import Unavailable
from maestro_tui.store.json_files.sqlite import connect, execute_durably, flushed, refused
from maestro_tui.store.json_files.writer import Call, Writer

__all__ = ["History"]

R = TypeVar("R")
_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, name TEXT NOT NULL,
    project_id TEXT, task_ids TEXT NOT NULL, session_id TEXT, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS answer (
    identity TEXT NOT NULL, method TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
    body_hash TEXT NOT NULL, begun_at INTEGER NOT NULL, status INTEGER, body BLOB, headers BLOB,
    PRIMARY KEY (identity, method, route, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answer_age ON answer (begun_at);
"""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SET = "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class History:
    """The open database. Made by `open` on the event loop, ended by `close`.

    epoch: names one unbroken line of events. continued: whether it began before this process.
    basis: what the documents' index was when it began.
    """

    def __init__(self, path: Path, basis: str) -> None:
        self._path = path
        self._connection = _open(path)
        self.continued = False
        self.epoch = self._begin(basis)
        self._writer = Writer()

    @classmethod
    async def open(cls, path: Path, *, basis: str) -> "History":
        """basis: `JsonFileStore.identity`; when the index was rebuilt, a new epoch begins.

        Raises Unavailable when the file can neither be used nor replaced.
        """
        try:
            return cls(path, basis)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"The history {path} cannot be used: {error}") from error

    async def run(self, work: Callable[[sqlite3.Connection], R]) -> R:
        """Do work in one transaction, in the order of the calls. Raises Unavailable when the disk refused."""
        return await self.submit(lambda: self.transact(work))

    def submit(self, function: Callable[[], R]) -> "asyncio.Future[R]":
        """Run function in the history's thread, in the order of the calls, whether or not anybody waits for it."""
        return self._writer.do(Call(function))

    def transact(self, work: Callable[[sqlite3.Connection], R], *, durable: bool = False) -> R:
        """Do work in one transaction. In the history's thread only.

        durable: survives a power cut too, at the price of a flush. Raises Unavailable when the
        disk refused.
        """
        try:
            with flushed(self._connection) if durable else nullcontext(), _transaction(self._connection):
                return work(self._connection)
        except sqlite3.Error as error:
            raise refused(error, "The history does not take writes") from error

    def size(self) -> int:
        """Bytes of the database and its write-ahead log; 0 when they cannot be seen."""
        total = 0
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            with suppress(OSError):
                total += path.stat().st_size
        return total

    async def close(self) -> None:
        """End in order: the next start in any boot continues this epoch."""
        await self._writer.stop()
        try:
            execute_durably(self._connection, _SET, ("clean", "1"))
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._connection.close()

    def _begin(self, basis: str) -> str:
        """Continue the epoch, or start one when events may have been lost or documents changed unnoticed."""
        facts = dict(self._connection.execute("SELECT key, value FROM meta"))
        boot = _boot_id()
        intact = facts.get("clean") == "1" or (boot != "" and facts.get("boot") == boot)
        epoch = facts.get("epoch")
        self.continued = epoch is not None and intact and facts.get("basis") == basis
        if epoch is None or not self.continued:
            epoch = secrets.token_hex(8)
            with _transaction(self._connection):
                self._connection.execute("DELETE FROM event")
                self._connection.executemany(_SET, (("epoch", epoch), ("basis", basis)))
        with _transaction(self._connection):
            self._connection.execute(_SET, ("boot", boot))
        execute_durably(self._connection, _SET, ("clean", "0"))
        return epoch


def _open(path: Path) -> sqlite3.Connection:
    """The database; one that cannot be read is kept aside, and a new one begun."""
    try:
        return _prepared(path)
    except sqlite3.DatabaseError:
        path.replace(path.with_name(f"{path.name}.broken"))
        for suffix in ("-wal", "-shm"):
            path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] not in (0, _FORMAT):
            raise sqlite3.DatabaseError("written by another version")
        connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _boot_id() -> str:
    """Names this boot of the machine; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
