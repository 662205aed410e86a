"""What can be done with the steps inside a task."""

from collections.abc import Callable, Sequence

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, NotFound
from maestro_tui.domain.events import EventName
from maestro_tui.domain.ids import SUBTASK
from maestro_tui.domain.requests.tasks import CreateSubtask, UpdateSubtask
from maestro_tui.domain.task import Subtask, Task
from maestro_tui.services.announcements import about_subtask, about_task
from maestro_tui.services.attempts import made_id
from maestro_tui.services.context import Context
from maestro_tui.services.derived import with_sessions
from maestro_tui.services.editing import edit
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.permissions import require_project
from maestro_tui.services.task_rules import require_values

__all__ = ["MOST_SUBTASKS", "SubtaskService"]

MOST_SUBTASKS = 200
Steps = tuple[Subtask, ...]


class SubtaskService:
    """Subtasks, which live in their task's document and keep their places 0, 1, 2, …"""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks = context.store.tasks

    async def list(self, task_id: str, actor: Actor) -> list[Subtask]:
        """The task's subtasks in their order. Raises NotFound, Forbidden."""
        task = await self._tasks.get(task_id)
        require_project(actor, task.project_id)
        return sorted(task.subtasks, key=lambda subtask: subtask.order)

    @uninterrupted
    async def create(self, task_id: str, body: CreateSubtask, actor: Actor) -> Subtask:
        """A new subtask, last of all. Raises NotFound, Forbidden, BusinessRuleBroken beyond 200."""
        now = self._context.now()
        subtask = Subtask(
            id=made_id(SUBTASK, now), task_id=task_id, created_at=now, updated_at=now, **body.model_dump()
        )

        def append(steps: Steps) -> Steps:
            if any(step.id == subtask.id for step in steps):
                return steps
            _require_room(task_id, steps)
            return _numbered((*steps, subtask))

        task = await self._write(task_id, append, actor, EventName.SUBTASK_CREATED, subtask.id, now)
        return _find(task, subtask.id)

    @uninterrupted
    async def update(
        self, task_id: str, subtask_id: str, body: UpdateSubtask, actor: Actor, *, revision: int | None = None
    ) -> Subtask:
        """Change the given fields; `order` moves it to that place.

        revision: of the task, as the caller read it. Raises NotFound, Forbidden, Invalid, Conflict.
        """
        require_values(body.changes(), "title", "completed", "order")
        now = self._context.now()

        def change(steps: Steps) -> Steps:
            changed = [_updated(step, body, now) if step.id == subtask_id else step for step in steps]
            return tuple(changed) if body.order is None else _moved(changed, subtask_id, body.order)

        task = await self._write(
            task_id, change, actor, EventName.SUBTASK_UPDATED, subtask_id, now, revision=revision
        )
        return _find(task, subtask_id)

    @uninterrupted
    async def delete(self, task_id: str, subtask_id: str, actor: Actor, *, revision: int | None = None) -> None:
        """Remove the subtask; those behind it move up. revision: of the task.

        Raises NotFound, Forbidden, Conflict.
        """
        await self._write(
            task_id,
            lambda steps: _numbered([step for step in steps if step.id != subtask_id]),
            actor,
            EventName.SUBTASK_DELETED,
            subtask_id,
            self._context.now(),
            revision=revision,
        )

    async def _write(
        self,
        task_id: str,
        change: Callable[[Steps], Steps],
        actor: Actor,
        name: EventName,
        subtask_id: str,
        now: int,
        *,
        revision: int | None = None,
    ) -> Task:
        """Change the steps of a task, and tell of the one step and of the task."""
        await self._context.permissions.require_task(await self._tasks.get(task_id), actor)

        def apply(task: Task) -> Task:
            if name is not EventName.SUBTASK_CREATED:
                _find(task, subtask_id)
            return evolve(task, subtasks=change(_in_order(task.subtasks)))

        async with self._context.locks.exclusive("task", task_id):
            done = await edit(self._tasks, task_id, apply, now=now, revision=revision)
            task = await with_sessions(self._context.store, done.after)
            if done.changed:
                told = _find(done.before if name is EventName.SUBTASK_DELETED else task, subtask_id)
                await self._context.bus.publish(
                    about_subtask(name, task, told, now), about_task(EventName.TASK_UPDATED, task, now)
                )
        return task


def _updated(subtask: Subtask, body: UpdateSubtask, now: int) -> Subtask:
    changes = {name: value for name, value in body.changes().items() if name != "order"}
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    if body.completed is not None and body.completed != subtask.completed:
        changes["completed_at"] = now if body.completed else None
    changed = evolve(subtask, **changes)
    return subtask if changed == subtask else evolve(changed, updated_at=now)


def _moved(steps: Sequence[Subtask], subtask_id: str, place: int) -> Steps:
    others = [step for step in steps if step.id != subtask_id]
    moving = [step for step in steps if step.id == subtask_id]
    return _numbered([*others[:place], *moving, *others[place:]])


def _in_order(steps: Steps) -> Steps:
    return tuple(sorted(steps, key=lambda step: step.order))


def _numbered(steps: Sequence[Subtask]) -> Steps:
    return tuple(step if step.order == place else evolve(step, order=place) for place, step in enumerate(steps))


def _find(task: Task, subtask_id: str) -> Subtask:
    for subtask in task.subtasks:
        if subtask.id == subtask_id:
            return subtask
    raise NotFound.of("subtask", subtask_id)


def _require_room(task_id: str, steps: Steps) -> None:
    if len(steps) >= MOST_SUBTASKS:
        raise BusinessRuleBroken(
            f"Task '{task_id}' has {len(steps)} subtasks; {MOST_SUBTASKS} are allowed",
            suggestion=f"Split it into tasks: maestro task create TITLE --parent {task_id}",
            details={"limit": MOST_SUBTASKS},
        )
