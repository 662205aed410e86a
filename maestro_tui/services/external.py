"""What other hands did to the documents, told like our own changes."""

from typing import Any

from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.services.announcements import about_project, about_session, about_task
from maestro_tui.services.context import Context
from maestro_tui.services.derived import with_sessions
from maestro_tui.store.base import Change, ChangeKind, Collection

__all__ = ["ExternalChanges"]

_PROJECT = {
    ChangeKind.CREATED: EventName.PROJECT_CREATED,
    ChangeKind.UPDATED: EventName.PROJECT_UPDATED,
    ChangeKind.DELETED: EventName.PROJECT_DELETED,
}
_TASK = {
    ChangeKind.CREATED: EventName.TASK_CREATED,
    ChangeKind.UPDATED: EventName.TASK_UPDATED,
    ChangeKind.DELETED: EventName.TASK_DELETED,
}
_SESSION = {
    ChangeKind.CREATED: EventName.SESSION_CREATED,
    ChangeKind.UPDATED: EventName.SESSION_UPDATED,
    ChangeKind.DELETED: EventName.SESSION_DELETED,
}


class ExternalChanges:
    """Tells of every change that did not come through the services."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store

    async def follow(self) -> None:
        """Publish the store's news, for as long as the store is open; cancel it to stop."""
        async for batch in self._store.changes():
            for change in batch:
                await self._tell(change)

    async def _tell(self, change: Change) -> None:
        """In the document's turn, so that nobody is told of a revision after a later one."""
        async with self._context.locks.exclusive(_kind_of(change.entity), change.entity.id):
            if not await self._is_superseded(change):
                await self._context.bus.publish(await self._event(change))

    async def _is_superseded(self, change: Change) -> bool:
        """Whether the document has changed again since; whoever did that tells of it."""
        collections: dict[str, Collection[Any, Any]] = {
            "project": self._store.projects,
            "task": self._store.tasks,
            "session": self._store.sessions,
        }
        try:
            current = await collections[_kind_of(change.entity)].get(change.entity.id)
        except NotFound:
            return change.kind is not ChangeKind.DELETED
        return change.kind is ChangeKind.DELETED or bool(current.revision > change.entity.revision)

    async def _event(self, change: Change) -> Event:
        entity, now = change.entity, self._context.now()
        if isinstance(entity, Project):
            return about_project(_PROJECT[change.kind], entity, now)
        if isinstance(entity, Task):
            return about_task(_TASK[change.kind], await with_sessions(self._store, entity), now)
        return about_session(_SESSION[change.kind], entity, now)


def _kind_of(entity: Project | Task | Session) -> str:
    return type(entity).__name__.lower()
