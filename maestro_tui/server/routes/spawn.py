"""Spawning: asking for a new session, which a runner will then claim and run."""

from aiohttp import web

from maestro_tui.server.bodies import read_object
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()


@routes.post("/api/sessions/spawn")
async def spawn(request: web.Request) -> web.StreamResponse:
    """The body may have any of the spellings in use; its checks have codes of their own."""
    body = await read_object(request)
    session = await services_of(request).spawning.spawn(body, actor_of(request))
    return reply(
        {
            "success": True,
            "sessionId": session.id,
            "session": session.to_wire(),
            "manifestPath": session.manifest_path,
            "message": f"Session '{session.name}' waits for a runner",
        },
        status=201,
    )
