"""Taking tokens away: the owner's for a new one, a session's for good."""

from aiohttp import web

from maestro_tui.server.keys import HUB, OWNER_TOKEN, actor_of, services_of
from maestro_tui.server.replies import reply
from maestro_tui.services.permissions import require_owner

__all__ = ["routes"]

routes = web.RouteTableDef()


@routes.post("/api/token/rotate")
async def rotate(request: web.Request) -> web.Response:
    """The owner's token is another one from now on; it is in the discovery file, and nowhere else."""
    require_owner(actor_of(request), "rotate the owner's token")
    request.app[OWNER_TOKEN].rotate()
    request.app[HUB].revoke(None)
    return reply({"success": True})


@routes.delete("/api/sessions/{session_id}/token")
async def revoke(request: web.Request) -> web.Response:
    """The session's token opens nothing any more, while its agent runs on. Saying it twice is saying it once."""
    session_id = request.match_info["session_id"]
    await services_of(request).tokens.revoke(session_id, actor_of(request))
    request.app[HUB].revoke(session_id)
    return reply({"success": True, "id": session_id})
