"""What can be done with projects."""

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken
from maestro_tui.domain.events import EventName
from maestro_tui.domain.ids import PROJECT
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.projects import CreateProject, UpdateProject
from maestro_tui.services.announcements import about_project
from maestro_tui.services.attempts import already_made, made_id
from maestro_tui.services.context import Context
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.project_changes import change_project
from maestro_tui.services.task_rules import require_values
from maestro_tui.store.base import ProjectQuery, SessionQuery, TaskQuery

__all__ = ["ProjectService"]


class ProjectService:
    """Projects: everybody reads their own, the owner writes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._projects = context.store.projects

    async def list(self, actor: Actor) -> list[Project]:
        """All projects, oldest first; for a session its own."""
        found = (await self._projects.find(ProjectQuery())).items
        return [project for project in found if actor.is_owner or project.id == actor.project_id]

    async def get(self, project_id: str, actor: Actor) -> Project:
        """The project. Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return await self._projects.get(project_id)

    @uninterrupted
    async def create(self, body: CreateProject, actor: Actor) -> Project:
        """A new project. Raises Forbidden."""
        require_owner(actor, "create a project")
        now = self._context.now()
        project_id = made_id(PROJECT, now)
        if (made := await already_made(self._projects, project_id)) is not None:
            return made
        project = Project(id=project_id, created_at=now, updated_at=now, **body.model_dump())
        stored = await self._projects.add(project)
        await self._context.bus.publish(about_project(EventName.PROJECT_CREATED, stored, now))
        return stored

    async def update(
        self, project_id: str, body: UpdateProject, actor: Actor, *, revision: int | None = None
    ) -> Project:
        """Change the fields that are given. Raises NotFound, Forbidden, Invalid, Conflict on a stale revision."""
        require_owner(actor, "change a project")
        changes = body.changes()
        require_values(changes, "name")
        values = {name: "" if value is None else value for name, value in changes.items()}
        return await change_project(
            self._context, project_id, lambda project: evolve(project, **values), revision=revision
        )

    @uninterrupted
    async def delete(self, project_id: str, actor: Actor, *, revision: int | None = None) -> None:
        """Remove a project that is empty.

        Raises NotFound, Forbidden, Conflict on a stale revision, and BusinessRuleBroken while
        tasks or sessions remain.
        """
        require_owner(actor, "delete a project")
        async with self._context.locks.exclusive("project", project_id):
            project = await self._projects.get(project_id)
            await self._require_empty(project)
            await self._projects.remove(project_id, revision)
            now = self._context.now()
            await self._context.bus.publish(about_project(EventName.PROJECT_DELETED, project, now))

    async def _require_empty(self, project: Project) -> None:
        store = self._context.store
        tasks = (await store.tasks.find(TaskQuery(project_id=project.id, limit=0))).total
        sessions = (await store.sessions.find(SessionQuery(project_id=project.id, limit=0))).total
        if tasks or sessions:
            raise BusinessRuleBroken(
                f"Project '{project.name}' still has {tasks} tasks and {sessions} sessions",
                suggestion="Delete them first: maestro task list --all; maestro session list",
                details={"tasks": tasks, "sessions": sessions},
            )
