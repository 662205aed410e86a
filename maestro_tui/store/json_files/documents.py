"""The documents in force: what every reader sees, whatever the files say at this moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from maestro_tui.domain.errors import NotFound
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.bodies import Bodies
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.index import Index, plan_tasks, project_facets, session_facets, task_facets
from maestro_tui.store.json_files.layout import Kind
from maestro_tui.store.json_files.records import Record

__all__ = ["Documents"]


class Documents:
    """Records and bodies of all kinds. Belongs to the event loop's thread."""

    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        self.indexes = {
            Kind.PROJECT: Index(project_facets),
            Kind.TASK: Index(task_facets),
            Kind.SESSION: Index(session_facets),
        }
        self._busy: dict[tuple[Kind, str], asyncio.Future[None]] = {}

    def record(self, kind: Kind, document_id: str) -> Record | None:
        return self.indexes[kind].records.get(document_id)

    def tasks_of(self, project_id: str) -> dict[str, Record]:
        """The records of a project's tasks, by id; costs their number, however many others there are."""
        everything = TaskQuery(project_id=project_id)
        return {record.id: record for record in self.indexes[Kind.TASK].find(plan_tasks(everything))[0]}

    def require(self, kind: Kind, document_id: str) -> Record:
        """The record. Raises NotFound."""
        record = self.record(kind, document_id)
        if record is None:
            raise NotFound.of(kind, document_id)
        return record

    def put(self, record: Record, entity: Entity) -> None:
        """From now on this is the document."""
        self.indexes[record.kind].put(record)
        self.bodies.put(record, entity)

    def drop(self, kind: Kind, document_id: str) -> None:
        self.indexes[kind].drop(document_id)
        self.bodies.drop(kind, document_id)

    @asynccontextmanager
    async def exclusive(self, kind: Kind, document_id: str) -> AsyncIterator[None]:
        """Be the only one who changes this document, or takes in its file."""
        key = (kind, document_id)
        while (other := self._busy.get(key)) is not None:
            await asyncio.wait([other])
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._busy[key] = done
        try:
            yield
        finally:
            del self._busy[key]
            done.set_result(None)
