"""What a start finds: the records in force and the files that need a closer look. Everything here blocks."""

import gc
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from maestro_tui.store.json_files.codec import encode
from maestro_tui.store.json_files.index import Index
from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout
from maestro_tui.store.json_files.reading import read_document
from maestro_tui.store.json_files.records import Record, record_of
from maestro_tui.store.json_files.scanning import Scan, by_kind, scan
from maestro_tui.store.json_files.sidecar import Item, Sidecar

__all__ = ["Start", "survey"]

log = logging.getLogger(__name__)
MOST_DIFFERENCES = 5_000
"""So many changed files are read faster all at once, as news to everybody, than one by one."""

MANY_RECORDS = 10_000


class Start(NamedTuple):
    """doubtful: files to be taken in one by one, now that the rest is known. later: written by a later version."""

    doubtful: list[DocumentKey]
    found: Scan
    later: list[Record]


def survey(layout: Layout, sidecar: Sidecar, indexes: Mapping[Kind, Index]) -> Start:
    """Compare the sidecar with the files and load the indexes.

    A sidecar that is fresh or of little use is filled from the files first.
    """
    with _without_collector():
        known = [] if sidecar.fresh else _known(sidecar)
        found = scan(layout, by_kind(known))
        doubtful = found.differing
        if sidecar.fresh or len(doubtful) > MOST_DIFFERENCES:
            known, doubtful = _read_all(layout, sidecar)
        for kind, index in indexes.items():
            index.load(record for record in known if record.kind is kind)
    _remove_leftovers(found)
    if len(known) > MANY_RECORDS:
        gc.freeze()  # they stay; without this every full collection would walk them all, on the event loop
    return Start(doubtful, found, [record for record in known if record.foreign])


def _remove_leftovers(found: Scan) -> None:
    """The caller holds the directory's lock, so no writer of ours is alive."""
    for path in found.leftovers:
        path.unlink(missing_ok=True)
    if found.leftovers:
        log.info("removed %d unfinished writes of a process that was killed", len(found.leftovers))


def _known(sidecar: Sidecar) -> list[Record]:
    try:
        return sidecar.records()
    except sqlite3.DatabaseError as error:
        log.warning("the sidecar cannot be read (%s); it is built anew from the files", error)
        sidecar.rebuild()
        return []


def _read_all(layout: Layout, sidecar: Sidecar) -> tuple[list[Record], list[DocumentKey]]:
    """Fill the sidecar with the good documents, one for each id; returns their records, and the doubtful files.

    Of two files with one id the higher revision is in force.
    """
    good: dict[tuple[Kind, str], Record] = {}
    doubtful: list[DocumentKey] = []

    def read() -> Iterator[Item]:
        for key in sorted(scan(layout).documents):  # in order, tables grow at their end and stay in one piece
            state = read_document(key, layout.path(key))
            if state is None:
                continue
            if state.decoded is None or state.decoded.foreign:
                doubtful.append(key)
                continue
            record = record_of(state.decoded.entity, state.stamp)
            rival = good.get((key.kind, key.id))
            if rival is not None and rival.revision >= record.revision:
                doubtful.append(key)
                continue
            if rival is not None:
                doubtful.append(rival.key)
            good[key.kind, key.id] = record
            content = state.content if state.decoded.current else encode(key.kind, state.decoded.entity)
            yield record, state.decoded.entity, content

    sidecar.rebuild()
    sidecar.fill(read())
    return list(good.values()), doubtful


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
