"""What can be done with tasks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.ids import EVENT, TASK
from maestro_tui.domain.requests.tasks import AddTimelineEntry, CreateTask, UpdateTask
from maestro_tui.domain.status import TaskStatus
from maestro_tui.domain.task import Task, TimelineEntry
from maestro_tui.services import task_rules
from maestro_tui.services.announcements import about_task
from maestro_tui.services.attempts import already_made, made_id
from maestro_tui.services.context import Context
from maestro_tui.services.derived import all_with_sessions, with_sessions
from maestro_tui.services.editing import Edit, edit
from maestro_tui.services.hierarchy import check_dependencies, check_parent, descendants
from maestro_tui.services.links import Links
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.permissions import require_project
from maestro_tui.services.task_tree import nested
from maestro_tui.store.base import Page, SessionQuery, TaskQuery

__all__ = ["TaskService"]

_NOTICES = {"progress": EventName.NOTIFY_PROGRESS, "error": EventName.NOTIFY_TASK_FAILED}
_MOVES = {
    TaskStatus.COMPLETED: EventName.NOTIFY_TASK_COMPLETED,
    TaskStatus.BLOCKED: EventName.NOTIFY_TASK_BLOCKED,
}


class TaskService:
    """Tasks; those returned, and those in events, carry the ids of their sessions."""

    def __init__(self, context: Context, links: Links) -> None:
        self._context = context
        self._store = context.store
        self._links = links

    async def find(self, query: TaskQuery, actor: Actor) -> Page[Task]:
        """The tasks that match; for a session those of its own project. Raises Forbidden for another's."""
        query = replace(query, project_id=_visible_project(query.project_id, actor))
        page = await self._store.tasks.find(query)
        return replace(page, items=await all_with_sessions(self._store, page.items))

    async def get(self, task_id: str, actor: Actor) -> Task:
        """The task. Raises NotFound, Forbidden."""
        task = await self._store.tasks.get(task_id)
        require_project(actor, task.project_id)
        return await with_sessions(self._store, task)

    async def children(self, task_id: str, actor: Actor) -> list[Task]:
        """The tasks directly below, oldest first. Raises NotFound, Forbidden."""
        task = await self.get(task_id, actor)
        page = await self.find(TaskQuery(project_id=task.project_id, parent_id=task_id), actor)
        return list(page.items)

    async def tree(self, project_id: str, actor: Actor) -> list[dict[str, Any]]:
        """The project's roots as on the wire, each with `children` and its live `sessions`. Raises NotFound."""
        require_project(actor, project_id)
        await self._store.projects.get(project_id)
        tasks = (await self.find(TaskQuery(project_id=project_id), actor)).items
        live = (await self._store.sessions.find(SessionQuery(project_id=project_id, live=True))).items
        return nested(tasks, live)

    @uninterrupted
    async def create(self, body: CreateTask, actor: Actor) -> Task:
        """A new task, to do.

        Raises NotFound for an unknown project or parent, BusinessRuleBroken for dependencies
        that cannot be, Forbidden for a parent that is not the session's own.
        """
        require_project(actor, body.project_id)
        now = self._context.now()
        task_id = made_id(TASK, now)
        if (made := await already_made(self._store.tasks, task_id)) is not None:
            return await with_sessions(self._store, made)
        async with self._context.locks.shared("project", body.project_id):
            await self._store.projects.get(body.project_id)
            if body.parent_id is not None:
                await check_parent(self._store, body.project_id, body.parent_id)
                await self._context.permissions.require_task(await self._store.tasks.get(body.parent_id), actor)
            await check_dependencies(self._store, body.project_id, body.dependencies)
            task = await self._store.tasks.add(
                Task(
                    id=task_id,
                    created_at=now,
                    updated_at=now,
                    created_by=actor.session_id,
                    **body.model_dump(),
                )
            )
            await self._context.bus.publish(about_task(EventName.TASK_CREATED, task, now))
        return task

    @uninterrupted
    async def update(self, task_id: str, body: UpdateTask, actor: Actor, *, revision: int | None = None) -> Task:
        """Change the fields that are given, or with `updateSource: session` that session's own status only.

        Raises NotFound, Forbidden, Invalid, Conflict on a stale revision, and BusinessRuleBroken
        for a parent or dependencies that cannot be.
        """
        task = await self._store.tasks.get(task_id)
        await self._context.permissions.require_task(task, actor)
        if task_rules.is_session_report(body):
            return await self._report(task, body, actor, revision)
        if {"parent_id", "dependencies"} & body.model_fields_set:
            async with self._context.locks.exclusive("project", task.project_id):
                await self._check_place(task, body, actor)
                updated = await self._update(task, body, actor, revision)
        else:
            updated = await self._update(task, body, actor, revision)
        if body.session_ids is None:
            return updated
        await self._links.replace_sessions(updated, body.session_ids, actor)
        return await with_sessions(self._store, updated)

    @uninterrupted
    async def delete(self, task_id: str, actor: Actor, *, revision: int | None = None) -> None:
        """Remove the task and everything below it, children first; its sessions let go of it.

        Raises NotFound, Forbidden, Conflict on a stale revision.
        """
        task = await self._store.tasks.get(task_id)
        await self._context.permissions.require_task(task, actor)
        async with self._context.locks.exclusive("project", task.project_id):
            if revision is not None:
                await edit(self._store.tasks, task_id, lambda same: same, now=0, revision=revision)
            for doomed in (*await descendants(self._store, task), task):
                await self._remove(doomed)

    @uninterrupted
    async def add_timeline(self, task_id: str, body: AddTimelineEntry, actor: Actor) -> Task:
        """Say something about the task. Raises NotFound, Forbidden."""
        task = await self._store.tasks.get(task_id)
        await self._context.permissions.require_task(task, actor)
        now = self._context.now()
        entry = TimelineEntry(
            id=made_id(EVENT, now),
            type=body.type,
            timestamp=now,
            message=body.message,
            session_id=actor.session_id or body.session_id,
        )
        return await self.add_entry(task_id, entry)

    async def add_entry(self, task_id: str, entry: TimelineEntry) -> Task:
        """Put an entry that somebody was allowed to write into the timeline. Raises NotFound."""
        return await self._write(
            task_id, lambda task: task_rules.with_entry(task, entry), self._context.now(), entry=entry
        )

    async def _update(self, task: Task, body: UpdateTask, actor: Actor, revision: int | None) -> Task:
        now = self._context.now()
        return await self._write(
            task.id, lambda current: task_rules.updated(current, body, now, actor.session_id), now, revision
        )

    async def _report(self, task: Task, body: UpdateTask, actor: Actor, revision: int | None) -> Task:
        session = await self._store.sessions.get(str(body.session_id))
        await self._context.permissions.require_session(session, actor)
        now = self._context.now()
        return await self._write(
            task.id, lambda current: task_rules.with_session_status(current, body), now, revision
        )

    async def _write(
        self,
        task_id: str,
        change: Callable[[Task], Task],
        now: int,
        revision: int | None = None,
        entry: TimelineEntry | None = None,
    ) -> Task:
        async with self._context.locks.exclusive("task", task_id):
            done = await edit(self._store.tasks, task_id, change, now=now, revision=revision)
            task = await with_sessions(self._store, done.after)
            if done.changed:
                events = [about_task(EventName.TASK_UPDATED, task, now), *_notices(done, task, entry, now)]
                await self._context.bus.publish(*events)
        return task

    async def _check_place(self, task: Task, body: UpdateTask, actor: Actor) -> None:
        if body.parent_id is not None and body.parent_id != task.parent_id:
            await check_parent(self._store, task.project_id, body.parent_id, task.id)
            await self._context.permissions.require_task(await self._store.tasks.get(body.parent_id), actor)
        new = [one for one in body.dependencies or () if one not in task.dependencies]
        await check_dependencies(self._store, task.project_id, new, task.id)

    async def _remove(self, task: Task) -> None:
        await self._links.forget_task(task)
        async with self._context.locks.exclusive("task", task.id):
            await self._store.tasks.remove(task.id)
            now = self._context.now()
            await self._context.bus.publish(about_task(EventName.TASK_DELETED, task, now))


def _visible_project(project_id: str | None, actor: Actor) -> str | None:
    if project_id is None:
        return actor.project_id
    require_project(actor, project_id)
    return project_id


def _notices(done: Edit[Task], task: Task, entry: TimelineEntry | None, now: int) -> list[Event]:
    """What a person wants to be told about the change."""
    names = []
    if done.before.status is not task.status and task.status in _MOVES:
        names.append(_MOVES[task.status])
    if entry is not None and entry.type in _NOTICES:
        names.append(_NOTICES[entry.type])
    data = {
        "taskId": task.id,
        "projectId": task.project_id,
        "title": task.title,
        "status": task.status.value,
        "reason": task.reason,
        "message": entry.message if entry else task.reason,
        "sessionId": entry.session_id if entry else None,
    }
    return [about_task(name, task, now, data) for name in names]
