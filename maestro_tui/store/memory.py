"""Documents in memory: the model every other backend is compared with, and the store of tests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from maestro_tui.domain.document import Document, evolve
from maestro_tui.domain.errors import Conflict, NotFound
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.store import matching
from maestro_tui.store.base import Change, Finding, Page, ProjectQuery, SessionQuery, TaskQuery

__all__ = ["MemoryStore"]

D = TypeVar("D", bound=Document)
Q = TypeVar("Q")
Select = Callable[[Iterable[D], Q], Page[D]]


class MemoryCollection(Generic[D, Q]):
    """One kind of documents in a dictionary."""

    def __init__(self, kind: str, select: Select[D, Q]) -> None:
        self._kind = kind
        self._select = select
        self._documents: dict[str, D] = {}

    async def get(self, document_id: str) -> D:
        try:
            return self._documents[document_id]
        except KeyError:
            raise NotFound.of(self._kind, document_id) from None

    async def find(self, query: Q) -> Page[D]:
        return self._select(self._documents.values(), query)

    async def add(self, entity: D) -> D:
        if entity.id in self._documents:
            raise Conflict(f"{self._kind.capitalize()} '{entity.id}' exists already")
        self._documents[entity.id] = stored = evolve(matching.without_derived(entity), revision=1)
        return stored

    async def save(self, entity: D) -> D:
        current = await self.get(entity.id)
        matching.require_revision(self._kind, current, entity.revision)
        stored = evolve(matching.without_derived(entity), revision=current.revision + 1)
        self._documents[entity.id] = stored
        return stored

    async def remove(self, document_id: str, revision: int | None = None) -> D:
        current = await self.get(document_id)
        if revision is not None:
            matching.require_revision(self._kind, current, revision)
        return self._documents.pop(document_id)


class MemoryStore:
    """A whole store in memory; nobody else can change it, so it has no news and no findings."""

    def __init__(self) -> None:
        self.projects: MemoryCollection[Project, ProjectQuery] = MemoryCollection("project", matching.projects)
        self.tasks: MemoryCollection[Task, TaskQuery] = MemoryCollection("task", matching.tasks)
        self.sessions: MemoryCollection[Session, SessionQuery] = MemoryCollection("session", matching.sessions)
        self._closed = asyncio.Event()

    async def changes(self) -> AsyncIterator[Sequence[Change]]:
        await self._closed.wait()
        nothing: tuple[Sequence[Change], ...] = ()  # nobody else can reach a dictionary
        for batch in nothing:
            yield batch

    def findings(self) -> Sequence[Finding]:
        return ()

    async def check(self) -> None:
        """Memory is always writable."""

    async def close(self) -> None:
        self._closed.set()
