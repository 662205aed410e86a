"""The store of JSON files: one process writes, everybody may read and edit."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from maestro_tui import files
from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.events import JournalEntry
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.store.base import Change, ChangeKind, Finding, ProjectQuery, SessionQuery, TaskQuery
from maestro_tui.store.json_files.archive import Archive
from maestro_tui.store.json_files.bodies import Bodies
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.collection import JsonCollection, Tools, refused_by_disk
from maestro_tui.store.json_files.documents import Documents
from maestro_tui.store.json_files.index import plan_projects, plan_sessions, plan_tasks
from maestro_tui.store.json_files.intake import LATER_VERSION, Intake
from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout
from maestro_tui.store.json_files.loading import survey
from maestro_tui.store.json_files.lock import DirectoryLock
from maestro_tui.store.json_files.quarantine import SET_ASIDE, Quarantine
from maestro_tui.store.json_files.recovery import missed_changes
from maestro_tui.store.json_files.scanning import Scan, scan, scan_project
from maestro_tui.store.json_files.sidecar import Sidecar
from maestro_tui.store.json_files.watcher import Watcher
from maestro_tui.store.json_files.writer import Call, Writer

__all__ = ["JsonFileStore"]

log = logging.getLogger(__name__)


class JsonFileStore:
    """Implements `store.base.Store` on a data directory. Made by `open`, ended by `close`."""

    projects: JsonCollection[Project, ProjectQuery]
    tasks: JsonCollection[Task, TaskQuery]
    sessions: JsonCollection[Session, SessionQuery]

    def __init__(self, layout: Layout, lock: DirectoryLock, *, durable: bool) -> None:
        self.layout = layout
        self._lock = lock
        self._sidecar = Sidecar(layout.sidecar)
        self._archive = Archive(layout)
        self._documents = Documents(Bodies(self._archive))
        self._findings = Quarantine()
        self._news: asyncio.Queue[Change | None] = asyncio.Queue()
        self._found: set[str] = set()
        """Ids of the documents whose changes were news already when the files were read."""
        self._writer = Writer(self._sidecar, durable=durable)
        self._intake = Intake(
            layout=layout,
            documents=self._documents,
            writer=self._writer,
            ledger=self._sidecar,
            findings=self._findings,
            on_change=self._announce,
        )
        self._watcher = Watcher(layout, look=self._look, rescan=self._differences)
        self._watching: asyncio.Task[None] | None = None
        self._loaded = asyncio.Event()
        self._closed = False
        tools = Tools(layout, self._documents, self._writer, self._intake, self._archive, self._findings)
        self.projects = JsonCollection(Kind.PROJECT, plan_projects, tools)
        self.tasks = JsonCollection(Kind.TASK, plan_tasks, tools)
        self.sessions = JsonCollection(Kind.SESSION, plan_sessions, tools)

    @classmethod
    async def open(cls, data: Path, *, durable: bool = True, watch: bool = True) -> "JsonFileStore":
        """Take the directory and read what is in it.

        durable: False skips the flushes, for tests. watch: notice edits by other hands.
        Raises Conflict when another process has the directory, Unavailable when it cannot be used.
        """
        layout = Layout(data)
        lock = await asyncio.to_thread(_prepare, layout)
        try:
            store = cls(layout, lock, durable=durable)
        except BaseException:
            lock.release()
            raise
        try:
            if watch:
                await store._watch()  # before looking at the files, so that nothing falls in between
            await store._load()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def identity(self) -> str:
        """Names the line of changes this store has seen without a break; a new one after the sidecar was lost."""
        return self._sidecar.identity

    async def announce_missed(self, told: Iterable[JournalEntry]) -> None:
        """Make news of the last writes that the entries do not tell of: a crash came between write and event."""
        recent = await self._writer.do(Call(self._sidecar.recent_changes))
        for missed in missed_changes(recent, told):
            if missed.id in self._found:
                continue
            record = self._documents.record(missed.kind, missed.id)
            if record is not None:
                entity = await self._documents.bodies.get(record)
                self._news.put_nowait(Change(_created_or_updated(entity), entity))
            elif missed.last is not None:
                self._news.put_nowait(Change(ChangeKind.DELETED, missed.last))

    def _announce(self, change: Change) -> None:
        self._found.add(change.entity.id)
        self._news.put_nowait(change)

    async def changes(self) -> AsyncIterator[Sequence[Change]]:
        self._found.clear()
        ended = False
        while not ended:
            waiting = [await self._news.get()]
            while not self._news.empty():
                waiting.append(self._news.get_nowait())
            ended = None in waiting
            if batch := [change for change in waiting if change is not None]:
                self._found.clear()  # from here on nothing is looked for that was missed
                yield batch

    def findings(self) -> Sequence[Finding]:
        return self._findings.findings()

    async def check(self) -> None:
        try:
            await self._writer.do(Call(lambda: _probe(self.layout.probe)))
        except OSError as error:
            raise refused_by_disk(error, "The data directory does not take writes") from error

    async def close(self) -> None:
        """Finish what was begun and give the directory back. Closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        self._loaded.set()
        if self._watching is not None:
            self._watcher.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        for collection in (self.projects, self.tasks, self.sessions):
            await collection.settle()
        await self._writer.stop()
        await self._archive.close()
        self._sidecar.close()
        self._lock.release()
        self._news.put_nowait(None)

    async def _load(self) -> None:
        start = await asyncio.to_thread(survey, self.layout, self._sidecar, self._documents.indexes)
        self._report_strangers(start.found)
        for record in start.later:
            self._findings.report(self.layout.path(record.key), LATER_VERSION, document_id=record.id)
        self._loaded.set()
        await self._look(start.doubtful)

    async def _watch(self) -> None:
        self._watching = asyncio.create_task(self._watcher.run(), name="store-watcher")
        await self._watcher.ready.wait()

    def _report_strangers(self, found: Scan) -> None:
        for path in found.kept:
            self._findings.report(path, SET_ASIDE, kept=str(path))
        for path in found.strange:
            self._findings.report(path, "is not named like a document, so it is not read")

    async def _look(self, keys: Iterable[DocumentKey]) -> None:
        """Take in several files; each one's retries go on beside the others."""
        await self._loaded.wait()
        gate = asyncio.Semaphore(16)

        async def look(key: DocumentKey) -> None:
            async with gate:
                await self._intake.look(key)

        await asyncio.gather(*(look(key) for key in keys))

    async def _differences(self, project_id: str | None = None) -> list[DocumentKey]:
        """Which files are not as we know them, anywhere or among one project's tasks."""
        self._check_roots()
        if project_id is None:
            known = {kind: dict(index.records) for kind, index in self._documents.indexes.items()}
            found = await asyncio.to_thread(scan, self.layout, known)
        else:
            tasks = {Kind.TASK: self._documents.tasks_of(project_id)}
            found = await asyncio.to_thread(scan_project, self.layout, project_id, tasks)
        return found.differing

    def _check_roots(self) -> None:
        for root in self.layout.roots.values():
            if root.is_dir():
                self._findings.clear(root)


def _created_or_updated(entity: Entity) -> ChangeKind:
    return ChangeKind.CREATED if entity.revision == 1 else ChangeKind.UPDATED


def _prepare(layout: Layout) -> DirectoryLock:
    try:
        files.ensure_private_directory(layout.data)
        lock = DirectoryLock(layout.lock)
    except OSError as error:
        raise Unavailable(
            f"The data directory {layout.data} cannot be used: {error.strerror or error}",
            suggestion="Move away what is in its place, or choose another MAESTRO_HOME.",
        ) from error
    try:
        for root in layout.roots.values():
            files.ensure_private_directory(root)
    except OSError as error:
        lock.release()
        raise Unavailable(f"The data directory {layout.data} cannot be used: {error}") from error
    return lock


def _probe(path: Path) -> None:
    files.write_whole(path, b"ok\n")
    path.unlink()
