"""One kind of documents in files: compare, write durably, and only then let readers see it."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from maestro_tui.domain.document import Document, evolve
from maestro_tui.domain.errors import Conflict, Unavailable
from maestro_tui.store import matching
from maestro_tui.store.base import Page
from maestro_tui.store.json_files.archive import Archive
from maestro_tui.store.json_files.codec import Entity, encode
from maestro_tui.store.json_files.documents import Documents
from maestro_tui.store.json_files.index import Plan
from maestro_tui.store.json_files.intake import Intake
from maestro_tui.store.json_files.layout import Kind, Layout
from maestro_tui.store.json_files.quarantine import Quarantine
from maestro_tui.store.json_files.records import Record, Stamp, record_of
from maestro_tui.store.json_files.writer import Drop, Operation, Overtaken, Put, Writer

__all__ = ["JsonCollection", "Tools", "refused_by_disk"]

D = TypeVar("D", bound=Document)
Q = TypeVar("Q")
R = TypeVar("R")

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ATTEMPTS = 3
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, slots=True)
class Tools:
    """What the collections of one store share."""

    layout: Layout
    documents: Documents
    writer: Writer
    intake: Intake
    archive: Archive
    findings: Quarantine


class JsonCollection(Generic[D, Q]):
    """Implements `store.base.Collection`. A write that was begun is finished even if its caller is cancelled."""

    def __init__(self, kind: Kind, plan: Callable[[Q], Plan], tools: Tools) -> None:
        self._kind = kind
        self._plan = plan
        self._layout = tools.layout
        self._documents = tools.documents
        self._writer = tools.writer
        self._intake = tools.intake
        self._archive = tools.archive
        self._findings = tools.findings
        self._running: set[asyncio.Task[Any]] = set()

    async def get(self, document_id: str) -> D:
        record = self._documents.require(self._kind, document_id)
        return cast("D", await self._documents.bodies.get(record))

    async def find(self, query: Q) -> Page[D]:
        plan = self._plan(query)
        index = self._documents.indexes[self._kind]
        text = getattr(query, "text", "")
        records, total = index.find_among(plan, await self._archive.holding(text)) if text else index.find(plan)
        bodies = await self._documents.bodies.many(records)
        items = tuple(cast("D", body) for body in bodies if body is not None)
        return Page(items, total=total, offset=plan.offset)

    async def add(self, entity: D) -> D:
        return await self._finish(self._add(entity))

    async def save(self, entity: D) -> D:
        return await self._finish(self._save(entity))

    async def remove(self, document_id: str, revision: int | None = None) -> D:
        return await self._finish(self._remove(document_id, revision))

    async def settle(self) -> None:
        """Wait for the writes that are under way."""
        if self._running:
            await asyncio.wait(self._running)

    async def _add(self, entity: D) -> D:
        async with self._documents.exclusive(self._kind, entity.id):
            if self._documents.record(self._kind, entity.id) is not None:
                raise Conflict(f"{self._kind.capitalize()} '{entity.id}' exists already")
            return await self._put(evolve(matching.without_derived(entity), revision=1), None)

    async def _save(self, entity: D) -> D:
        async with self._documents.exclusive(self._kind, entity.id):
            current = self._documents.require(self._kind, entity.id)
            self._require_writable(current, entity.revision)
            stored = evolve(matching.without_derived(entity), revision=current.revision + 1)
            return await self._put(stored, current)

    async def _remove(self, document_id: str, revision: int | None) -> D:
        async with self._documents.exclusive(self._kind, document_id):
            current = self._documents.require(self._kind, document_id)
            self._require_writable(current, current.revision if revision is None else revision)
            entity = await self._documents.bodies.get(current)
            await self._write(current, lambda stamp: Drop(self._path(current), current, stamp))
            self._documents.drop(self._kind, document_id)
            self._findings.overwritten(self._path(current))
            return cast("D", entity)

    async def _put(self, stored: D, current: Record | None) -> D:
        entity = cast("Entity", stored)
        record = record_of(entity)
        path, before = self._path(record), None if current is None else self._path(current)
        content = encode(self._kind, stored)
        obsolete = before if before != path else None
        written: Record = await self._write(
            current or record, lambda stamp: Put(path, content, record, entity, stamp, obsolete)
        )
        self._documents.put(written, entity)
        for place in {path, before or path}:
            self._findings.overwritten(place)
        return stored

    async def _write(self, current: Record, operation: Callable[[Stamp], Operation]) -> Any:
        """Have it written. Where the disk and we disagree, what the disk says is taken in first.

        Raises Conflict when another hand's version is now in force, Unavailable when the disk refused.
        """
        stamp = current.stamp
        for _ in range(_ATTEMPTS):
            try:
                return await self._writer.do(operation(stamp))
            except Overtaken:
                await self._intake.take_in(current.key)
                known = self._documents.record(self._kind, current.id)
                if known is None or known.revision != current.revision or known.stamp == stamp:
                    break
                stamp = known.stamp  # a broken edit, now kept beside the file
            except OSError as error:
                await self._intake.take_in(current.key)
                raise refused_by_disk(
                    error, f"{self._kind.capitalize()} '{current.id}' could not be stored"
                ) from error
        raise Conflict(
            f"The file of {self._kind} '{current.id}' was changed by another hand meanwhile",
            suggestion="Read it again and repeat the change.",
            details={"id": current.id},
        )

    def _require_writable(self, current: Record, revision: int) -> None:
        if current.foreign:
            raise Conflict(
                f"{self._kind.capitalize()} '{current.id}' was written by a later version; this one only reads it",
                suggestion="Update maestro-tui.",
            )
        if current.revision != revision:
            raise matching.stale(self._kind, current.id, current.revision, revision)

    def _path(self, record: Record) -> str:
        return str(self._layout.path(record.key))

    async def _finish(self, work: Coroutine[Any, Any, R]) -> R:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)


def refused_by_disk(error: OSError, what: str) -> Unavailable:
    """What a failed write means to the caller, and what a person can do about it."""
    if error.errno in _FULL:
        return Unavailable(f"{what}: the disk is full", suggestion="Free some space; nothing was changed.")
    if error.errno in _READ_ONLY:
        return Unavailable(
            f"{what}: the data directory cannot be written", suggestion="Check its permissions and mount."
        )
    return Unavailable(f"{what}: {error.strerror or error}", suggestion="Look at the disk; nothing was changed.")
