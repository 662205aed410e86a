"""Mending what can be mended without a loss, each step named.

Nothing is deleted: what is in the way goes into `data/.quarantine/<utc>/`, and a document is copied
there before it is changed. What only a person can decide is left alone.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from maestro_tui import files
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.paths import Home
from maestro_tui.store.checking.databases import out_of_step
from maestro_tui.store.checking.documents import Head, read_all
from maestro_tui.store.checking.relations import Relations
from maestro_tui.store.checking.surroundings import leftovers, right_mode, wrong_modes
from maestro_tui.store.json_files.codec import Entity, decode_trusted, encode
from maestro_tui.store.json_files.layout import DocumentKey, Layout
from maestro_tui.store.json_files.loading import survey
from maestro_tui.store.json_files.lock import DirectoryLock
from maestro_tui.store.json_files.looking import SidecarView, damage_of
from maestro_tui.store.json_files.quarantine import keep_deleted
from maestro_tui.store.json_files.reading import read_document
from maestro_tui.store.json_files.scanning import scan
from maestro_tui.store.json_files.sidecar import Item, Sidecar
from maestro_tui.store.naming import utc_name

__all__ = ["repair"]


def repair(home: Home) -> tuple[str, ...]:
    """Do every safe repair; returns a sentence for each. Blocking.

    Raises Conflict while a server owns the data directory, Unavailable when the disk refuses.
    """
    if not home.data.is_dir():
        return ()
    lock = DirectoryLock(Layout(home.data).lock)
    try:
        return tuple(_Repair(home).run())
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"The repair stopped: {error}", suggestion="What was done until then stays.") from error
    finally:
        lock.release()


class _Repair:
    def __init__(self, home: Home) -> None:
        self._home = home
        self._layout = Layout(home.data)
        self._now = time.time_ns() // 1_000_000
        self._room = self._layout.quarantine / utc_name(self._now)

    def run(self) -> Iterator[str]:
        """Permissions first, because all else needs them; the index last, because it follows the documents."""
        yield from self._modes()
        yield from self._leftovers()
        yield from self._references()
        yield from self._history()
        yield from self._index()

    def _modes(self) -> Iterator[str]:
        for finding in list(wrong_modes(self._home)):
            path = Path(finding.path)
            if finding.repair is not None:
                mode = right_mode(self._home, path)
                path.chmod(mode)
                yield f"{path}: mode set to {mode:04o}"

    def _leftovers(self) -> Iterator[str]:
        for path in leftovers(self._home):
            yield f"{path}: moved to {self._set_aside(path)}"

    def _references(self) -> Iterator[str]:
        relations = Relations(self._layout, read_all(self._layout, scan(self._layout).documents))
        for head in relations.fatherless():
            yield from self._edit(head, _without_parent, f"parentId '{head.parent_id}' set to null")
        for head in relations.cycle_breakers():
            yield from self._edit(head, _without_parent, f"parentId '{head.parent_id}' set to null")
        for head, gone in relations.with_missing_tasks():
            yield from self._edit(head, _without_tasks(gone), f"{', '.join(gone)} taken out of taskIds")

    def _edit(self, head: Head, change: Callable[[Entity], Entity], what: str) -> Iterator[str]:
        path = self._layout.path(head.key)
        state = read_document(head.key, path)
        if head.foreign or state is None or state.decoded is None:
            return
        copy = self._copy(path, state.content)
        before = state.decoded.entity
        after = evolve(change(before), revision=before.revision + 1, updated_at=self._now)
        files.write_whole(path, encode(head.key.kind, after))
        yield f"{path}: {what}; as it was: {copy}"

    def _history(self) -> Iterator[str]:
        if damage_of(self._layout.history):
            yield from self._move_database(self._layout.history)

    def _index(self) -> Iterator[str]:
        """A new index has a new identity, so clients take a snapshot instead of missing what changed unseen."""
        sidecar = self._layout.sidecar
        reading = read_all(self._layout, scan(self._layout).documents)
        if not damage_of(sidecar) and not out_of_step(self._layout, reading.unsettled):
            return
        versions = list(self._last_versions(reading.unsettled))
        yield from self._keep_deleted(versions, reading.present)
        yield from self._move_database(sidecar)
        with closing(Sidecar(sidecar)) as fresh:
            survey(self._layout, fresh, {})
            fresh.note([item for item in versions if item[0].key in reading.present], ())
            count = len(fresh.records())
        yield f"{sidecar}: rebuilt, {count} documents"

    def _last_versions(self, unsettled: frozenset[DocumentKey]) -> Iterator[Item]:
        """What only the index has: the last good versions of files that are broken or gone."""
        found = scan(self._layout).documents
        with SidecarView(self._layout.sidecar) as view:
            for record in view.records() or ():
                if record.key not in found or record.key in unsettled:
                    content = view.last_good(record.key)
                    if content is not None:
                        yield record, decode_trusted(record.kind, content), content

    def _keep_deleted(self, versions: list[Item], present: frozenset[DocumentKey]) -> Iterator[str]:
        for record, _, content in versions:
            if record.key not in present:
                path = self._layout.path(record.key)
                yield f"{path}: is gone; its last version is {keep_deleted(self._layout.trash, path, content)}"

    def _move_database(self, path: Path) -> Iterator[str]:
        for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if one.exists():
                yield f"{one}: moved to {self._set_aside(one)}"

    def _set_aside(self, path: Path) -> Path:
        kept = self._place_for(path)
        shutil.move(path, kept)
        files.sync_directory(kept.parent)
        return kept

    def _copy(self, path: Path, content: bytes) -> Path:
        kept = self._place_for(path)
        files.write_whole(kept, content, mode=0o600)
        return kept

    def _place_for(self, path: Path) -> Path:
        """A free name in the quarantine that tells where the file was."""
        base = self._home.data if path.is_relative_to(self._home.data) else path.parent
        inside = path.relative_to(base)
        directory = files.ensure_private_directory(self._room / inside.parent)
        kept, number = directory / inside.name, 1
        while os.path.lexists(kept):
            number += 1
            kept = directory / f"{inside.name}.{number}"
        return kept


def _without_parent(entity: Entity) -> Entity:
    assert isinstance(entity, Task)
    return evolve(entity, parent_id=None)


def _without_tasks(gone: tuple[str, ...]) -> Callable[[Entity], Entity]:
    def change(entity: Entity) -> Entity:
        assert isinstance(entity, Session)
        return evolve(entity, task_ids=tuple(one for one in entity.task_ids if one not in gone))

    return change
