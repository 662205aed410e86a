"""Who changed what: a line for every write, and for every request that was not let in.

A line says when, which request, who (the owner or a session), with which token (by its
fingerprint), from where, what was asked of which documents, and how it ended. It holds nothing
of a body.
"""

import hashlib

from aiohttp import web
from aiohttp.typedefs import Handler

from maestro_tui.domain.actor import Actor
from maestro_tui.server.keys import ACTOR, AUDIT, request_id_of
from maestro_tui.server.peers import peer_of, token_of

__all__ = ["note_writes"]

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
NOT_LET_IN = frozenset({401, 403})


@web.middleware
async def note_writes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write the request down once it is answered, where it changed something or was not let in."""
    response = await handler(request)
    log = request.app[AUDIT]
    if log is not None and (request.method in WRITES or response.status in NOT_LET_IN):
        resource = request.match_info.route.resource
        actor: Actor | None = request.get(ACTOR)
        log.write(
            f"{request.method} {resource.canonical if resource is not None else '(no route)'}",
            requestId=request_id_of(request),
            actor=actor.scope if actor is not None else "nobody",
            token=_fingerprint(token_of(request)),
            peer=peer_of(request),
            documents=",".join(request.match_info.values()),
            status=response.status,
        )
    return response


def _fingerprint(token: str | None) -> str:
    """Tells tokens apart without telling them: 12 hexadecimal digits of a digest."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:12] if token else ""
