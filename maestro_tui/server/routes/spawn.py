"""Spawning: asking for a new session or another try at one, and a person's word on it."""

from aiohttp import web

from maestro_tui.domain.requests.spawning import DecideApproval, RestartSession
from maestro_tui.domain.session import Session
from maestro_tui.server.bodies import read_model_or_nothing, read_object
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import entity, reply

__all__ = ["routes"]

routes = web.RouteTableDef()

ONE = "/api/sessions/{session_id}"


@routes.post("/api/sessions/spawn")
async def spawn(request: web.Request) -> web.StreamResponse:
    """The body may have any of the spellings in use; its checks have codes of their own."""
    body = await read_object(request)
    return _spawned(await services_of(request).spawning.spawn(body, actor_of(request)))


@routes.post("/api/sessions/spawn/preview")
async def preview(request: web.Request) -> web.StreamResponse:
    """The brief that such a spawn would be given. Nothing is stored."""
    body = await read_object(request)
    brief = await services_of(request).spawning.preview(body, actor_of(request))
    return reply({"brief": brief, "bytes": len(brief.encode())})


@routes.get(ONE + "/brief")
async def brief(request: web.Request) -> web.StreamResponse:
    """What the session was told at its start."""
    session_id = request.match_info["session_id"]
    text = await services_of(request).spawning.brief(session_id, actor_of(request))
    return reply({"sessionId": session_id, "brief": text, "bytes": len(text.encode())})


@routes.post(ONE + "/restart")
async def restart(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    body = await read_model_or_nothing(request, RestartSession)
    return _spawned(await services_of(request).restarting.restart(session_id, body, actor_of(request)))


@routes.post(ONE + "/approve")
async def approve(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    return entity(await services_of(request).approvals.approve(session_id, actor_of(request)))


@routes.post(ONE + "/deny")
async def deny(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    body = await read_model_or_nothing(request, DecideApproval)
    approvals = services_of(request).approvals
    return entity(await approvals.deny(session_id, body.reason, actor_of(request)))


def _spawned(session: Session) -> web.Response:
    waits_for = "a person's approval" if session.awaits_approval else "a runner"
    return reply(
        {
            "success": True,
            "sessionId": session.id,
            "session": session.to_wire(),
            "manifestPath": session.manifest_path,
            "message": f"Session '{session.name}' waits for {waits_for}",
        },
        status=201,
    )
