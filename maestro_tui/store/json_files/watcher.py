"""Notices what other hands do to the files: told by the system where it tells, by looking around elsewhere."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import Change as FileChange
from watchfiles import awatch

from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout

__all__ = ["Watcher"]

log = logging.getLogger(__name__)
_DEBOUNCE_MS, _STEP_MS = 100, 20
RESCAN_SECONDS = 60.0
BLIND_RESCAN_SECONDS = 2.0


class Watcher:
    """Calls look with the documents whose files may have changed; our own writes among them.

    rescan: finds the documents whose files differ from what is known, however that came about;
    of one project's tasks when its id is given.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        look: Callable[[Iterable[DocumentKey]], Awaitable[None]],
        rescan: Callable[[str | None], Awaitable[Iterable[DocumentKey]]],
    ) -> None:
        self._layout = layout
        self._look = look
        self._rescan = rescan
        self._stop = asyncio.Event()
        self._blind = False
        self.ready = asyncio.Event()
        """Set when changes are noticed at once, or it is known that they cannot be."""

    async def run(self) -> None:
        """Watch until `stop`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._look_around())

    def stop(self) -> None:
        self._stop.set()

    async def _listen(self) -> None:
        roots = self._layout.roots.values()
        self.ready.set()
        try:
            async for changes in awatch(
                *roots,
                watch_filter=self._concerns_documents,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stop,
                recursive=True,
            ):
                await self._take({Path(path) for _, path in changes})
        except (OSError, RuntimeError) as error:
            log.warning("the system does not tell of changed files (%s); looking every few seconds instead", error)
            self._blind = True

    async def _take(self, paths: set[Path]) -> None:
        await self._look({key for path in paths if (key := self._layout.key(path)) is not None})
        for path in paths:
            if path.parent == self._layout.roots[Kind.TASK]:
                # A new directory is watched a moment after it appears: look for what came into it before.
                await self._look(await self._rescan(path.name))

    async def _look_around(self) -> None:
        while not self._stop.is_set():
            seconds = BLIND_RESCAN_SECONDS if self._blind else RESCAN_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds)
                return
            await self._look(await self._rescan(None))

    def _concerns_documents(self, change: FileChange, path: str) -> bool:
        if path.endswith(".json"):
            return not path.rpartition("/")[2].startswith(".")
        return change is FileChange.added and Path(path).parent == self._layout.roots[Kind.TASK]
