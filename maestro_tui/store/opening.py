"""From a home, or the URL of a store, to an open store."""

from pathlib import Path

from maestro_tui.domain.errors import Invalid
from maestro_tui.paths import Home
from maestro_tui.store.base import Store

__all__ = ["open_store"]


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
