"""What somebody may do.

The owner may do everything. A session's agent may read its own project, write its own tasks
and its own sessions, and spawn within policy. Its own sessions are itself and whatever was
spawned below it; its own tasks are those its sessions work on or created, and all tasks
below them.
"""

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import Forbidden
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.services.hierarchy import ancestors
from maestro_tui.store.base import SessionQuery, Store

__all__ = ["Permissions", "require_owner", "require_project"]


def require_owner(actor: Actor, action: str) -> None:
    """Raise Forbidden unless the owner asks. action: what was tried, as in `delete a project`."""
    if not actor.is_owner:
        raise Forbidden(
            f"A session may not {action}; only the owner may", suggestion="Ask the person to do it in the cockpit."
        )


def require_project(actor: Actor, project_id: str) -> None:
    """Raise Forbidden unless the actor may see into the project."""
    if not actor.is_owner and actor.project_id != project_id:
        raise Forbidden(
            f"Session '{actor.session_id}' belongs to project '{actor.project_id}' and may not reach into"
            f" '{project_id}'",
            suggestion="maestro task list",
        )


class Permissions:
    """Questions about a session's own tasks and sessions, which take a look at the documents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def require_task(self, task: Task, actor: Actor) -> None:
        """Raise Forbidden unless the actor may write the task."""
        require_project(actor, task.project_id)
        if not actor.is_owner and not await self._owns_task(task, actor):
            raise Forbidden(
                f"Task '{task.id}' is not one of session '{actor.session_id}'",
                suggestion="maestro whoami",
                details={"taskId": task.id, "sessionId": actor.session_id},
            )

    async def require_session(self, session: Session, actor: Actor) -> None:
        """Raise Forbidden unless the actor may write the session: itself, or one spawned below it."""
        require_project(actor, session.project_id)
        if not actor.is_owner and session.id not in await self._own_sessions(actor):
            raise Forbidden(
                f"Session '{session.id}' is not '{actor.session_id}' nor was it spawned by it",
                suggestion="maestro session list --children",
                details={"sessionId": session.id},
            )

    async def _owns_task(self, task: Task, actor: Actor) -> bool:
        sessions = await self._own_sessions(actor)
        worked_on = {task_id for session in sessions.values() for task_id in session.task_ids}
        for ancestor in (task, *await ancestors(self._store, task)):
            if ancestor.id in worked_on or ancestor.created_by in sessions:
                return True
        return False

    async def _own_sessions(self, actor: Actor) -> dict[str, Session]:
        me = await self._store.sessions.get(str(actor.session_id))
        root = me.root_session_id or me.id
        family = (await self._store.sessions.find(SessionQuery(root_session_id=root))).items
        own, below = {me.id: me}, [me.id]
        while below:
            parent_id = below.pop()
            spawned = [one for one in family if one.parent_session_id == parent_id and one.id not in own]
            own |= {one.id: one for one in spawned}
            below += [one.id for one in spawned]
        return own
