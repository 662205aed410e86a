"""How a task changes: pure functions from a task and a wish to the task as it then is."""

from typing import Any

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.ids import EVENT, new_id
from maestro_tui.domain.requests.tasks import UpdateTask
from maestro_tui.domain.status import TaskStatus
from maestro_tui.domain.task import Task, TimelineEntry

__all__ = [
    "SESSION_STARTED",
    "is_session_report",
    "require_values",
    "updated",
    "with_entry",
    "with_session_status",
]

BLOCKED = "blocked"
SESSION_STARTED = "session_started"
_KEEPS_REASON = frozenset({TaskStatus.BLOCKED, TaskStatus.CANCELLED})
_PLAIN_FIELDS = frozenset({"title", "priority", "parent_id", "team_member_id", "team_id"})
_EMPTY_WHEN_NULL = {"description": "", "initial_prompt": "", "skill_ids": (), "agent_ids": (), "dependencies": ()}


def require_values(changes: dict[str, Any], *names: str) -> None:
    """Raise Invalid when one of the fields, by its Python name, is given as null."""
    for name in names:
        if name in changes and changes[name] is None:
            raise Invalid.field(name, "must not be null; leave it out to keep it as it is")


def is_session_report(update: UpdateTask) -> bool:
    """Whether the update speaks for one session only. Raises Invalid when it does not say which, or what."""
    if update.update_source != "session":
        return False
    if update.session_id is None:
        raise Invalid.field("sessionId", "is required with updateSource 'session'")
    if update.session_status is None and update.status is None:
        raise Invalid.field("sessionStatus", "is required with updateSource 'session'")
    return True


def with_session_status(task: Task, update: UpdateTask) -> Task:
    """The task with that session's own status on it, and nothing else changed."""
    status = update.session_status or (update.status.value if update.status else None)
    return evolve(task, task_session_statuses=task.task_session_statuses | {str(update.session_id): status})


def updated(task: Task, update: UpdateTask, now: int, session_id: str | None = None) -> Task:
    """The task after a person's or an agent's update. session_id: whose agent asks, for the timeline."""
    changes = update.changes()
    require_values(changes, "title", "status", "priority")
    plain = {name: changes[name] for name in _PLAIN_FIELDS & changes.keys()}
    nullable = {
        name: changes[name] if changes[name] is not None else empty
        for name, empty in _EMPTY_WHEN_NULL.items()
        if name in changes
    }
    if "launch_config" in changes:
        plain["launch_config"] = update.launch_config.to_wire() if update.launch_config else None
    moved = _moved(evolve(task, **plain, **nullable), update.status or task.status, now)
    return _with_reason(moved, update, now, session_id) if "reason" in changes else moved


def with_entry(task: Task, entry: TimelineEntry) -> Task:
    """The task with one more thing said; said of a task that is blocked for no given reason, it is the reason.

    What was said already, by an earlier run of the same request, is not said twice.
    """
    if any(known.id == entry.id for known in task.timeline):
        return task
    explains = task.status is TaskStatus.BLOCKED and task.reason is None and entry.type != SESSION_STARTED
    reason = entry.message if explains else task.reason
    return evolve(task, timeline=(*task.timeline, entry), reason=reason)


def _moved(task: Task, status: TaskStatus, now: int) -> Task:
    """The task with its new status, the stamps that go with it, and no reason the status does not have."""
    if status is task.status:
        return task
    started = now if status is TaskStatus.IN_PROGRESS and task.started_at is None else task.started_at
    completed = now if status is TaskStatus.COMPLETED else None
    return evolve(task, status=status, started_at=started, completed_at=completed, reason=None)


def _with_reason(task: Task, update: UpdateTask, now: int, session_id: str | None) -> Task:
    if task.status not in _KEEPS_REASON:
        return task
    explained = evolve(task, reason=update.reason)
    if update.reason is None or task.status is not TaskStatus.BLOCKED or update.reason == task.reason:
        return explained
    entry = TimelineEntry(
        id=new_id(EVENT, now), type=BLOCKED, timestamp=now, message=update.reason, session_id=session_id
    )
    return evolve(explained, timeline=(*explained.timeline, entry))
