"""Whether a spawn may be: the checks of the contract, in its order, each with a code of its own."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import NotFound, SpawnRefused
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.spawning import SpawnSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Task
from maestro_tui.services.context import Context
from maestro_tui.services.lineage import depth_below
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.spawn_dialects import as_assigned, as_member
from maestro_tui.services.spawn_policy import Ruling, SpawnLimits, SpawnWish, is_asked_by_person
from maestro_tui.services.spawn_request import SpawnRequest
from maestro_tui.services.team_members import TeamMembersService
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.skills.manifest import Skill

__all__ = ["CheckedSpawn", "LibraryOf", "SpawnChecks"]

LibraryOf = Callable[[Project], SkillLibrary]


@dataclass(frozen=True, slots=True)
class CheckedSpawn:
    """A spawn that may be.

    skill_ids: the names to keep; skills: everything the session is given. depth: how many
    sessions are above it. member: the team member its agent is, if any.
    """

    request: SpawnSession
    env: dict[str, str]
    project: Project
    tasks: Sequence[Task]
    parent: Session | None
    skill_ids: tuple[str, ...]
    skills: Sequence[Skill]
    depth: int
    ruling: Ruling
    member: TeamMember | None = None


class SpawnChecks:
    """Asks everything that has to be asked before a session is spawned.

    library_of: gives the skills of a project, its own included.
    """

    def __init__(self, context: Context, settings: Settings, limits: SpawnLimits, library_of: LibraryOf) -> None:
        self._context = context
        self._store = context.store
        self._settings = settings
        self._limits = limits
        self._library_of = library_of

    async def check(self, request: SpawnRequest) -> CheckedSpawn:
        """The spawn with all it refers to.

        Raises SpawnRefused with the code of the first check that fails, Forbidden for another's
        project or session, Invalid for a field no check has a code for.
        """
        project_id, task_ids, source = request.project_id, request.task_ids, request.spawn_source
        require_project(request.actor, project_id)
        parent = await self._parent(request)
        request, member = await self._as_member(await self._as_assigned(request))
        role = request.role
        tasks = [await self._task(task_id) for task_id in task_ids]
        project = await self._project(project_id)
        _require_one_project(tasks, project)
        library = await asyncio.to_thread(self._library_of, project)
        skill_ids = _skill_ids(request.skills, role, library)
        agent = request.agent(agent_profiles(self._settings)) or self._settings.agent
        settled, env = request.settled(agent=agent), request.env
        if settled.brief is not None:
            require_owner(request.actor, "write the brief of a session")
        depth = await depth_below(self._store, parent)
        by_person = is_asked_by_person(request.actor, source)
        wish = SpawnWish(project, role, parent.id if parent else None, depth, by_person)
        ruling = await self._limits.check(wish)
        skills = library.resolve(skill_ids, role)
        return CheckedSpawn(settled, env, project, tasks, parent, skill_ids, skills, depth, ruling, member)

    async def _as_assigned(self, request: SpawnRequest) -> SpawnRequest:
        """The request with what is noted of its first task; whether that exists is a check of its own."""
        with suppress(NotFound):
            task = await self._store.tasks.get(request.task_ids[0])
            project = await self._store.projects.get(request.project_id)
            return SpawnRequest(as_assigned(request.body, task, project), request.actor)
        return request

    async def _as_member(self, request: SpawnRequest) -> tuple[SpawnRequest, TeamMember | None]:
        """The request with what the team member it names brings, and that member."""
        if (member_id := request.team_member_id) is None:
            return request, None
        try:
            member = TeamMembersService.find(await self._project(request.project_id), member_id)
        except NotFound as error:
            raise SpawnRefused(
                "team_member_not_found",
                error.message,
                http_status=404,
                suggestion=error.suggestion,
                details={"teamMemberId": member_id},
            ) from None
        return SpawnRequest(as_member(request.body, member), request.actor), member

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


def _skill_ids(asked: Sequence[str], role: Role, library: SkillLibrary) -> tuple[str, ...]:
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
