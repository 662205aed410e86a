"""From "somebody wants an agent on these tasks" to a spawning session that runners can claim."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from maestro_tui.config.settings import SpawnPolicy
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.ids import SESSION, new_id
from maestro_tui.domain.names import free_name
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Task
from maestro_tui.paths import Home
from maestro_tui.services.admission import Admission, awaiting_approval
from maestro_tui.services.attempts import already_made, made_id
from maestro_tui.services.context import Context
from maestro_tui.services.hierarchy import ancestors
from maestro_tui.services.locks import SPAWNING, uninterrupted
from maestro_tui.services.permissions import require_project
from maestro_tui.services.spawn_checks import CheckedSpawn, SpawnChecks
from maestro_tui.services.spawn_dialects import permissions_of, translated
from maestro_tui.services.spawn_files import MANIFEST_FILE, OWN_ID, read_files, write_files
from maestro_tui.services.spawn_manifest import Briefing
from maestro_tui.services.spawn_request import SpawnRequest
from maestro_tui.services.spawn_tally import counting_refusals
from maestro_tui.skills.prompt import format_brief
from maestro_tui.store.base import SessionQuery
from maestro_tui.telemetry.tracing import carried, span

__all__ = ["SpawnService"]

LONGEST_NAME = 200


class SpawnService:
    """Spawns, within policy."""

    def __init__(self, context: Context, checks: SpawnChecks, admission: Admission, home: Home) -> None:
        self._context = context
        self._store = context.store
        self._checks = checks
        self._admission = admission
        self._home = home

    @uninterrupted
    async def spawn(self, body: dict[str, Any], actor: Actor) -> Session:
        """Store a spawning session, brief it and ask the runners, or first a person, to start its agent.

        body: the JSON object as sent, in any of the spellings in use. Raises SpawnRefused with
        the code of the first check that fails, Forbidden, Invalid, and Unavailable when the
        session's files cannot be written; nothing is stored then.
        """
        request = SpawnRequest(translated(body), actor)
        locks = self._context.locks
        session_id = made_id(SESSION, self._context.now())
        async with locks.shared(*SPAWNING), locks.exclusive("project", request.project_id):
            if (made := await already_made(self._store.sessions, session_id)) is not None:
                return await self._admission.resume(made, self._home.session(made.id))
            with span("spawn.check"), counting_refusals():
                checked = await self._checks.check(request)
            session = await self._session(session_id, checked)
            with span("spawn.brief", maestro__session_id=session_id):
                briefing = await self._briefing(session, checked)
                manifest = await asyncio.to_thread(self._write_files, briefing, checked.ruling.policy.rules)
            with span("spawn.admit", maestro__session_id=session_id):
                return await self._admission.admit(briefing.session, manifest)

    async def preview(self, body: dict[str, Any], actor: Actor) -> str:
        """The brief that a spawn with this body would be given; nothing is stored.

        `{session_id}` stands in it for the id that is not there yet. Raises as `spawn` does.
        """
        checked = await self._checks.check(SpawnRequest(translated(body), actor))
        session = await self._session(new_id(SESSION, self._context.now()), checked)
        brief = _brief(await self._briefing(session, checked), checked.ruling.policy.rules)
        return brief.replace(session.id, OWN_ID)

    async def brief(self, session_id: str, actor: Actor) -> str:
        """What a session was told at its start. Raises NotFound, Forbidden, BusinessRuleBroken when it is gone."""
        session = await self._store.sessions.get(session_id)
        require_project(actor, session.project_id)
        return (await read_files(self._home.session(session.id))).brief

    async def _session(self, session_id: str, checked: CheckedSpawn) -> Session:
        request, parent, now = checked.request, checked.parent, self._context.now()
        session = Session(
            id=session_id,
            created_at=now,
            updated_at=now,
            started_at=now,
            last_activity=now,
            project_id=request.project_id,
            task_ids=request.task_ids,
            name=request.name or await self._free_name(checked.tasks[0]),
            agent=request.agent,
            model=request.model,
            role=Role(request.role),
            parent_session_id=parent.id if parent else None,
            root_session_id=(parent.root_session_id or parent.id) if parent else session_id,
            depth=checked.depth,
            spawn_source=request.spawn_source,
            skill_ids=checked.skill_ids,
            team_member_id=checked.member.id if checked.member else None,
            permissions=permissions_of(checked.member),
            env=checked.env,
            cwd=request.cwd or checked.project.working_dir,
            manifest_path=str(self._home.session(session_id) / MANIFEST_FILE),
            metadata=carried({"spawnReason": request.reason} if request.reason else {}),
        )
        return awaiting_approval(session, _asker(parent)) if checked.ruling.needs_approval else session

    async def _free_name(self, task: Task) -> str:
        """The task's title, with a number where a session on it, or a live one of the project, is called so."""
        on_it = (await self._store.sessions.find(SessionQuery(task_id=task.id))).items
        live = (await self._store.sessions.find(SessionQuery(project_id=task.project_id, live=True))).items
        return free_name(task.title, {one.name for one in (*on_it, *live)}, LONGEST_NAME)

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
            member=checked.member,
        )

    async def _existing(self, task_ids: Iterable[str]) -> Sequence[Task]:
        found = []
        for task_id in task_ids:
            with suppress(NotFound):
                found.append(await self._store.tasks.get(task_id))
        return found

    def _write_files(self, briefing: Briefing, policy: SpawnPolicy) -> dict[str, Any]:
        return write_files(self._home.session(briefing.session.id), briefing, _brief(briefing, policy))


def _brief(briefing: Briefing, policy: SpawnPolicy) -> str:
    """The text a person wrote for it, or else ours."""
    session, request = briefing.session, briefing.request
    if request.brief is not None:
        return request.brief.replace(OWN_ID, session.id)
    return format_brief(
        session=session,
        project=briefing.project,
        tasks=briefing.tasks,
        parents=briefing.parents,
        dependencies=briefing.dependencies,
        skills=briefing.skills,
        context=request.context,
        reason=request.reason,
        policy=policy,
        member=briefing.member,
    )


def _asker(parent: Session | None) -> str:
    return parent.name if parent else "A session"
