"""Read, change, save: the one way a stored document changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from maestro_tui.domain.document import Document, evolve
from maestro_tui.domain.errors import Conflict
from maestro_tui.store.base import Collection
from maestro_tui.store.matching import require_revision

__all__ = ["Edit", "edit"]

D = TypeVar("D", bound=Document)
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Edit(Generic[D]):
    """A document before and after a change; the same object twice when nothing changed."""

    before: D
    after: D

    @property
    def changed(self) -> bool:
        return self.after is not self.before


async def edit(
    collection: Collection[D, Any],
    document_id: str,
    change: Callable[[D], D],
    *,
    now: int,
    revision: int | None = None,
) -> Edit[D]:
    """Apply change to the stored document and save it; a change that changes nothing saves nothing.

    revision: what the caller read; when the stored one is another, Conflict. Without it the
    change is applied to whatever is there, again if somebody else (an editor, a person) was
    faster. change may be called more than once. Hold the document's lock.
    """
    for last in [False] * (ATTEMPTS - 1) + [True]:
        before = await collection.get(document_id)
        if revision is not None:
            require_revision(type(before).__name__.lower(), before, revision)
        changed = change(before)
        if changed == before:
            return Edit(before, before)
        try:
            return Edit(before, await collection.save(evolve(changed, updated_at=now)))
        except Conflict:
            if last or revision is not None:
                raise
    raise AssertionError("the last attempt returns or raises")
