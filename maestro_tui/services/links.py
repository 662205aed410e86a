"""Which session works on which task: stored on the session, told on both sides."""

from collections.abc import Callable, Iterable

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.services.announcements import about_session, link_changed
from maestro_tui.services.context import Context
from maestro_tui.services.editing import edit
from maestro_tui.store.base import SessionQuery

__all__ = ["Links", "link_events"]

TaskIds = tuple[str, ...]


class Links:
    """Joins and parts tasks and sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store

    async def check(self, session: Session, task_ids: Iterable[str], actor: Actor) -> None:
        """Raise unless the session may take these tasks on: NotFound, Forbidden, or BusinessRuleBroken
        for a task of another project."""
        for task_id in task_ids:
            task = await self._store.tasks.get(task_id)
            if task.project_id != session.project_id:
                raise BusinessRuleBroken(
                    f"Task '{task_id}' belongs to project '{task.project_id}', the session to"
                    f" '{session.project_id}'",
                    suggestion="maestro task list",
                )
            await self._context.permissions.require_task(task, actor)

    async def add(self, session_id: str, task_id: str) -> Session:
        """Let the session work on the task, which has been checked; twice is once."""
        return await self._change(session_id, lambda ids: ids if task_id in ids else (*ids, task_id))

    async def remove(self, session_id: str, task_id: str, *, revision: int | None = None) -> Session:
        """Let the session work on the task no longer. Raises Conflict when it is at another revision."""
        return await self._change(
            session_id, lambda ids: tuple(one for one in ids if one != task_id), revision=revision
        )

    async def replace_sessions(self, task: Task, session_ids: Iterable[str], actor: Actor) -> None:
        """Make exactly these the sessions of the task. Raises NotFound, Forbidden, BusinessRuleBroken."""
        wanted = [await self._store.sessions.get(session_id) for session_id in dict.fromkeys(session_ids)]
        current = (
            await self._store.sessions.find(SessionQuery(project_id=task.project_id, task_id=task.id))
        ).items
        for session in (*wanted, *current):
            await self._context.permissions.require_session(session, actor)
        for session in wanted:
            await self.check(session, (task.id,), actor)
        kept = {session.id for session in wanted}
        for session in current:
            if session.id not in kept:
                await self.remove(session.id, task.id)
        for session in wanted:
            await self.add(session.id, task.id)

    async def forget_task(self, task: Task) -> None:
        """Part a task that is about to go from all its sessions."""
        for session in (
            await self._store.sessions.find(SessionQuery(project_id=task.project_id, task_id=task.id))
        ).items:
            await self.remove(session.id, task.id)

    async def _change(
        self, session_id: str, change: Callable[[TaskIds], TaskIds], *, revision: int | None = None
    ) -> Session:
        def apply(session: Session) -> Session:
            return evolve(session, task_ids=change(session.task_ids))

        now = self._context.now()
        async with self._context.locks.exclusive("session", session_id):
            done = await edit(self._store.sessions, session_id, apply, now=now, revision=revision)
            if done.changed:
                updated = about_session(EventName.SESSION_UPDATED, done.after, now)
                await self._context.bus.publish(*link_events(done.before, done.after, now), updated)
        return done.after


def link_events(before: Session, after: Session, now: int) -> list[Event]:
    """What changed between the session's tasks, told on both sides."""
    gone = [one for one in before.task_ids if one not in after.task_ids]
    new = [one for one in after.task_ids if one not in before.task_ids]
    return [
        *(event for one in gone for event in link_changed(after, one, now, added=False)),
        *(event for one in new for event in link_changed(after, one, now, added=True)),
    ]
