"""What follows from other documents: which sessions work on a task."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from maestro_tui.domain.document import evolve
from maestro_tui.domain.task import Task
from maestro_tui.store.base import SessionQuery, Store

__all__ = ["all_with_sessions", "with_sessions"]


async def with_sessions(store: Store, task: Task) -> Task:
    """The task with the ids of its sessions, oldest first."""
    found = await store.sessions.find(SessionQuery(project_id=task.project_id, task_id=task.id))
    return evolve(task, session_ids=tuple(session.id for session in found.items))


async def all_with_sessions(store: Store, tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Several tasks with the ids of their sessions, asking once per project."""
    if len(tasks) == 1:
        return (await with_sessions(store, tasks[0]),)
    by_task = await _session_ids(store, {task.project_id for task in tasks})
    return tuple(evolve(task, session_ids=tuple(by_task[task.id])) for task in tasks)


async def _session_ids(store: Store, project_ids: Iterable[str]) -> dict[str, list[str]]:
    by_task: dict[str, list[str]] = defaultdict(list)
    for project_id in project_ids:
        for session in (await store.sessions.find(SessionQuery(project_id=project_id))).items:
            for task_id in session.task_ids:
                by_task[task_id].append(session.id)
    return by_task
