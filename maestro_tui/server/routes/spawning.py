"""Spawning as a whole: how it stands, and the switch that stops it."""

from aiohttp import web

from maestro_tui.domain.requests.spawning import PauseSpawning
from maestro_tui.server.bodies import read_model_or_nothing
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import identifier
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()


@routes.get("/api/spawning")
async def overview(request: web.Request) -> web.StreamResponse:
    """`projectId`: of one project; without it of all together, for a session of its own."""
    project_id = identifier(request.query, "projectId")
    return reply(await services_of(request).spawn_control.overview(project_id, actor_of(request)))


@routes.post("/api/spawning/pause")
async def pause(request: web.Request) -> web.StreamResponse:
    body = await read_model_or_nothing(request, PauseSpawning)
    return reply(await services_of(request).spawn_control.pause(body.reason, actor_of(request)))


@routes.post("/api/spawning/resume")
async def resume(request: web.Request) -> web.StreamResponse:
    return reply(await services_of(request).spawn_control.resume(actor_of(request)))
