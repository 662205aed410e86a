"""Tasks above, below and before each other, and what keeps that free of circles."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from maestro_tui.domain.errors import BusinessRuleBroken, NotFound
from maestro_tui.domain.task import Task
from maestro_tui.store.base import Store, TaskQuery

__all__ = ["ancestors", "check_dependencies", "check_parent", "descendants"]


async def ancestors(store: Store, task: Task) -> list[Task]:
    """The tasks above, nearest first; ends where a parent is missing or the line turns back on itself."""
    line = {task.id: task}
    with suppress(NotFound):
        while task.parent_id is not None and task.parent_id not in line:
            task = await store.tasks.get(task.parent_id)
            line[task.id] = task
    return list(line.values())[1:]


async def descendants(store: Store, task: Task) -> list[Task]:
    """All tasks below, every child before its parent; the project's tasks are read once."""
    children: dict[str | None, list[Task]] = defaultdict(list)
    for one in (await store.tasks.find(TaskQuery(project_id=task.project_id))).items:
        children[one.parent_id].append(one)
    found = {task.id: task}
    level = [task]
    while level:
        level = [child for above in level for child in children[above.id] if child.id not in found]
        found |= {child.id: child for child in level}
    return list(reversed(found.values()))[:-1]


async def check_parent(store: Store, project_id: str, parent_id: str, task_id: str | None = None) -> None:
    """Raise unless parent_id may be the parent of the task (None: one that is being created).

    NotFound when there is no such task; BusinessRuleBroken when it is of another project, is
    the task itself or lies below it.
    """
    parent = await store.tasks.get(parent_id)
    if parent.project_id != project_id:
        raise BusinessRuleBroken(
            f"parentId: task '{parent_id}' belongs to project '{parent.project_id}', not to '{project_id}'",
            suggestion="Choose a parent of the same project: maestro task tree",
        )
    if task_id is not None and task_id in {parent.id, *(above.id for above in await ancestors(store, parent))}:
        raise BusinessRuleBroken(
            f"parentId: task '{parent_id}' is task '{task_id}' itself or lies below it",
            suggestion=f"maestro task tree --root {task_id}",
        )


async def check_dependencies(
    store: Store, project_id: str, dependencies: Iterable[str], task_id: str | None = None
) -> None:
    """Raise BusinessRuleBroken unless the task may wait for these tasks.

    They must exist, be of the same project, and not wait for the task themselves.
    """
    seen: set[str] = set()
    for dependency in dependencies:
        await _require_in_project(store, project_id, dependency)
        if task_id is not None and await _waits_for(store, dependency, task_id, seen):
            raise BusinessRuleBroken(
                f"dependencies: task '{dependency}' is task '{task_id}' itself or waits for it already",
                suggestion=f"maestro task get {dependency}",
            )


async def _require_in_project(store: Store, project_id: str, task_id: str) -> None:
    with suppress(NotFound):
        if (await store.tasks.get(task_id)).project_id == project_id:
            return
    raise BusinessRuleBroken(
        f"dependencies: project '{project_id}' has no task '{task_id}'", suggestion="maestro task list"
    )


async def _waits_for(store: Store, start: str, wanted: str, seen: set[str]) -> bool:
    """Whether start is wanted or depends on it, over any number of steps."""
    waiting = [start]
    while waiting:
        task_id = waiting.pop()
        if task_id == wanted:
            return True
        if task_id in seen:
            continue
        seen.add(task_id)
        with suppress(NotFound):
            waiting.extend((await store.tasks.get(task_id)).dependencies)
    return False
