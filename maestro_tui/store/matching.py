"""What a query means: which documents match it, in which order, and which part is asked for."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from maestro_tui.domain.document import Document, evolve
from maestro_tui.domain.errors import Conflict
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Priority
from maestro_tui.domain.task import Task
from maestro_tui.store.base import ANY, Page, ProjectQuery, SessionQuery, TaskQuery

__all__ = ["projects", "require_revision", "sessions", "stale", "tasks", "without_derived"]

D = TypeVar("D", bound=Document)

_URGENCY = {Priority.LOW: 0, Priority.MEDIUM: 1, Priority.HIGH: 2}
_TASK_KEYS: dict[str, Callable[[Task], Any]] = {
    "createdAt": lambda task: task.created_at,
    "updatedAt": lambda task: task.updated_at,
    "title": lambda task: task.title.casefold(),
    "priority": lambda task: _URGENCY[task.priority],
}


def projects(documents: Iterable[Project], query: ProjectQuery) -> Page[Project]:
    """Projects, oldest first."""
    return _page(sorted(documents, key=_age), query.offset, query.limit)


def tasks(documents: Iterable[Task], query: TaskQuery) -> Page[Task]:
    """Tasks that match, in the query's order; equal ones oldest first."""
    found = sorted((task for task in documents if task_matches(task, query)), key=_age)
    found.sort(key=_TASK_KEYS[query.sort.lstrip("-")], reverse=query.sort.startswith("-"))
    return _page(found, query.offset, query.limit)


def sessions(documents: Iterable[Session], query: SessionQuery) -> Page[Session]:
    """Sessions that match, oldest first."""
    return _page(
        sorted((session for session in documents if session_matches(session, query)), key=_age),
        query.offset,
        query.limit,
    )


def task_matches(task: Task, query: TaskQuery) -> bool:
    text = query.text.casefold()
    return (
        (query.project_id is None or task.project_id == query.project_id)
        and (not query.statuses or task.status in query.statuses)
        and (query.priority is None or task.priority == query.priority)
        and (query.parent_id == ANY or task.parent_id == query.parent_id)
        and (not text or text in task.title.casefold() or text in task.description.casefold())
    )


def session_matches(session: Session, query: SessionQuery) -> bool:
    return (
        (query.project_id is None or session.project_id == query.project_id)
        and (query.task_id is None or query.task_id in session.task_ids)
        and (not query.statuses or session.status in query.statuses)
        and (query.live is None or session.is_live == query.live)
        and (query.parent_session_id is None or session.parent_session_id == query.parent_session_id)
        and (query.root_session_id is None or session.root_session_id == query.root_session_id)
    )


def without_derived(entity: D) -> D:
    """The entity as stores keep it: what follows from other documents is left out."""
    return evolve(entity, session_ids=()) if isinstance(entity, Task) and entity.session_ids else entity


def require_revision(kind: str, current: Document, expected: int) -> None:
    """Raise Conflict unless the document is at the expected revision."""
    if current.revision != expected:
        raise stale(kind, current.id, current.revision, expected)


def stale(kind: str, document_id: str, revision: int, expected: int) -> Conflict:
    """The error for a change that was based on another revision than the current one."""
    return Conflict(
        f"{kind.capitalize()} '{document_id}' is at revision {revision}, not {expected}",
        suggestion="Read it again and repeat the change.",
        details={"id": document_id, "revision": revision, "expected": expected},
    )


def _age(document: Document) -> tuple[int, str]:
    return document.created_at, document.id


def _page(found: list[D], offset: int, limit: int | None) -> Page[D]:
    end = None if limit is None else offset + limit
    return Page(tuple(found[offset:end]), total=len(found), offset=offset)
