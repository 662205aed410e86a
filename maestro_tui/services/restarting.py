"""Another try at a session that has ended: the same brief for a new session."""

import asyncio
from contextlib import suppress

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import NotFound, SpawnRefused
from maestro_tui.domain.ids import SESSION
from maestro_tui.domain.requests.spawning import RestartSession
from maestro_tui.domain.session import Session
from maestro_tui.paths import Home
from maestro_tui.services.admission import Admission, awaiting_approval
from maestro_tui.services.attempts import already_made, made_id
from maestro_tui.services.context import Context
from maestro_tui.services.lineage import depth_below
from maestro_tui.services.locks import SPAWNING, uninterrupted
from maestro_tui.services.restart_rules import (
    quick_ends,
    require_patience,
    require_restartable,
    require_resumable,
)
from maestro_tui.services.spawn_files import MANIFEST_FILE, read_files, write_again
from maestro_tui.services.spawn_policy import SpawnLimits, SpawnWish, is_asked_by_person
from maestro_tui.services.spawn_tally import counting_refusals
from maestro_tui.store.base import SessionQuery
from maestro_tui.telemetry.tracing import carried

__all__ = ["RestartService"]


class RestartService:
    """Restarts, within policy."""

    def __init__(self, context: Context, limits: SpawnLimits, admission: Admission, home: Home) -> None:
        self._context = context
        self._store = context.store
        self._limits = limits
        self._admission = admission
        self._home = home

    @uninterrupted
    async def restart(self, session_id: str, body: RestartSession, actor: Actor) -> Session:
        """A new spawning session with the brief, tasks, skills, agent and parent of one that has ended.

        The owner may ask for it, and the agents of the sessions above. Raises NotFound,
        Forbidden, Conflict while the session is live or when it was started again already,
        BusinessRuleBroken when it has no brief or no conversation to
        resume, SpawnRefused by policy and when it ended at
        once too often to be started again by now.
        """
        session = await self._store.sessions.get(session_id)
        await self._context.permissions.require_session(session, actor)
        if body.resume:
            require_resumable(session)
        locks = self._context.locks
        new_session_id = made_id(SESSION, self._context.now())
        async with locks.shared(*SPAWNING), locks.exclusive("project", session.project_id):
            if (made := await already_made(self._store.sessions, new_session_id)) is not None:
                return await self._admission.resume(made, self._home.session(made.id))
            session = await self._store.sessions.get(session_id)
            require_restartable(session, await self._successor(session))
            written = await read_files(self._home.session(session.id))
            task_ids = await self._tasks_left(session)
            require_patience(session, self._context.now())
            source = body.spawn_source or ("cli" if actor.is_owner else "session")
            again = await self._again(new_session_id, session, task_ids, source, actor)
            if body.resume:
                again = evolve(again, conversation_id=session.conversation_id, resumes=True)
            manifest = await asyncio.to_thread(
                write_again, self._home.session(again.id), written, session.id, again.id
            )
            return await self._admission.admit(again, manifest)

    async def _again(
        self, session_id: str, session: Session, task_ids: tuple[str, ...], source: str, actor: Actor
    ) -> Session:
        """The new session. Raises SpawnRefused by policy."""
        depth = session.depth if session.depth is not None else await self._depth(session)
        project = await self._store.projects.get(session.project_id)
        by_person = is_asked_by_person(actor, source)
        wish = SpawnWish(project, session.role, session.parent_session_id, depth, by_person)
        with counting_refusals():
            ruling = await self._limits.check(wish)
        now = self._context.now()
        again = Session(
            id=session_id,
            created_at=now,
            updated_at=now,
            started_at=now,
            last_activity=now,
            project_id=session.project_id,
            task_ids=task_ids,
            name=session.name,
            agent=session.agent,
            model=session.model,
            role=session.role,
            parent_session_id=session.parent_session_id,
            root_session_id=session.root_session_id if session.parent_session_id else session_id,
            depth=depth,
            restart_of=session.id,
            quick_ends=quick_ends(session),
            spawn_source=source,
            skill_ids=session.skill_ids,
            team_member_id=session.team_member_id,
            permissions=session.permissions,
            env=session.env,
            cwd=session.cwd,
            manifest_path=str(self._home.session(session_id) / MANIFEST_FILE),
            metadata=carried(session.metadata),
        )
        return awaiting_approval(again, "A session") if ruling.needs_approval else again

    async def _depth(self, session: Session) -> int:
        with suppress(NotFound):
            if session.parent_session_id is not None:
                return await depth_below(self._store, await self._store.sessions.get(session.parent_session_id))
        return 0

    async def _successor(self, session: Session) -> Session | None:
        """The session that was started for this one already."""
        all_of_project = await self._store.sessions.find(SessionQuery(project_id=session.project_id))
        return next((one for one in all_of_project.items if one.restart_of == session.id), None)

    async def _tasks_left(self, session: Session) -> tuple[str, ...]:
        """Those of its tasks that still exist. Raises SpawnRefused (404) when none of them does."""
        left = []
        for task_id in session.task_ids:
            with suppress(NotFound):
                left.append((await self._store.tasks.get(task_id)).id)
        if not left:
            raise SpawnRefused(
                "task_not_found",
                f"None of the tasks of session '{session.id}' exists any more",
                http_status=404,
                suggestion="maestro task list",
                details={"sessionId": session.id},
            )
        return tuple(left)
