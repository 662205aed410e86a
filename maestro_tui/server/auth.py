"""Who asks: reading the token of a request, and slowing down those who guess."""

from aiohttp import web

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import LimitReached, Unauthorized
from maestro_tui.server import capability
from maestro_tui.server.failures import FAILURES_PER_MINUTE
from maestro_tui.server.keys import DEPENDENCIES, FAILURES
from maestro_tui.telemetry.metrics import AUTH_FAILURES

__all__ = ["SUBPROTOCOL", "SUBPROTOCOL_TOKEN", "identify", "refusal", "token_of"]

SUBPROTOCOL = "maestro.v1"
SUBPROTOCOL_TOKEN = "bearer."  # noqa: S105 - the mark in front of a token
SOCKET_PATHS = frozenset({"", "/ws"})


async def identify(request: web.Request) -> Actor | None:
    """The actor behind the request's token; None when it carries none that is valid."""
    token = token_of(request)
    if not token:
        return None
    dependencies = request.app[DEPENDENCIES]
    return await dependencies.services.tokens.resolve(token, dependencies.owner_token)


def refusal(request: web.Request) -> Unauthorized | LimitReached:
    """The error for a request without a valid token. Wrong ones count, a missing one is no guess."""
    advice = "Send 'Authorization: Bearer TOKEN'; the owner's token is in $MAESTRO_HOME/server.json"
    if not token_of(request):
        AUTH_FAILURES.labels("missing").inc()
        return Unauthorized("This request carries no token", suggestion=advice)
    AUTH_FAILURES.labels("wrong").inc()
    if request.app[FAILURES].record(request.remote or ""):
        return LimitReached(
            f"Too many requests with a wrong token: at most {FAILURES_PER_MINUTE} a minute",
            suggestion="Wait a minute, then use the token in $MAESTRO_HOME/server.json",
        )
    return Unauthorized("This request carries a token that is not valid", suggestion=advice)


def token_of(request: web.Request) -> str | None:
    """The token a request carries, wherever the client could put it.

    In this order: the Authorization header (RFC 6750), the capability form of the path, and
    on the WebSocket alone the subprotocol `bearer.TOKEN` or the query's `token`.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials
    if parts := capability.split(request.rel_url.raw_path):
        return parts[0]
    if capability.visible_path(request).rstrip("/") in SOCKET_PATHS:
        return _subprotocol_token(request) or request.query.get("token")
    return None


def _subprotocol_token(request: web.Request) -> str | None:
    offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ())).split(",")
    tokens = (word.strip() for word in offered)
    return next((word[len(SUBPROTOCOL_TOKEN) :] for word in tokens if word.startswith(SUBPROTOCOL_TOKEN)), None)
