"""All projects at a glance, under the names that clients which existed before have for it.

The owner sees everything; a session's agent its own project, as everywhere.
"""

from aiohttp import web

from maestro_tui.domain.errors import BusinessRuleBroken
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import paging, session_query, task_query
from maestro_tui.server.replies import listing, reply
from maestro_tui.store.base import SessionQuery, TaskQuery

__all__ = ["routes"]

routes = web.RouteTableDef()


@routes.get("/api/master/projects")
async def all_projects(request: web.Request) -> web.StreamResponse:
    """As `GET /api/projects`."""
    return listing(await services_of(request).projects.list(actor_of(request)), paging(request.query))


@routes.get("/api/master/tasks")
async def all_tasks(request: web.Request) -> web.StreamResponse:
    """As `GET /api/tasks`."""
    page = await services_of(request).tasks.find(task_query(request.query), actor_of(request))
    return listing(page.items, paging(request.query), total=page.total)


@routes.get("/api/master/sessions")
async def all_sessions(request: web.Request) -> web.StreamResponse:
    """As `GET /api/sessions`."""
    page = await services_of(request).sessions.find(session_query(request.query), actor_of(request))
    return listing(page.items, paging(request.query), total=page.total)


@routes.get("/api/master/context")
async def overview(request: web.Request) -> web.StreamResponse:
    """The projects, and how many tasks and sessions each has: `{projects, taskCounts, sessionCounts}`."""
    services, actor = services_of(request), actor_of(request)
    projects = await services.projects.list(actor)
    tasks, sessions = {}, {}
    for project in projects:
        counted = await services.tasks.find(TaskQuery(project_id=project.id, limit=0), actor)
        tasks[project.id] = counted.total
        sessions[project.id] = (
            await services.sessions.find(SessionQuery(project_id=project.id, limit=0), actor)
        ).total
    told = [project.to_wire() for project in projects]
    return reply({"projects": told, "taskCounts": tasks, "sessionCounts": sessions})


@routes.put("/api/projects/{project_id}/master")
async def set_master(request: web.Request) -> web.StreamResponse:
    """Refused: no project stands above the others here."""
    project = await services_of(request).projects.get(request.match_info["project_id"], actor_of(request))
    raise BusinessRuleBroken(
        f"Project '{project.name}' cannot be put above the others: the owner's token sees all projects as it is,"
        " and a session's its own",
        suggestion="maestro project list",
    )
