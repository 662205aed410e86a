"""The capability form of every address: `/~TOKEN/api/tasks` is `/api/tasks` with a token.

Clients that cannot send headers put the token into their base URL. The resource below finds
the route of what remains of the path, so each route works in both forms and none knows it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractMatchInfo
from yarl import URL

__all__ = ["CapabilityResource", "split", "visible_path"]

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


class CapabilityResource(web.AbstractResource):
    """Matches `/~TOKEN/…` and resolves to the route that the rest of the path names."""

    def __init__(self, router: web.UrlDispatcher) -> None:
        super().__init__()
        self._router = router

    @property
    def canonical(self) -> str:
        return "/{capability}"

    async def resolve(self, request: web.Request) -> tuple[Any, set[str]]:
        parts = split(request.rel_url.raw_path)
        if parts is None or parts[1].startswith(MARK):
            return None, set()
        inner = URL.build(path=parts[1], query_string=request.rel_url.raw_query_string, encoded=True)
        found: AbstractMatchInfo = await self._router.resolve(request.clone(rel_url=inner))
        return found, set()

    def raw_match(self, path: str) -> bool:
        return path == self.canonical

    def url_for(self, **_kwargs: str) -> URL:
        raise NotImplementedError("a capability address is built by whoever holds the token")

    def add_prefix(self, prefix: str) -> None:
        raise NotImplementedError("a capability stands at the root")

    def get_info(self) -> Any:
        info: Mapping[str, str] = {"path": self.canonical}
        return info

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[web.AbstractRoute]:
        return iter(())
