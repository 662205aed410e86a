"""Tasks, the subtasks inside them, and what was said about them over time."""

from typing import Any

from pydantic import Field

from maestro_tui.domain.document import Document, Part
from maestro_tui.domain.status import Priority, TaskStatus

__all__ = ["Subtask", "Task", "TimelineEntry"]


class TimelineEntry(Part):
    """One thing that happened. type: `progress`, `blocked`, `session_started`, … any word."""

    id: str
    type: str = "progress"
    timestamp: int
    message: str = ""
    session_id: str | None = None


class Subtask(Part):
    """A step of a task. order: its place among its siblings, from 0."""

    id: str
    task_id: str
    title: str
    description: str = ""
    completed: bool = False
    order: int = 0
    created_at: int
    updated_at: int
    completed_at: int | None = None


class Task(Document):
    """A piece of work, with its subtasks inside.

    session_ids: derived from the sessions when a task leaves the services; stores keep none.
    task_session_statuses: what each session says of this task, by session id.
    reason: why the task is blocked, or why it was given up.
    created_by: the session whose agent made the task; None when a person did.
    team_member_id, team_id: who shall do it; a spawn that names nobody takes the member, or the team's leader.
    launch_config: `provider` and `model` for spawns that name none.
    """

    project_id: str
    parent_id: str | None = None
    title: str
    description: str = ""
    status: TaskStatus = TaskStatus.TODO
    priority: Priority = Priority.MEDIUM
    reason: str | None = None
    created_by: str | None = None
    started_at: int | None = None
    completed_at: int | None = None
    initial_prompt: str = ""
    subtasks: tuple[Subtask, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    session_ids: tuple[str, ...] = ()
    skill_ids: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    team_member_id: str | None = None
    team_id: str | None = None
    launch_config: dict[str, Any] | None = None
    task_session_statuses: dict[str, Any] = Field(default_factory=dict)
