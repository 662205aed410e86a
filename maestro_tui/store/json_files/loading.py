"""What a start finds: the records in force and the files that need a closer look. Everything here blocks."""

import gc
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout
from maestro_tui.store.json_files.reading import read_document
from maestro_tui.store.json_files.records import Record, record_of
from maestro_tui.store.json_files.scanning import Scan, differences, scan
from maestro_tui.store.json_files.sidecar import Sidecar, item

__all__ = ["Start", "survey"]

log = logging.getLogger(__name__)
MOST_DIFFERENCES = 5_000
"""So many changed files are read faster all at once, as news to everybody, than one by one."""


class Start(NamedTuple):
    """records: known and unchanged, or just read. doubtful: files to be taken in one by one."""

    records: Mapping[Kind, list[Record]]
    doubtful: list[DocumentKey]
    found: Scan


def survey(layout: Layout, sidecar: Sidecar) -> Start:
    """Compare the sidecar with the files; fill it from them when it is fresh or of little use."""
    with _without_collector():
        found = scan(layout)
        known = [] if sidecar.fresh else _known(sidecar)
        doubtful = differences(known, found)
        if sidecar.fresh or len(doubtful) > MOST_DIFFERENCES:
            known, doubtful = _read_all(layout, sidecar, found)
        return Start(_by_kind(known), doubtful, found)


def _known(sidecar: Sidecar) -> list[Record]:
    try:
        return sidecar.records()
    except sqlite3.DatabaseError as error:
        log.warning("the sidecar cannot be read (%s); it is built anew from the files", error)
        sidecar.rebuild()
        return []


def _read_all(layout: Layout, sidecar: Sidecar, found: Scan) -> tuple[list[Record], list[DocumentKey]]:
    documents, doubtful = _load(layout, found.documents)
    sidecar.rebuild()
    sidecar.fill(item(record, entity) for record, entity in documents)
    return [record for record, _ in documents], doubtful


def _load(layout: Layout, keys: Iterable[DocumentKey]) -> tuple[list[tuple[Record, Entity]], list[DocumentKey]]:
    """The good documents of keys, one for each id, and the files that need a closer look.

    Of two files with one id the higher revision is in force.
    """
    good: dict[tuple[Kind, str], tuple[Record, Entity]] = {}
    doubtful: list[DocumentKey] = []
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
    return list(good.values()), doubtful


def _by_kind(records: Iterable[Record]) -> dict[Kind, list[Record]]:
    result: dict[Kind, list[Record]] = {kind: [] for kind in Kind}
    for record in records:
        result[record.kind].append(record)
    return result


@contextmanager
def _without_collector() -> Iterator[None]:
    """Many small objects that all stay: looking for garbage among them costs more than making them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
