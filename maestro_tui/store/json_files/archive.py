"""Bodies and words out of the sidecar, fetched off the event loop."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Unavailable
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.layout import Layout
from maestro_tui.store.json_files.reading import read_document
from maestro_tui.store.json_files.records import Record
from maestro_tui.store.json_files.sidecar import SidecarReader
from maestro_tui.store.json_files.sqlite import refused

__all__ = ["Archive"]

log = logging.getLogger(__name__)
R = TypeVar("R")


class Archive:
    """Implements `bodies.BodySource`. Where the sidecar fell behind, the file itself is read."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._reader: SidecarReader | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def fetch(self, records: Sequence[Record]) -> list[Entity | None]:
        """The documents of the records, in the same order; None for one that is gone. Raises Unavailable."""
        return await self._run(lambda: self._fetch(records))

    async def holding(self, text: str) -> frozenset[str]:
        """The ids of the tasks whose title or description holds text, case ignored. Raises Unavailable."""
        try:
            return await self._run(lambda: self._sidecar().holding(text))
        except sqlite3.Error as error:
            raise refused(error, "The text cannot be searched") from error

    async def close(self) -> None:
        if self._reader is not None:
            await self._run(self._reader.close)
        self._thread.shutdown(wait=False)

    async def _run(self, function: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _fetch(self, records: Sequence[Record]) -> list[Entity | None]:
        try:
            found = self._sidecar().bodies(records)
        except (sqlite3.Error, ValueError) as error:
            log.warning("the sidecar cannot be read (%s); documents come from their files", error)
            found = [None] * len(records)
        return [entity or self._from_file(record) for record, entity in zip(records, found, strict=True)]

    def _sidecar(self) -> SidecarReader:
        """Opened when it is first needed: a start may have built the sidecar anew."""
        if self._reader is None:
            self._reader = SidecarReader(self._layout.sidecar)
        return self._reader

    def _from_file(self, record: Record) -> Entity | None:
        state = read_document(record.key, self._layout.path(record.key))
        if state is None:
            return None
        if state.decoded is None:
            raise Unavailable(f"{record.kind.capitalize()} '{record.id}' cannot be read at the moment")
        entity = state.decoded.entity
        return entity if entity.revision > record.disk_revision else evolve(entity, revision=record.revision)
