"""Which keyed request is being carried out, for whoever makes something on its behalf.

A request whose first run was cut off (the process was killed, the disk was full) is carried
out again under its key. What the first run made has the ids that the second one would give,
so the second one finds it and makes nothing twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from maestro_tui.domain.attempt import Attempt
from maestro_tui.domain.document import Document
from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.ids import new_id
from maestro_tui.store.base import Collection

__all__ = ["already_made", "carrying_out", "made_id"]

D = TypeVar("D", bound=Document)
_current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


@contextmanager
def carrying_out(attempt: Attempt) -> Iterator[None]:
    """Whatever is made within belongs to this request."""
    token = _current.set(attempt)
    try:
        yield
    finally:
        _current.reset(token)


def made_id(prefix: str, now: int) -> str:
    """The id of something new, made for the present request. Ask once for each thing, in the same order always."""
    attempt = _current.get()
    return new_id(prefix, now) if attempt is None else attempt.id(prefix)


async def already_made(collection: Collection[D, Any], document_id: str) -> D | None:
    """The document of this id, where an earlier run of the present request stored it."""
    attempt = _current.get()
    if attempt is not None and attempt.repeated:
        with suppress(NotFound):
            return await collection.get(document_id)
    return None
