"""Claims: a runner's right to run a session, and what only its winner is told."""

from typing import Any

from aiohttp import web

from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.session import Session
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()

ONE = "/api/sessions/{session_id}"


@routes.post(ONE + "/claim")
async def claim(request: web.Request) -> web.StreamResponse:
    """The winner also gets the session's token, bare and as the address its agent will use."""
    session_id = request.match_info["session_id"]
    body = await read_model(request, ClaimSession)
    session = await services_of(request).claims.claim(session_id, body, actor_of(request))
    token = services_of(request).tokens.for_session(session_id)
    api_url = f"{request.scheme}://{request.host}/~{token}"
    return reply(_lease(session) | {"token": token, "apiUrl": api_url})


@routes.post(ONE + "/renew")
async def renew(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    body = await read_model(request, ClaimSession)
    return reply(_lease(await services_of(request).claims.renew(session_id, body, actor_of(request))))


@routes.post(ONE + "/release")
async def release(request: web.Request) -> web.StreamResponse:
    session_id = request.match_info["session_id"]
    body = await read_model(request, ReleaseSession)
    return reply(_lease(await services_of(request).claims.release(session_id, body, actor_of(request))))


def _lease(session: Session) -> dict[str, Any]:
    return {"lease": session.lease.to_wire() if session.lease else None}
