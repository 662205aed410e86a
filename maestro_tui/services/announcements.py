"""What is told about a change: documents turned into events."""

from typing import Any

from maestro_tui.domain.document import evolve
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Subtask, Task

__all__ = [
    "about_project",
    "about_session",
    "about_subtask",
    "about_task",
    "link_changed",
    "session_summary",
    "spawned",
]

TIMELINE_IN_EVENTS = 20


def about_project(name: EventName, project: Project, now: int) -> Event:
    """A project in an event; for a deletion its id alone."""
    data = {"id": project.id} if name is EventName.PROJECT_DELETED else project.to_wire()
    return Event(name, data, now, project_id=project.id)


def about_task(name: EventName, task: Task, now: int, data: dict[str, Any] | None = None) -> Event:
    """A task in an event; for a deletion its id alone. data: said instead, for notifications."""
    if data is None:
        data = {"id": task.id} if name is EventName.TASK_DELETED else task.to_wire()
    return Event(name, data, now, project_id=task.project_id, task_ids=(task.id,))


def about_subtask(name: EventName, task: Task, subtask: Subtask, now: int) -> Event:
    """A subtask in an event, beside its task's id; for a deletion both ids."""
    if name is EventName.SUBTASK_DELETED:
        return about_task(name, task, now, {"taskId": task.id, "subtaskId": subtask.id})
    return about_task(name, task, now, {"taskId": task.id, "subtask": subtask.to_wire()})


def about_session(name: EventName, session: Session, now: int, data: dict[str, Any] | None = None) -> Event:
    """A session in an event; for a deletion its id alone. data: said instead, for notifications."""
    if data is None:
        data = {"id": session.id} if name is EventName.SESSION_DELETED else session_summary(session)
    return Event(name, data, now, project_id=session.project_id, task_ids=session.task_ids, session_id=session.id)


def session_summary(session: Session) -> dict[str, Any]:
    """A session on the wire with no more than the last 20 entries of its timeline."""
    return evolve(session, timeline=session.timeline[-TIMELINE_IN_EVENTS:]).to_wire()


def link_changed(session: Session, task_id: str, now: int, *, added: bool) -> tuple[Event, Event]:
    """A task and a session came together or parted, told on both sides."""
    names = (
        (EventName.TASK_SESSION_ADDED, EventName.SESSION_TASK_ADDED)
        if added
        else (EventName.TASK_SESSION_REMOVED, EventName.SESSION_TASK_REMOVED)
    )
    data = {"taskId": task_id, "sessionId": session.id}
    first, second = (
        Event(name, data, now, project_id=session.project_id, task_ids=(task_id,), session_id=session.id)
        for name in names
    )
    return first, second


def spawned(session: Session, data: dict[str, Any], now: int) -> tuple[Event, Event]:
    """A request to start an agent, under both names clients listen to."""
    return (
        about_session(EventName.SESSION_SPAWN_REQUEST, session, now, data),
        about_session(EventName.SESSION_SPAWN, session, now, data),
    )
