"""Notices what other hands do to the files: told by the system where it tells, by looking around elsewhere."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import Change as FileChange
from watchfiles import awatch

from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout
from maestro_tui.store.json_files.scanning import task_directories

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
        self._group: asyncio.TaskGroup | None = None
        self._late: set[Path] = set()
        self._late_stop = asyncio.Event()
        self.ready = asyncio.Event()
        """Set when changes are noticed at once, or it is known that they cannot be."""

    async def run(self) -> None:
        """Watch until `stop`."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(
                self._listen({*self._layout.roots.values(), *task_directories(self._layout)}, self._stop)
            )
            group.create_task(self._look_around())

    def stop(self) -> None:
        self._stop.set()
        self._late_stop.set()

    async def _listen(self, wanted: Iterable[Path], stop: asyncio.Event) -> None:
        """Hear of changes in these directories from the first step on.

        Each is watched by itself: to watch a whole tree, the library looks at every file in it.
        """
        self.ready.set()
        try:
            async for changes in awatch(
                *(directory for directory in wanted if directory.is_dir()),
                watch_filter=self._concerns_documents,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=stop,
                recursive=False,
            ):
                await self._take({Path(path) for _, path in changes})
        except (OSError, RuntimeError) as error:
            log.warning("the system does not tell of changed files (%s); looking every few seconds instead", error)
            self._blind = True

    async def _take(self, paths: set[Path]) -> None:
        await self._look({key for path in paths if (key := self._layout.key(path)) is not None})
        if moved := {path for path in paths if path.parent == self._layout.roots[Kind.TASK]}:
            await self._listen_also(moved)

    async def _listen_also(self, moved: set[Path]) -> None:
        """Watch directories that came, too; and look for what came into them before that, or went with them."""
        doubtful = self._late | moved  # also for what the one that ends now had heard and not yet told
        self._late = {directory for directory in doubtful if directory.is_dir()}
        before, self._late_stop = self._late_stop, asyncio.Event()
        if self._stop.is_set():
            return
        if self._late:
            assert self._group is not None
            self._group.create_task(self._listen(tuple(self._late), self._late_stop))
            await asyncio.sleep(0)  # it has begun; only now may the one end that knew of fewer
        before.set()
        for directory in doubtful:
            await self._look(await self._rescan(directory.name))

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
        return change is not FileChange.modified and Path(path).parent == self._layout.roots[Kind.TASK]
