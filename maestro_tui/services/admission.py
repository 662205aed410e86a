"""Letting a spawned session in: stored, counted, told, and its start requested once nothing is in its way."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, NotFound
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.ids import EVENT
from maestro_tui.domain.session import Approval, NeedsInput, Session
from maestro_tui.domain.status import ApprovalState, SessionStatus
from maestro_tui.domain.task import Task, TimelineEntry
from maestro_tui.pane_variables import pane_variables
from maestro_tui.services.announcements import about_session, link_changed, session_summary, spawned
from maestro_tui.services.attempts import made_id
from maestro_tui.services.context import Context
from maestro_tui.services.session_notices import notices
from maestro_tui.services.spawn_files import read_files
from maestro_tui.services.spawn_rate import SpawnRate
from maestro_tui.services.spawn_tally import count_accepted
from maestro_tui.services.task_rules import SESSION_STARTED
from maestro_tui.services.tasks import TaskService

__all__ = ["Admission", "awaiting_approval"]


def awaiting_approval(session: Session, asker: str) -> Session:
    """The session as one that a person is asked about. asker: who wants it started, in words."""
    now = session.created_at
    question = f"{asker} wants to start {session.name} as {session.role.value}: approve or deny it"
    return evolve(
        session,
        approval=Approval(state=ApprovalState.PENDING, requested_at=now),
        needs_input=NeedsInput(active=True, message=question, since=now),
    )


class Admission:
    """The last step of every spawn, whichever way it came about."""

    def __init__(self, context: Context, tasks: TaskService, rate: SpawnRate) -> None:
        self._context = context
        self._tasks = tasks
        self._rate = rate

    async def admit(self, session: Session, manifest: dict[str, Any]) -> Session:
        """Store the session and ask the runners, or first a person, to start it.

        Its files are written by now. Hold the project's lock.
        """
        session = await self._context.store.sessions.add(session)
        self._rate.count(session)
        count_accepted()
        created = about_session(EventName.SESSION_CREATED, session, session.created_at)
        await self._context.bus.publish(created, *_links(session))
        if session.awaits_approval:
            await self._ask_person(session)
        else:
            await self.request(session, manifest)
        return session

    async def resume(self, session: Session, directory: Path) -> Session:
        """An earlier run of this keyed request stored the session and was cut off: say and note what it may not
        have come to; twice does no harm. directory: where the session's files are.

        Runners of ours look for sessions that wait to be started; others know of the request alone.
        """
        await self._context.bus.publish(*_links(session))
        if session.awaits_approval:
            await self._ask_person(session)
        elif session.status is SessionStatus.SPAWNING:
            with suppress(BusinessRuleBroken):  # without its brief there is nothing to start
                await self.request(session, (await read_files(directory)).manifest)
        elif session.fence:  # it was claimed meanwhile
            await self._note_start(session)
        return session

    async def request(self, session: Session, manifest: dict[str, Any]) -> None:
        """Note the start on the session's tasks and ask the runners for it. Hold no document's lock."""
        await self._note_start(session)
        data = _request_data(session, manifest)
        await self._context.bus.publish(*spawned(session, data, self._context.now()))

    async def _ask_person(self, session: Session) -> None:
        unasked = evolve(session, needs_input=NeedsInput())
        await self._context.bus.publish(*notices(unasked, session, session.created_at))

    async def _note_start(self, session: Session) -> None:
        entries = [(task_id, _started(session, self._context.now())) for task_id in session.task_ids]
        for task_id, entry in entries:
            with suppress(NotFound):  # deleted while a person made up their mind
                if not _knows(await self._context.store.tasks.get(task_id), session):
                    await self._tasks.add_entry(task_id, entry)


def _knows(task: Task, session: Session) -> bool:
    """Whether the task's timeline says that the session was started."""
    return any(entry.type == SESSION_STARTED and entry.session_id == session.id for entry in task.timeline)


def _links(session: Session) -> list[Event]:
    now = session.created_at
    return [event for one in session.task_ids for event in link_changed(session, one, now, added=True)]


def _started(session: Session, now: int) -> TimelineEntry:
    return TimelineEntry(
        id=made_id(EVENT, now),
        type=SESSION_STARTED,
        timestamp=now,
        message=f"{session.name} was started as {session.role.value}",
        session_id=session.id,
    )


def _request_data(session: Session, manifest: dict[str, Any]) -> dict[str, Any]:
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
        "envVars": session.env | pane_variables(session, task_title=_first_title(manifest)),
        "manifest": manifest,
        "manifestPath": session.manifest_path,
        "spawnSource": session.spawn_source,
        "parentSessionId": session.parent_session_id,
        "rootSessionId": session.root_session_id,
    }


def _first_title(manifest: dict[str, Any]) -> str:
    """The title of the session's first task, as far as a manifest that a person may have edited says it."""
    tasks = manifest.get("tasks")
    first = tasks[0] if isinstance(tasks, list) and tasks else None
    return str(first.get("title", "")) if isinstance(first, dict) else ""
