"""The databases beside the documents, seen from outside: read while a server runs, and never written."""

import sqlite3
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from maestro_tui.store.json_files.layout import DocumentKey
from maestro_tui.store.json_files.records import Record
from maestro_tui.store.json_files.sidecar import SELECT_DOCUMENTS, records_of

__all__ = ["SidecarView", "connect_reading", "damage_of"]

_BUSY_SECONDS = 10.0


def connect_reading(path: Path) -> sqlite3.Connection:
    """Open a database for reading. Raises sqlite3.Error, or FileNotFoundError.

    Without a write-ahead log nobody has the database open; then not even the files that
    readers share are made.
    """
    path.lstat()
    resting = not path.with_name(f"{path.name}-wal").exists()
    address = f"file:{quote(str(path))}?{'immutable=1' if resting else 'mode=ro'}"
    return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def damage_of(path: Path) -> str | None:
    """What is wrong with a database, in SQLite's words; None for one that is sound or absent."""
    try:
        connection = connect_reading(path)
    except FileNotFoundError:
        return None
    except sqlite3.Error as error:
        return str(error)
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    finally:
        connection.close()
    return None if answer == "ok" else str(answer)


class SidecarView:
    """What the sidecar knows; nothing where there is none, or none that can be read."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection | None
        try:
            self._connection = connect_reading(path)
        except (sqlite3.Error, FileNotFoundError):
            self._connection = None

    def __enter__(self) -> "SidecarView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def records(self) -> list[Record] | None:
        """Everything known of every document; None when the sidecar was never filled or cannot be read."""
        if self._connection is None:
            return None
        try:
            filled = self._connection.execute("SELECT 1 FROM meta WHERE key = 'filled'").fetchone()
            return list(records_of(self._connection.execute(SELECT_DOCUMENTS))) if filled else None
        except (sqlite3.Error, ValueError, KeyError):
            return None

    def last_good(self, key: DocumentKey) -> bytes | None:
        """The last version of a document that could be read, as its file would hold it."""
        if self._connection is None:
            return None
        wanted = (
            "SELECT content FROM body JOIN document USING (kind, id) WHERE kind = ? AND id = ? AND project_id IS ?"
            if key.project_id is not None
            else "SELECT content FROM body WHERE kind = ? AND id = ? AND ? IS NULL"
        )
        try:
            row = self._connection.execute(wanted, (key.kind.value, key.id, key.project_id)).fetchone()
        except sqlite3.Error:
            return None
        return None if row is None else bytes(row[0])
