"""The client's copy of the documents: fed by snapshots and events, always equal to what they say.

Pure: no waiting, no I/O. A document is replaced only by a higher revision of itself, and an
event only counts when it is newer than the position, so doubles and stragglers change
nothing. `Task.session_ids` is derived here from the sessions, as the server derives it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from maestro_tui.client.index import Index
from maestro_tui.client.items import Item, Snapshot, WireEvent
from maestro_tui.domain.document import Document, evolve
from maestro_tui.domain.events import EventName
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task

__all__ = ["Mirror", "MirrorChange"]

D = TypeVar("D", bound=Document)
Kind = Literal["project", "task", "session"]
MODELS: dict[str, type[Document]] = {"project": Project, "task": Task, "session": Session}

_SAVED: dict[str, Kind] = {
    EventName.PROJECT_CREATED: "project",
    EventName.PROJECT_UPDATED: "project",
    EventName.TASK_CREATED: "task",
    EventName.TASK_UPDATED: "task",
    EventName.SESSION_CREATED: "session",
    EventName.SESSION_UPDATED: "session",
}
_DELETED: dict[str, Kind] = {
    EventName.PROJECT_DELETED: "project",
    EventName.TASK_DELETED: "task",
    EventName.SESSION_DELETED: "session",
}


@dataclass(frozen=True, slots=True)
class MirrorChange:
    """What one item changed. kind `reset`: everything may be different; id is then empty."""

    kind: Literal["project", "task", "session", "reset"]
    id: str
    change: Literal["created", "updated", "deleted"]


RESET = MirrorChange("reset", "", "updated")


class Mirror:
    """Documents by id, and the ways to them. Read freely; only `apply` changes anything."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.seq = 0
        self.unreadable: dict[str, str] = {}
        """What the server sent and we could not read, by id: the last good version is kept."""
        self._clear()

    def _clear(self) -> None:
        self.projects: dict[str, Project] = {}
        self.tasks: dict[str, Task] = {}
        self.sessions: dict[str, Session] = {}
        self._project_tasks = Index[Task](lambda task: (task.project_id,))
        self._children = Index[Task](lambda task: (task.parent_id,) if task.parent_id else ())
        self._task_sessions = Index[Session](lambda session: session.task_ids)
        self._project_sessions = Index[Session](lambda session: (session.project_id,))

    # -- reading -------------------------------------------------------------------------

    def tasks_of(self, project_id: str) -> list[Task]:
        """The project's tasks, oldest first."""
        return _sorted(self.tasks, self._project_tasks.of(project_id))

    def children_of(self, task_id: str) -> list[Task]:
        """The tasks directly below the task, oldest first."""
        return _sorted(self.tasks, self._children.of(task_id))

    def sessions_of(self, task_id: str) -> list[Session]:
        """The sessions that work or worked on the task, oldest first."""
        return _sorted(self.sessions, self._task_sessions.of(task_id))

    def live_sessions(self, project_id: str) -> list[Session]:
        """The project's sessions with an agent or the promise of one, oldest first."""
        sessions = _sorted(self.sessions, self._project_sessions.of(project_id))
        return [session for session in sessions if session.is_live]

    # -- writing -------------------------------------------------------------------------

    def apply(self, item: Item) -> tuple[MirrorChange, ...]:
        """Take in one item. Returns what changed; nothing for what was known already."""
        return self._replace(item) if isinstance(item, Snapshot) else self._follow(item)

    def _replace(self, snapshot: Snapshot) -> tuple[MirrorChange, ...]:
        if snapshot.epoch == self.epoch and snapshot.seq < self.seq and not snapshot.rewound:
            return ()  # older than what the events since have told
        self.epoch, self.seq = snapshot.epoch, snapshot.seq
        self.unreadable = {line.partition(":")[0]: line for line in snapshot.unreadable}
        self._clear()
        for project in snapshot.projects:
            self.projects[project.id] = project
        for session in snapshot.sessions:
            self._put_session(session)
        for task in snapshot.tasks:
            self._put_task(task)
        return (RESET,)

    def _follow(self, event: WireEvent) -> tuple[MirrorChange, ...]:
        if event.epoch != self.epoch or event.seq <= self.seq:
            return ()
        self.seq = event.seq
        if kind := _DELETED.get(event.name):
            return tuple(self._remove(kind, str(event.data.get("id", ""))))
        return tuple(change for kind, data in _entities(event) for change in self._save(kind, data))

    def _save(self, kind: Kind, data: Any) -> Iterator[MirrorChange]:
        try:
            entity = MODELS[kind].model_validate(data)
        except ValidationError as error:
            identifier = str(data.get("id", "")) if isinstance(data, dict) else ""
            self.unreadable[identifier] = f"{kind.capitalize()} {identifier}: {error.errors()[0]['msg']}"
            return
        held = self._documents(kind).get(entity.id)
        if held is not None and held.revision >= entity.revision:
            return
        self.unreadable.pop(entity.id, None)
        yield MirrorChange(kind, entity.id, "created" if held is None else "updated")
        yield from self._put(entity)

    def _put(self, entity: Document) -> Iterator[MirrorChange]:
        match entity:
            case Project():
                self.projects[entity.id] = entity
            case Task():
                self._put_task(entity)
            case Session():
                held = self.sessions.get(entity.id)
                self._put_session(entity)
                touched = {*entity.task_ids, *(held.task_ids if held else ())}
                yield from self._relink(touched)

    def _put_task(self, task: Task) -> None:
        self._project_tasks.put(task)
        self._children.put(task)
        session_ids = self._session_ids(task.id)
        same = task.session_ids == session_ids
        self.tasks[task.id] = task if same else evolve(task, session_ids=session_ids)

    def _put_session(self, session: Session) -> None:
        self._task_sessions.put(session)
        self._project_sessions.put(session)
        self.sessions[session.id] = session

    def _remove(self, kind: Kind, identifier: str) -> Iterator[MirrorChange]:
        self.unreadable.pop(identifier, None)
        held = self._documents(kind).pop(identifier, None)
        if held is None:
            return
        yield MirrorChange(kind, identifier, "deleted")
        if isinstance(held, Task):
            self._project_tasks.drop(identifier)
            self._children.drop(identifier)
        elif isinstance(held, Session):
            self._task_sessions.drop(identifier)
            self._project_sessions.drop(identifier)
            yield from self._relink(held.task_ids)

    def _relink(self, task_ids: Iterable[str]) -> Iterator[MirrorChange]:
        for task_id in sorted(task_ids):
            task, session_ids = self.tasks.get(task_id), self._session_ids(task_id)
            if task is not None and task.session_ids != session_ids:
                self.tasks[task_id] = evolve(task, session_ids=session_ids)
                yield MirrorChange("task", task_id, "updated")

    def _session_ids(self, task_id: str) -> tuple[str, ...]:
        if not self._task_sessions.of(task_id):
            return ()
        return tuple(session.id for session in self.sessions_of(task_id))

    def _documents(self, kind: Kind) -> dict[str, Any]:
        documents: dict[Kind, dict[str, Any]] = {
            "project": self.projects,
            "task": self.tasks,
            "session": self.sessions,
        }
        return documents[kind]


def _entities(event: WireEvent) -> Iterator[tuple[Kind, Any]]:
    """The documents an event carries: itself one, or some inside (`session:spawn_request`)."""
    if kind := _SAVED.get(event.name):
        yield kind, event.data
        return
    if event.name.startswith("notify:"):
        return
    inside: Kind
    for inside in ("task", "session"):
        if isinstance(document := event.data.get(inside), dict) and "revision" in document:
            yield inside, document


def _sorted(documents: dict[str, D], identifiers: Iterable[str]) -> list[D]:
    found = (documents[identifier] for identifier in identifiers)
    return sorted(found, key=lambda document: (document.created_at, document.id))
