"""From "somebody wants an agent on these tasks" to a spawning session that runners can claim."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from maestro_tui.config.settings import Settings
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.events import EventName
from maestro_tui.domain.ids import EVENT, SESSION, new_id
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role, SessionStatus
from maestro_tui.domain.task import Task, TimelineEntry
from maestro_tui.environment import pane_variables
from maestro_tui.paths import Home
from maestro_tui.services.announcements import about_session, link_changed, session_summary, spawned
from maestro_tui.services.context import Context
from maestro_tui.services.hierarchy import ancestors
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.once import made_before
from maestro_tui.services.spawn_checks import CheckedSpawn, LibraryOf, SpawnChecks
from maestro_tui.services.spawn_files import MANIFEST_FILE, Briefing, read_manifest, write_files
from maestro_tui.services.spawn_policy import SpawnLimits
from maestro_tui.services.spawn_request import SpawnRequest
from maestro_tui.services.task_rules import SESSION_STARTED
from maestro_tui.services.tasks import TaskService
from maestro_tui.skills.prompt import format_brief

__all__ = ["SpawnService"]

LONGEST_NAME = 200


class SpawnService:
    """Spawns. library_of gives the skills of a project, its own included."""

    def __init__(
        self, context: Context, tasks: TaskService, settings: Settings, home: Home, library_of: LibraryOf
    ) -> None:
        self._context = context
        self._store = context.store
        self._tasks = tasks
        self._policy = settings.spawn
        self._home = home
        self._limits = SpawnLimits(context.store, settings.spawn, context.now)
        self._checks = SpawnChecks(context, settings, self._limits, library_of)

    @uninterrupted
    async def spawn(self, body: dict[str, Any], actor: Actor) -> Session:
        """Store a spawning session, brief it and ask the runners to start its agent.

        body: the JSON object as sent, in any of the spellings in use. Raises SpawnRefused with
        the code of the first check that fails, Forbidden, Invalid, and Unavailable when the
        session's files cannot be written; nothing is stored then. A request that has made a
        session before a crash goes on where it ended.
        """
        request = SpawnRequest(body, actor)
        async with self._context.locks.exclusive("project", request.project_id):
            if (made := await made_before(self._store.sessions, actor)) is not None:
                return await self._go_on(made)
            checked = await self._checks.check(request)
            briefing = await self._briefing(self._session(checked, actor), checked)
            manifest = await asyncio.to_thread(self._write_files, briefing)
            session = await self._store.sessions.add(briefing.session)
            self._limits.count(session.project_id)
            now = session.created_at
            await self._context.bus.publish(about_session(EventName.SESSION_CREATED, session, now))
            await self._link(session, briefing.tasks)
            await self._ask_runners(session, briefing.tasks, manifest)
        return session

    async def _go_on(self, session: Session) -> Session:
        """Do again what a crash may have kept from being done; twice does no harm."""
        tasks = await self._existing(session.task_ids)
        await self._link(session, tasks)
        if session.status is SessionStatus.SPAWNING:
            manifest = await asyncio.to_thread(read_manifest, self._home.session(session.id))
            await self._ask_runners(session, tasks, manifest)
        return session

    def _session(self, checked: CheckedSpawn, actor: Actor) -> Session:
        request, parent, now = checked.request, checked.parent, self._context.now()
        session_id = new_id(SESSION, now)
        return Session(
            id=session_id,
            created_at=now,
            updated_at=now,
            request=actor.request,
            started_at=now,
            last_activity=now,
            project_id=request.project_id,
            task_ids=request.task_ids,
            name=request.name or checked.tasks[0].title[:LONGEST_NAME],
            agent=request.agent,
            model=request.model,
            role=Role(request.role),
            parent_session_id=parent.id if parent else None,
            root_session_id=(parent.root_session_id or parent.id) if parent else session_id,
            spawn_source=request.spawn_source,
            skill_ids=checked.skill_ids,
            env=checked.env,
            cwd=request.cwd or checked.project.working_dir,
            manifest_path=str(self._home.session(session_id) / MANIFEST_FILE),
            metadata={"spawnReason": request.reason} if request.reason else {},
        )

    async def _briefing(self, session: Session, checked: CheckedSpawn) -> Briefing:
        own = {task.id for task in checked.tasks}
        lines = [reversed(await ancestors(self._store, task)) for task in checked.tasks]
        above = {task.id: task for line in lines for task in line if task.id not in own}
        before = dict.fromkeys(one for task in checked.tasks for one in task.dependencies)
        return Briefing(
            session=session,
            request=checked.request,
            project=checked.project,
            tasks=checked.tasks,
            parents=list(above.values()),
            dependencies=await self._existing(before),
            skills=checked.skills,
        )

    async def _existing(self, task_ids: Iterable[str]) -> Sequence[Task]:
        found = []
        for task_id in task_ids:
            with suppress(NotFound):
                found.append(await self._store.tasks.get(task_id))
        return found

    def _write_files(self, briefing: Briefing) -> dict[str, Any]:
        brief = format_brief(
            session=briefing.session,
            project=briefing.project,
            tasks=briefing.tasks,
            parents=briefing.parents,
            dependencies=briefing.dependencies,
            skills=briefing.skills,
            context=briefing.request.context,
            reason=briefing.request.reason,
            policy=self._policy,
        )
        return write_files(self._home.session(briefing.session.id), briefing, brief)

    async def _link(self, session: Session, tasks: Sequence[Task]) -> None:
        """Tell of the links on both sides, and write into the timelines of tasks that do not know yet."""
        now = self._context.now()
        links = [event for one in session.task_ids for event in link_changed(session, one, now, added=True)]
        await self._context.bus.publish(*links)
        for task in tasks:
            if not _knows(task, session):
                await self._tasks.add_entry(task.id, _started(session))

    async def _ask_runners(self, session: Session, tasks: Sequence[Task], manifest: dict[str, Any]) -> None:
        data = _request_data(session, tasks[0].title if tasks else session.name, manifest)
        await self._context.bus.publish(*spawned(session, data, self._context.now()))


def _knows(task: Task, session: Session) -> bool:
    """Whether the task's timeline tells that the session was started."""
    return any(entry.type == SESSION_STARTED and entry.session_id == session.id for entry in task.timeline)


def _started(session: Session) -> TimelineEntry:
    return TimelineEntry(
        id=new_id(EVENT, session.created_at),
        type=SESSION_STARTED,
        timestamp=session.created_at,
        message=f"{session.name} was started as {session.role.value}",
        session_id=session.id,
    )


def _request_data(session: Session, task_title: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What runners are sent; a runner that is not ours can start `command args` as it stands."""
    return {
        "session": session_summary(session),
        "sessionId": session.id,
        "projectId": session.project_id,
        "taskIds": list(session.task_ids),
        "name": session.name,
        "skill": session.skill_ids[0] if session.skill_ids else None,
        "skillIds": list(session.skill_ids),
        "role": session.role.value,
        "command": "maestro",
        "args": [session.role.value, "init"],
        "cwd": session.cwd,
        "envVars": session.env | _variables(session, task_title),
        "manifest": manifest,
        "manifestPath": session.manifest_path,
        "spawnSource": session.spawn_source,
        "parentSessionId": session.parent_session_id,
        "rootSessionId": session.root_session_id,
    }


def _variables(session: Session, task_title: str) -> dict[str, str]:
    """The pane's variables without the address and the token, which only the winner of the claim is given."""
    return pane_variables(
        api_url="",
        token="",
        project_id=session.project_id,
        session_id=session.id,
        task_ids=session.task_ids,
        task_title=task_title,
        skill_ids=session.skill_ids,
        role=session.role.value,
        manifest_path=session.manifest_path or "",
        parent_session_id=session.parent_session_id,
        root_session_id=session.root_session_id,
    )
