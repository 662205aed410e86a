"""From "somebody wants an agent on these tasks" to a spawning session that runners can claim."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import Settings
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import NotFound, SpawnRefused
from maestro_tui.domain.events import EventName
from maestro_tui.domain.ids import EVENT, SESSION, new_id
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests import SpawnSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Task, TimelineEntry
from maestro_tui.environment import pane_variables
from maestro_tui.paths import Home
from maestro_tui.services.announcements import about_session, link_changed, session_summary, spawned
from maestro_tui.services.context import Context
from maestro_tui.services.hierarchy import ancestors
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.permissions import require_project
from maestro_tui.services.spawn_files import MANIFEST_FILE, Briefing, write_files
from maestro_tui.services.spawn_policy import SpawnLimits
from maestro_tui.services.spawn_request import SpawnRequest
from maestro_tui.services.task_rules import SESSION_STARTED
from maestro_tui.services.tasks import TaskService
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.skills.prompt import format_brief

__all__ = ["LibraryOf", "SpawnService"]

LibraryOf = Callable[[Project], SkillLibrary]
LONGEST_NAME = 200


class SpawnService:
    """Spawns. library_of gives the skills of a project, its own included."""

    def __init__(
        self, context: Context, tasks: TaskService, settings: Settings, home: Home, library_of: LibraryOf
    ) -> None:
        self._context = context
        self._store = context.store
        self._tasks = tasks
        self._settings = settings
        self._home = home
        self._library_of = library_of
        self._limits = SpawnLimits(context.store, settings.spawn, context.now)

    @uninterrupted
    async def spawn(self, body: dict[str, Any], actor: Actor) -> Session:
        """Store a spawning session, brief it and ask the runners to start its agent.

        body: the JSON object as sent, in any of the spellings in use. Raises SpawnRefused with
        the code of the first check that fails, Forbidden, Invalid; nothing is stored then.
        """
        request = SpawnRequest(body, actor)
        async with self._context.locks.exclusive("project", request.project_id):
            briefing = await self._checked(request)
            manifest = await asyncio.to_thread(self._write_files, briefing)
            session = await self._store.sessions.add(briefing.session)
            self._limits.count(session.project_id)
            await self._announce(session, briefing, manifest)
        return session

    async def _checked(self, request: SpawnRequest) -> Briefing:
        """Everything the session will be told, once every check has passed, in the contract's order."""
        project_id, task_ids, _ = request.project_id, request.task_ids, request.spawn_source
        require_project(request.actor, project_id)
        parent = await self._parent(request)
        role = request.role
        tasks = [await self._task(task_id) for task_id in task_ids]
        project = await self._project(project_id)
        _require_one_project(tasks, project)
        library = await asyncio.to_thread(self._library_of, project)
        names = _skill_names(request.skills, role, library)
        agent = request.agent(agent_profiles(self._settings)) or self._settings.agent
        settled, env = request.settled(agent=agent), request.env
        await self._limits.check(project_id, parent)
        return Briefing(
            session=self._session(settled, env, names, parent, project, tasks),
            request=settled,
            project=project,
            tasks=tasks,
            parents=await self._above(tasks),
            dependencies=await self._before(tasks),
            skills=library.resolve(names, role),
        )

    async def _parent(self, request: SpawnRequest) -> Session | None:
        parent_id = request.parent_session_id
        if parent_id is None:
            return None
        with suppress(NotFound):
            parent = await self._store.sessions.get(parent_id)
            if parent.project_id == request.project_id:
                await self._context.permissions.require_session(parent, request.actor)
                return parent
        raise SpawnRefused(
            "parent_session_not_found",
            f"Project '{request.project_id}' has no session '{parent_id}' to spawn from",
            http_status=404,
            suggestion="maestro session list",
            details={"sessionId": parent_id},
        )

    async def _task(self, task_id: str) -> Task:
        try:
            return await self._store.tasks.get(task_id)
        except NotFound as error:
            raise _task_not_found(error.message, task_id) from None

    async def _project(self, project_id: str) -> Project:
        try:
            return await self._store.projects.get(project_id)
        except NotFound as error:
            raise SpawnRefused(
                "project_not_found",
                error.message,
                http_status=404,
                suggestion="maestro project list",
                details={"projectId": project_id},
            ) from None

    def _session(
        self,
        request: SpawnSession,
        env: dict[str, str],
        skills: Sequence[str],
        parent: Session | None,
        project: Project,
        tasks: Sequence[Task],
    ) -> Session:
        now = self._context.now()
        session_id = new_id(SESSION, now)
        return Session(
            id=session_id,
            created_at=now,
            updated_at=now,
            started_at=now,
            last_activity=now,
            project_id=project.id,
            task_ids=request.task_ids,
            name=request.name or tasks[0].title[:LONGEST_NAME],
            agent=request.agent,
            model=request.model,
            role=Role(request.role),
            parent_session_id=parent.id if parent else None,
            root_session_id=(parent.root_session_id or parent.id) if parent else session_id,
            spawn_source=request.spawn_source,
            skill_ids=tuple(skills),
            env=env,
            cwd=request.cwd or project.working_dir,
            manifest_path=str(self._home.session(session_id) / MANIFEST_FILE),
            metadata={"spawnReason": request.reason} if request.reason else {},
        )

    async def _above(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks above these, outermost first, each once."""
        above = {task.id: task for one in tasks for task in reversed(await ancestors(self._store, one))}
        return [task for task in above.values() if task.id not in {one.id for one in tasks}]

    async def _before(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks these depend on, as far as they exist, each once."""
        found: dict[str, Task] = {}
        for dependency in dict.fromkeys(one for task in tasks for one in task.dependencies):
            with suppress(NotFound):
                found[dependency] = await self._store.tasks.get(dependency)
        return list(found.values())

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
            policy=self._settings.spawn,
        )
        return write_files(self._home.session(briefing.session.id), briefing, brief)

    async def _announce(self, session: Session, briefing: Briefing, manifest: dict[str, Any]) -> None:
        now = session.created_at
        links = [event for one in session.task_ids for event in link_changed(session, one, now, added=True)]
        await self._context.bus.publish(about_session(EventName.SESSION_CREATED, session, now), *links)
        for task_id in session.task_ids:
            await self._tasks.add_entry(task_id, _started(session))
        data = _request_data(session, briefing, manifest)
        await self._context.bus.publish(*spawned(session, data, self._context.now()))


def _task_not_found(message: str, task_id: str) -> SpawnRefused:
    return SpawnRefused(
        "task_not_found",
        message,
        http_status=404,
        suggestion="maestro task list",
        details={"taskId": task_id},
    )


def _require_one_project(tasks: Sequence[Task], project: Project) -> None:
    for task in tasks:
        if task.project_id != project.id:
            raise _task_not_found(f"Project '{project.id}' has no task '{task.id}'", task.id)


def _skill_names(asked: Sequence[str], role: Role, library: SkillLibrary) -> tuple[str, ...]:
    """The names asked for, all of them known; without any, the role's own skill where there is one."""
    known = {skill.name for skill in library.all()}
    for name in asked:
        if name not in known:
            raise SpawnRefused(
                "skill_not_found",
                f"Skill '{name}' not found; there are {', '.join(sorted(known)) or 'none'}",
                http_status=404,
                suggestion="maestro skill list",
                details={"skill": name},
            )
    own = f"maestro-{role.value}"
    return tuple(asked) or ((own,) if own in known else ())


def _started(session: Session) -> TimelineEntry:
    return TimelineEntry(
        id=new_id(EVENT, session.created_at),
        type=SESSION_STARTED,
        timestamp=session.created_at,
        message=f"{session.name} was started as {session.role.value}",
        session_id=session.id,
    )


def _request_data(session: Session, briefing: Briefing, manifest: dict[str, Any]) -> dict[str, Any]:
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
        "envVars": session.env | _variables(session, briefing.tasks[0].title),
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
