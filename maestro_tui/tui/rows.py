"""The rows of the task tree, derived from the documents. Pure: no widget, no state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import DONE, Priority, SessionStatus, TaskStatus
from maestro_tui.domain.task import Subtask, Task
from maestro_tui.tui.glyphs import SESSION_MARKS, SUBTASK_MARKS, TASK_MARKS, Mark, session_mark
from maestro_tui.tui.ports import Documents

__all__ = [
    "Row",
    "RowKey",
    "child_rows",
    "loose_sessions",
    "matching_tasks",
    "root_tasks",
    "session_row",
    "task_row",
]

RowKey = tuple[str, str, str]
Kind = Literal["task", "subtask", "session"]


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of the tree shows.

    parent_id: the task a subtask or session belongs to; empty for others.
    note: why a task is blocked, what a session asks or does.
    progress: subtasks done, as in `2/5`. sessions: marks of the sessions on the task.
    """

    kind: Kind
    id: str
    title: str
    mark: Mark
    parent_id: str = ""
    note: str = ""
    progress: str = ""
    sessions: tuple[Mark, ...] = ()
    priority: Priority | None = None
    quiet: bool = False

    @property
    def key(self) -> RowKey:
        """What stays the same while the row changes."""
        return self.kind, self.parent_id, self.id

    @property
    def task_id(self) -> str:
        """The task the row is, or belongs to; empty for a session without one."""
        return self.id if self.kind == "task" else self.parent_id


def task_row(documents: Documents, task: Task) -> Row:
    """A task's own line."""
    done = sum(subtask.completed for subtask in task.subtasks)
    return Row(
        kind="task",
        id=task.id,
        title=task.title,
        mark=TASK_MARKS[task.status],
        note=(task.reason or "") if task.status is TaskStatus.BLOCKED else "",
        progress=f"{done}/{len(task.subtasks)}" if task.subtasks else "",
        sessions=_session_marks(documents.sessions_of(task.id)),
        priority=task.priority,
        quiet=task.status in DONE,
    )


def subtask_row(subtask: Subtask) -> Row:
    """A subtask's line, under its task."""
    return Row(
        kind="subtask",
        id=subtask.id,
        title=subtask.title,
        mark=SUBTASK_MARKS[subtask.completed],
        parent_id=subtask.task_id,
        quiet=subtask.completed,
    )


def session_row(session: Session, task_id: str = "") -> Row:
    """A session's line, under a task of its own or, without one, at the end of the tree."""
    mark = session_mark(session)
    return Row(
        kind="session",
        id=session.id,
        title=session.name,
        mark=mark,
        parent_id=task_id,
        note=session.question or mark.word,
        quiet=not session.is_live,
    )


def child_rows(documents: Documents, task: Task, shown: Callable[[str], bool]) -> list[Row]:
    """The lines under a task: its subtasks, its child tasks that are shown, its live sessions."""
    subtasks = sorted(task.subtasks, key=lambda subtask: (subtask.order, subtask.created_at, subtask.id))
    children = sorted((child for child in documents.children_of(task.id) if shown(child.id)), key=_age)
    live = sorted((session for session in documents.sessions_of(task.id) if session.is_live), key=_age)
    return [
        *map(subtask_row, subtasks),
        *(task_row(documents, child) for child in children),
        *(session_row(session, task.id) for session in live),
    ]


def root_tasks(documents: Documents, project_id: str) -> list[Task]:
    """The tasks at the top of a project, oldest first; one whose parent is gone counts as such."""
    tasks = documents.tasks_of(project_id)
    return sorted((task for task in tasks if task.parent_id not in documents.tasks), key=_age)


def loose_sessions(documents: Documents, project_id: str) -> list[Session]:
    """Live sessions without a task we know, oldest first."""
    live = documents.live_sessions(project_id)
    return sorted((one for one in live if not any(task in documents.tasks for task in one.task_ids)), key=_age)


def matching_tasks(documents: Documents, project_id: str, words: str) -> set[str]:
    """Ids of the tasks in which every word occurs, and of all tasks above them.

    Looked at are title, status, priority, reason, subtask titles and names of live sessions.
    """
    wanted = words.casefold().split()
    matches: set[str] = set()
    for task in documents.tasks_of(project_id):
        if all(word in _haystack(documents, task) for word in wanted):
            matches |= set(_with_ancestors(documents, task))
    return matches


def _haystack(documents: Documents, task: Task) -> str:
    sessions = (session.name for session in documents.sessions_of(task.id) if session.is_live)
    subtasks = (subtask.title for subtask in task.subtasks)
    status = f"{task.status} {TASK_MARKS[task.status].word}"
    return "\n".join([task.title, status, task.priority, task.reason or "", *subtasks, *sessions]).casefold()


def _with_ancestors(documents: Documents, task: Task) -> Iterable[str]:
    seen: dict[str, None] = {}
    current: Task | None = task
    while current is not None and current.id not in seen:
        seen[current.id] = None
        current = documents.tasks.get(current.parent_id or "")
    return seen


def _session_marks(sessions: Iterable[Session]) -> tuple[Mark, ...]:
    """Marks of the live sessions; without any, that of the last one if it ended badly."""
    known = sorted(sessions, key=_age)
    if live := [session for session in known if session.is_live]:
        return tuple(map(session_mark, live))
    if known and known[-1].status in (SessionStatus.FAILED, SessionStatus.LOST):
        return (SESSION_MARKS[known[-1].status],)
    return ()


def _age(document: Task | Session) -> tuple[int, str]:
    return document.created_at, document.id
