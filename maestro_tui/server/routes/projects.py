"""Projects."""

from aiohttp import web

from maestro_tui.domain.requests.projects import CreateProject, UpdateProject
from maestro_tui.server.bodies import read_model
from maestro_tui.server.conditional import revision_wanted
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import paging
from maestro_tui.server.replies import created, entity, listing, reply

__all__ = ["routes"]

routes = web.RouteTableDef()

ONE = "/api/projects/{project_id}"


@routes.get("/api/projects")
async def list_projects(request: web.Request) -> web.StreamResponse:
    part = paging(request.query)
    return listing(await services_of(request).projects.list(actor_of(request)), part)


@routes.post("/api/projects")
async def create_project(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, CreateProject)
    return created(await services_of(request).projects.create(body, actor_of(request)))


@routes.get(ONE)
async def get_project(request: web.Request) -> web.StreamResponse:
    project_id = request.match_info["project_id"]
    return entity(await services_of(request).projects.get(project_id, actor_of(request)))


@routes.put(ONE)
@routes.patch(ONE)
async def update_project(request: web.Request) -> web.StreamResponse:
    """PUT and PATCH alike change the fields that are given."""
    revision = revision_wanted(request)
    body = await read_model(request, UpdateProject)
    project_id = request.match_info["project_id"]
    projects = services_of(request).projects
    return entity(await projects.update(project_id, body, actor_of(request), revision=revision))


@routes.delete(ONE)
async def delete_project(request: web.Request) -> web.StreamResponse:
    """Refused while the project has tasks or sessions."""
    project_id = request.match_info["project_id"]
    revision = revision_wanted(request)
    await services_of(request).projects.delete(project_id, actor_of(request), revision=revision)
    return reply({"success": True, "id": project_id})
