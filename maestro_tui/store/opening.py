"""From a home, or the URL of a store, to an open store."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_tui.domain.errors import Invalid
from maestro_tui.paths import Home
from maestro_tui.store.base import Store

if TYPE_CHECKING:
    from maestro_tui.store.json_files.history import History
    from maestro_tui.store.json_files.journal import SqliteJournal

__all__ = ["open_history", "open_store"]


@dataclass(frozen=True, slots=True)
class OpenHistory:
    """Close the history after the last event, before the store. Answers: `SqliteIdempotency(history, …)`."""

    history: "History"
    journal: "SqliteJournal"


async def open_store(home: Home, url: str | None = None) -> Store:
    """Open the store at url; without one, the JSON files of home.

    url: `memory:` (nothing survives), or `json:` with a directory (`json:/srv/maestro/data`),
    or `json:` alone for home's own.
    Raises Invalid for any other url, Conflict when another process has the directory,
    Unavailable when it cannot be used.
    """
    scheme, _, place = (url or "json:").partition(":")
    if scheme == "memory" and not place:
        from maestro_tui.store.memory import MemoryStore

        return MemoryStore()
    if scheme == "json":
        from maestro_tui.store.json_files.store import JsonFileStore

        return await JsonFileStore.open(Path(place).absolute() if place else home.data)
    raise Invalid(f"There is no store '{url}'", suggestion="Use memory: or json:/path/to/data.")


async def open_history(store: Store) -> "OpenHistory | None":
    """The durable journal that belongs to an open store, and the database it shares with the answers by key.

    None for a store that lasts no longer than its process. Documents that were stored but
    never told of, because a process was killed in between, become news of the store.
    """
    from maestro_tui.store.json_files.history import History
    from maestro_tui.store.json_files.journal import SqliteJournal
    from maestro_tui.store.json_files.store import JsonFileStore

    if not isinstance(store, JsonFileStore):
        return None
    history = await History.open(store.layout.history, basis=store.identity)
    journal = await SqliteJournal.open(history)
    if history.continued:
        await store.announce_missed(journal.remembered())
    return OpenHistory(history, journal)
