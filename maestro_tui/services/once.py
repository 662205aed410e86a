"""Finding what a request has already made, when it comes again and its answer was not kept.

A server may be killed after a document is durable and before the answer is. What a request
with a key makes therefore carries the request's mark, and is as durable as itself.
"""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import Document, RequestMark
from maestro_tui.services.idempotency import KEEP_MS, key_reused
from maestro_tui.store.base import Collection

__all__ = ["made_before", "part_made_before"]


class Marked(Protocol):
    """Something that says which request made it."""

    @property
    def request(self) -> RequestMark | None: ...


D = TypeVar("D", bound=Document)
M = TypeVar("M", bound=Marked)


async def made_before(collection: Collection[D, Any], actor: Actor) -> D | None:
    """The document that this very request made. Raises BusinessRuleBroken when its body was another."""
    if actor.request is None:
        return None
    document = await collection.made_by(actor.request.digest)
    return document if document is not None and _is_same(document.request, actor.request) else None


def part_made_before(parts: Iterable[M], actor: Actor) -> M | None:
    """The part of a document that this very request made. Raises BusinessRuleBroken when its body was another."""
    asked = actor.request
    if asked is None:
        return None
    return next((part for part in parts if _is_same(part.request, asked)), None)


def _is_same(made: RequestMark | None, asked: RequestMark) -> bool:
    if made is None or made.digest != asked.digest or asked.at - made.at >= KEEP_MS:
        return False
    if made.body != asked.body:
        raise key_reused()
    return True
