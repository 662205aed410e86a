"""Whole documents in memory, the most recently used ones.

A record says that a document exists; its body is fetched from the source when somebody
asks for it.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from maestro_tui.domain.errors import NotFound
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.layout import Kind
from maestro_tui.store.json_files.records import Record

__all__ = ["Bodies", "BodySource"]

LARGEST_CACHE_BYTES = 64 * 1024 * 1024
_Key = tuple[Kind, str]


class BodySource(Protocol):
    """Where bodies are kept for as long as their documents exist."""

    async def fetch(self, records: Sequence[Record]) -> list[Entity | None]:
        """The documents of the records, in the same order, at their revisions or newer; None for what is gone."""
        ...


class Bodies:
    """A cache of documents, bounded by the size of their files in bytes."""

    def __init__(self, source: BodySource, *, largest_bytes: int = LARGEST_CACHE_BYTES) -> None:
        self._source = source
        self._largest = largest_bytes
        self._held: OrderedDict[_Key, tuple[Entity, int]] = OrderedDict()
        self._bytes = 0

    def put(self, record: Record, entity: Entity) -> None:
        """Keep a document; the least recently used ones go when it gets too much."""
        self.drop(record.kind, record.id)
        self._held[record.kind, record.id] = (entity, record.stamp.size)
        self._bytes += record.stamp.size
        while self._bytes > self._largest and len(self._held) > 1:
            _, (_, size) = self._held.popitem(last=False)
            self._bytes -= size

    def drop(self, kind: Kind, document_id: str) -> None:
        if (held := self._held.pop((kind, document_id), None)) is not None:
            self._bytes -= held[1]

    async def get(self, record: Record) -> Entity:
        """The document of a record. Raises NotFound when it is gone meanwhile."""
        held = self._recall(record) or (await self.many((record,)))[0]
        if held is None:
            raise NotFound.of(record.kind, record.id)
        return held

    async def many(self, records: Sequence[Record]) -> list[Entity | None]:
        """The documents of the records, in the same order; None for those that are gone meanwhile."""
        found = {record.id: entity for record in records if (entity := self._recall(record)) is not None}
        missing = [record for record in records if record.id not in found]
        if missing:
            for record, entity in zip(missing, await self._source.fetch(missing), strict=True):
                if entity is not None:
                    found[record.id] = entity
                    self._remember(record, entity)
        return [found.get(record.id) for record in records]

    def _recall(self, record: Record) -> Entity | None:
        held = self._held.get((record.kind, record.id))
        if held is None or held[0].revision < record.revision:
            return None
        self._held.move_to_end((record.kind, record.id))
        return held[0]

    def _remember(self, record: Record, entity: Entity) -> None:
        """Keep what was fetched, unless a newer version arrived meanwhile."""
        held = self._held.get((record.kind, record.id))
        if held is None or held[0].revision < entity.revision:
            self.put(record, entity)
