"""Sessions: registering, reporting, and what belongs to them."""

from aiohttp import web

from maestro_tui.domain.requests.sessions import (
    AddSessionEvent,
    AddSessionTimelineEntry,
    CreateSession,
    UpdateSession,
)
from maestro_tui.server.bodies import read_model
from maestro_tui.server.conditional import revision_wanted
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import paging, session_query
from maestro_tui.server.replies import created, entity, listing, reply
from maestro_tui.store.base import SessionQuery

__all__ = ["routes"]

routes = web.RouteTableDef()

ONE = "/api/sessions/{session_id}"
TASK = ONE + "/tasks/{task_id}"


@routes.get("/api/sessions")
async def list_sessions(request: web.Request) -> web.StreamResponse:
    """Filters: `projectId taskId status active parentSessionId rootSessionId`."""
    query = session_query(request.query)
    page = await services_of(request).sessions.find(query, actor_of(request))
    return listing(page.items, paging(request.query), total=page.total)


@routes.get("/api/sessions/tree")
async def session_tree(request: web.Request) -> web.StreamResponse:
    """The sessions nested under those that started them. Filters: `projectId rootSessionId active`."""
    query = session_query(request.query)
    wanted = SessionQuery(project_id=query.project_id, root_session_id=query.root_session_id)
    sessions = services_of(request).sessions
    tree = await sessions.tree(wanted, actor_of(request), live_only=query.live is True)
    return listing(tree, paging(request.query), wire=lambda node: node)


@routes.post("/api/sessions")
async def create_session(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, CreateSession)
    return created(await services_of(request).sessions.create(body, actor_of(request)))


@routes.get(ONE)
async def get_session(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    return entity(await services_of(request).sessions.get(session_id, actor_of(request)))


@routes.patch(ONE)
async def update_session(request: web.Request) -> web.StreamResponse:
    revision = revision_wanted(request)
    body = await read_model(request, UpdateSession)
    session_id = request.match_info["session_id"]
    sessions = services_of(request).sessions
    return entity(await sessions.update(session_id, body, actor_of(request), revision=revision))


@routes.delete(ONE)
async def delete_session(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    revision = revision_wanted(request)
    await services_of(request).sessions.delete(session_id, actor_of(request), revision=revision)
    return reply({"success": True, "id": session_id})


@routes.post(ONE + "/events")
async def add_event(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    body = await read_model(request, AddSessionEvent)
    return entity(await services_of(request).sessions.add_event(session_id, body, actor_of(request)))


@routes.post(ONE + "/timeline")
async def add_to_timeline(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    body = await read_model(request, AddSessionTimelineEntry)
    return entity(await services_of(request).sessions.add_timeline(session_id, body, actor_of(request)))


@routes.post(TASK)
async def link_task(request: web.Request) -> web.StreamResponse:
    ids = request.match_info["session_id"], request.match_info["task_id"]
    return entity(await services_of(request).sessions.link_task(*ids, actor_of(request)))


@routes.delete(TASK)
async def unlink_task(request: web.Request) -> web.StreamResponse:
    ids = request.match_info["session_id"], request.match_info["task_id"]
    sessions = services_of(request).sessions
    return entity(await sessions.unlink_task(*ids, actor_of(request), revision=revision_wanted(request)))
