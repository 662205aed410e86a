"""How SQLite files are opened here: write-ahead log, one writer, errors in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maestro_tui.domain.errors import Unavailable

__all__ = ["connect", "execute_durably", "flushed", "refused"]

_BUSY_SECONDS = 10.0
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
"""The second is what a quota or a limit on file sizes looks like."""


def connect(path: Path) -> sqlite3.Connection:
    """Open or create a database that only its owner may read. A commit survives the process, not a power cut."""
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def flushed(connection: sqlite3.Connection) -> Iterator[None]:
    """What is committed within survives a power cut too. Enter it outside of a transaction."""
    connection.execute("PRAGMA synchronous = FULL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


def execute_durably(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    """Run one statement so that it survives a power cut too."""
    with flushed(connection):
        connection.execute(statement, values)


def refused(error: sqlite3.Error, what: str) -> Unavailable:
    """What a failed transaction means to the caller, and what a person can do about it."""
    if getattr(error, "sqlite_errorcode", None) in _FULL:
        return Unavailable(f"{what}: the disk is full", suggestion="Free some space; then it goes on by itself.")
    return Unavailable(f"{what}: {error}", suggestion="Look at the disk and the data directory's permissions.")
