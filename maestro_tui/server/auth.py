"""Who asks: reading the token of a request, and slowing down those who guess."""

from aiohttp import web

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import LimitReached, Unauthorized
from maestro_tui.server.failures import FAILURES_PER_MINUTE
from maestro_tui.server.keys import DEPENDENCIES, FAILURES, OWNER_TOKEN
from maestro_tui.server.peers import peer_of, token_of
from maestro_tui.telemetry.metrics import AUTH_FAILURES

__all__ = ["SUBPROTOCOL", "identify", "refusal"]

SUBPROTOCOL = "maestro.v1"


async def identify(request: web.Request) -> Actor | None:
    """The actor behind the request's token; None when it carries none that is valid."""
    token = token_of(request)
    if not token:
        return None
    tokens = request.app[DEPENDENCIES].services.tokens
    return await tokens.resolve(token, request.app[OWNER_TOKEN].value)


def refusal(request: web.Request) -> Unauthorized | LimitReached:
    """The error for a request without a valid token. Wrong ones count, a missing one is no guess."""
    advice = "Send 'Authorization: Bearer TOKEN'; the owner's token is in $MAESTRO_HOME/server.json"
    if not token_of(request):
        AUTH_FAILURES.labels("missing").inc()
        return Unauthorized("This request carries no token", suggestion=advice)
    AUTH_FAILURES.labels("wrong").inc()
    if request.app[FAILURES].record(peer_of(request)):
        return LimitReached(
            f"Too many requests with a wrong token: at most {FAILURES_PER_MINUTE} a minute",
            suggestion="Wait a minute, then use the token in $MAESTRO_HOME/server.json",
        )
    return Unauthorized("This request carries a token that is not valid", suggestion=advice)
