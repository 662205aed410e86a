"""Reading a whole directory of documents at once. Everything here blocks."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.layout import DocumentKey, Layout
from maestro_tui.store.json_files.reading import read_document
from maestro_tui.store.json_files.records import Record, record_of

__all__ = ["Loaded", "load", "without_collector"]


class Loaded(NamedTuple):
    """documents: those that are good, one for each id. doubtful: files that need a closer look."""

    documents: list[tuple[Record, Entity]]
    doubtful: list[DocumentKey]


def load(layout: Layout, keys: Iterable[DocumentKey]) -> Loaded:
    """Read the documents of keys. Of two files with one id the higher revision is in force."""
    good: dict[tuple[str, str], tuple[Record, Entity]] = {}
    doubtful: list[DocumentKey] = []
    with without_collector():
        for key in keys:
            state = read_document(key, layout.path(key))
            if state is None:
                continue
            if state.decoded is None or state.decoded.foreign:
                doubtful.append(key)
                continue
            entity = state.decoded.entity
            found = record_of(entity, state.stamp), entity
            rival = good.setdefault((key.kind, key.id), found)
            if rival is not found:
                winner, loser = (found, rival) if rival[0].revision < entity.revision else (rival, found)
                good[key.kind, key.id] = winner
                doubtful.append(loser[0].key)
    return Loaded(list(good.values()), doubtful)


@contextmanager
def without_collector() -> Iterator[None]:
    """Many small objects that all stay: looking for garbage among them costs more than making them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
