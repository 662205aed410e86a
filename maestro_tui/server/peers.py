"""Where a request comes from, and the token it carries."""

from aiohttp import web

from maestro_tui.server import capability
from maestro_tui.server.keys import DEPENDENCIES

__all__ = ["SUBPROTOCOL_TOKEN", "peer_of", "token_of"]

SUBPROTOCOL_TOKEN = "bearer."  # noqa: S105 - the mark in front of a token
SOCKET_PATHS = frozenset({"", "/ws"})


def peer_of(request: web.Request) -> str:
    """The address a request comes from: the connection's, or the one a proxy of ours saw last."""
    if request.app[DEPENDENCIES].settings.server.behind_proxy:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return request.remote or ""


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
