"""The storage seam: what every backend does, in entities only.

A store is the only writer of its documents. `add` and `save` return when the document is
durable; `save` compares the entity's revision with the stored one and swaps, so that of two
writers who read the same revision one gets a Conflict. Derived fields (`Task.session_ids`)
are not stored.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

from maestro_tui.domain.document import Document
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus
from maestro_tui.domain.task import Task

__all__ = [
    "ANY",
    "Change",
    "ChangeKind",
    "Collection",
    "Finding",
    "Page",
    "SessionQuery",
    "Store",
    "TaskQuery",
    "TaskSort",
]

D = TypeVar("D", bound=Document)
Q = TypeVar("Q", contravariant=True)
ANY: Literal["*"] = "*"
"""Stands for “do not filter by parent”, where None means “no parent”."""

TaskSort = Literal[
    "createdAt", "-createdAt", "updatedAt", "-updatedAt", "title", "-title", "priority", "-priority"
]


@dataclass(frozen=True, slots=True)
class Page(Generic[D]):
    """A part of a list. total: how many match in all."""

    items: tuple[D, ...]
    total: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ProjectQuery:
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks, in which order (`-` in front: descending). limit None: all.

    parent_id: ANY, None for roots, or an id. text: found in title or description, case ignored.
    """

    project_id: str | None = None
    statuses: frozenset[TaskStatus] = frozenset()
    priority: Priority | None = None
    parent_id: str | None = ANY
    text: str = ""
    sort: TaskSort = "createdAt"
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions, oldest first. live: True for those with an agent or the promise of one."""

    project_id: str | None = None
    task_id: str | None = None
    statuses: frozenset[SessionStatus] = frozenset()
    live: bool | None = None
    parent_session_id: str | None = None
    root_session_id: str | None = None
    offset: int = 0
    limit: int | None = None


class ChangeKind(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """Something another hand did to a document: an editor, git, a person.

    entity: the document as it now is; for a deletion, as it last was.
    """

    kind: ChangeKind
    entity: Project | Task | Session


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a stored document, for a person to look at.

    path: the file; kept: where the broken bytes were set aside, if they were.
    """

    path: str
    message: str
    kept: str | None = None
    document_id: str | None = None


class Collection(Protocol[D, Q]):
    """The documents of one kind."""

    async def get(self, document_id: str) -> D:
        """The document. Raises NotFound."""
        ...

    async def find(self, query: Q) -> Page[D]:
        """The documents that match, in the query's order."""
        ...

    async def add(self, entity: D) -> D:
        """Store a new document at revision 1. Raises Conflict when the id is taken."""
        ...

    async def save(self, entity: D) -> D:
        """Replace the document whose revision is the entity's; returns it at the next revision.

        Raises NotFound, or Conflict when the stored revision is another.
        """
        ...

    async def remove(self, document_id: str, revision: int | None = None) -> D:
        """Remove the document and return it as it was. Raises NotFound, or Conflict on another revision."""
        ...


class Store(Protocol):
    """All documents, and news of what others did to them."""

    @property
    def projects(self) -> Collection[Project, ProjectQuery]: ...
    @property
    def tasks(self) -> Collection[Task, TaskQuery]: ...
    @property
    def sessions(self) -> Collection[Session, SessionQuery]: ...

    def changes(self) -> AsyncIterator[Sequence[Change]]:
        """What other hands did, in batches, for as long as the store is open. One reader at a time."""
        ...

    def findings(self) -> Sequence[Finding]:
        """What is wrong with the stored documents at this moment."""
        ...

    async def check(self) -> None:
        """Prove that a write would succeed. Raises Unavailable with the reason."""
        ...

    async def close(self) -> None: ...
