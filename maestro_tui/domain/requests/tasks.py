"""Bodies about tasks, and about what lies in a task: its subtasks and its timeline."""

from typing import Annotated, Literal

from pydantic import Field

from maestro_tui.domain.document import Part
from maestro_tui.domain.requests.body import Body, Description, Id, Ids, Message, Title, Word, on_strings
from maestro_tui.domain.status import Priority, TaskStatus, task_status

__all__ = ["AddTimelineEntry", "CreateSubtask", "CreateTask", "LaunchConfig", "UpdateSubtask", "UpdateTask"]

TaskWord = Annotated[TaskStatus, on_strings(task_status)]
Assignee = Annotated[Id | None, on_strings(lambda text: text or None)]
"""Whose a task is; an empty text is nobody's."""


class LaunchConfig(Part):
    """How sessions of a task start their agent where their spawn does not say it; what else it says is kept."""

    provider: Word
    model: Word


class CreateTask(Body):
    project_id: Id
    title: Title
    description: Description = ""
    priority: Priority = Priority.MEDIUM
    parent_id: Id | None = None
    initial_prompt: Description = ""
    skill_ids: Ids = ()
    dependencies: Ids = ()
    team_member_id: Assignee = None
    team_id: Assignee = None
    launch_config: LaunchConfig | None = None


class UpdateTask(Body):
    """A change to a task.

    With update_source `session`, session_id and session_status, only that session's own
    status on the task is written.
    """

    title: Title | None = None
    description: Description | None = None
    status: TaskWord | None = None
    priority: Priority | None = None
    parent_id: Id | None = None
    initial_prompt: Description | None = None
    reason: Message | None = None
    session_ids: Ids | None = None
    skill_ids: Ids | None = None
    agent_ids: Ids | None = None
    dependencies: Ids | None = None
    team_member_id: Assignee = None
    team_id: Assignee = None
    launch_config: LaunchConfig | None = None
    update_source: Literal["user", "session"] | None = None
    session_id: Id | None = None
    session_status: Word | None = None


class AddTimelineEntry(Body):
    message: Message
    type: Word = "progress"
    session_id: Id | None = None


class CreateSubtask(Body):
    title: Title
    description: Description = ""


class UpdateSubtask(Body):
    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None
    order: Annotated[int, Field(ge=0, le=100_000)] | None = None
