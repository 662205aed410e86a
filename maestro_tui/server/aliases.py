"""Addresses that mean another one: the route of that one answers, and knows nothing of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractMatchInfo
from yarl import URL

__all__ = ["Alias", "without_slash"]


def without_slash(raw_path: str) -> str | None:
    """The path without the slashes at its end, which many clients add; None when there are none."""
    shorter = raw_path.rstrip("/")
    return shorter if shorter and shorter != raw_path else None


class Alias(web.AbstractResource):
    """Resolves a path to the route of the path it stands for.

    router: whose routes. name: how it is called in logs, `/{name}`. meaning: the path a raw path
    stands for, or None when it stands for itself.
    """

    def __init__(self, router: web.UrlDispatcher, name: str, meaning: Callable[[str], str | None]) -> None:
        super().__init__()
        self._router = router
        self._name = name
        self._meaning = meaning

    @property
    def canonical(self) -> str:
        return f"/{{{self._name}}}"

    async def resolve(self, request: web.Request) -> tuple[Any, set[str]]:
        path = self._meaning(request.rel_url.raw_path)
        if path is None:
            return None, set()
        meant = URL.build(path=path, query_string=request.rel_url.raw_query_string, encoded=True)
        found: AbstractMatchInfo = await self._router.resolve(request.clone(rel_url=meant))
        return found, set()

    def raw_match(self, path: str) -> bool:
        return path == self.canonical

    def url_for(self, **_kwargs: str) -> URL:
        raise NotImplementedError("an alias has no address of its own")

    def add_prefix(self, prefix: str) -> None:
        raise NotImplementedError("an alias stands at the root")

    def get_info(self) -> Any:
        info: Mapping[str, str] = {"path": self.canonical}
        return info

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[web.AbstractRoute]:
        return iter(())
