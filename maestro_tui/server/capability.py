"""The capability form of every address: `/~TOKEN/api/tasks` is `/api/tasks` with a token.

Clients that cannot send headers put the token into their base URL. `server.aliases` finds the
route of what remains of the path, so each route works in both forms and none knows it.
"""

from aiohttp import web

__all__ = ["behind", "split", "visible_path"]

MARK = "/~"


def split(raw_path: str) -> tuple[str, str] | None:
    """The token and the path after it; None when the path is not in the capability form."""
    if not raw_path.startswith(MARK):
        return None
    token, _, rest = raw_path[len(MARK) :].partition("/")
    return token, "/" + rest.lstrip("/")


def visible_path(request: web.BaseRequest) -> str:
    """The request's path without any token: fit for messages, logs and digests."""
    parts = split(request.rel_url.raw_path)
    return parts[1] if parts else request.rel_url.raw_path


def behind(raw_path: str) -> str | None:
    """The path that a capability stands before; None when none does, or one stands before another."""
    parts = split(raw_path)
    return parts[1] if parts and not parts[1].startswith(MARK) else None
