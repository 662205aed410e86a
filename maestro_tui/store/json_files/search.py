"""Text in titles and descriptions."""

from collections.abc import Sequence
from typing import Protocol

from maestro_tui.domain.task import Task
from maestro_tui.store.json_files.bodies import Bodies
from maestro_tui.store.json_files.records import Record

__all__ = ["BodySearch", "Search"]


class Search(Protocol):
    """Finds text in documents."""

    async def holding(self, text: str, candidates: Sequence[Record]) -> frozenset[str]:
        """The ids of those candidates whose title or description holds text, case ignored."""
        ...


class BodySearch:
    """Looks into every candidate's body."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    async def holding(self, text: str, candidates: Sequence[Record]) -> frozenset[str]:
        wanted = text.casefold()
        entities = await self._bodies.many(candidates)
        return frozenset(
            entity.id
            for entity in entities
            if isinstance(entity, Task)
            and (wanted in entity.title.casefold() or wanted in entity.description.casefold())
        )
