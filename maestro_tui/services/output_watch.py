"""Hearing of new output of a session as it is recorded, for those who follow it over HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["OutputWatch"]

LOG = logging.getLogger(__name__)

STEP_MS, MOST_MS = 25, 60
"""How long a change waits for the next one, and at most: a follower hears at most some 20 times a second."""
LINGER_SECONDS = 5.0
"""A follower asks again at once; until then its watcher stays."""


@dataclass(slots=True)
class _Watched:
    """A directory that is watched, and who waits for news of it."""

    task: "asyncio.Task[None] | None" = None
    waiting: set[asyncio.Event] = field(default_factory=set)
    leaving: asyncio.TimerHandle | None = None


class OutputWatch:
    """One watcher for each directory somebody waits for; none while nobody does."""

    def __init__(self) -> None:
        self._watched: dict[Path, _Watched] = {}

    @asynccontextmanager
    async def on(self, directory: Path) -> AsyncIterator[asyncio.Event]:
        """From now on the event is set when something below the directory was written. Look at it within.

        Where the system does not tell, or the directory is not there yet, it is never set.
        """
        watched = await self._begin(directory)
        changed = asyncio.Event()
        watched.waiting.add(changed)
        try:
            yield changed
        finally:
            watched.waiting.discard(changed)
            if not watched.waiting:
                watched.leaving = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._end, directory)

    def close(self) -> None:
        """Watch nothing any more."""
        for directory in tuple(self._watched):
            self._end(directory)

    async def _begin(self, directory: Path) -> _Watched:
        watched = self._watched.setdefault(directory, _Watched())
        if watched.leaving is not None:
            watched.leaving.cancel()
            watched.leaving = None
        if watched.task is None or watched.task.done():
            watched.task = asyncio.create_task(self._watch(directory, watched))
            await asyncio.sleep(0)  # it watches once it has begun
        return watched

    def _end(self, directory: Path) -> None:
        watched = self._watched.pop(directory)
        if watched.leaving is not None:
            watched.leaving.cancel()
        if watched.task is not None:
            watched.task.cancel()

    async def _watch(self, directory: Path, watched: _Watched) -> None:
        from watchfiles import awatch  # a start of the server needs it for nothing else

        try:
            async for _ in awatch(directory, watch_filter=None, step=STEP_MS, debounce=MOST_MS):
                for changed in watched.waiting:
                    changed.set()
        except (OSError, RuntimeError) as error:
            LOG.info("New output in %s is not told of: %s", directory, error)
