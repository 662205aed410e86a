"""Who waits for whom: one lock per key, shared or exclusive, and writes that are never cut in half."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

__all__ = ["SPAWNING", "KeyedLocks", "finish_writes", "uninterrupted"]

P = ParamSpec("P")
R = TypeVar("R")
Key = tuple[str, ...]

SPAWNING: Key = ("spawning",)
"""Shared by every spawn; whoever pauses them holds it alone, so that none slips through."""

_finishing: set[asyncio.Task[Any]] = set()


def uninterrupted(method: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Awaitable[R]]:
    """Let the coroutine finish even when its caller is cancelled.

    A write is durable first and announced second; a caller that goes away between the two
    must not leave a document nobody hears of.
    """

    @functools.wraps(method)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        task = asyncio.ensure_future(method(*args, **kwargs))
        _finishing.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(_finishing.discard)
        return await asyncio.shield(task)

    return wrapper


async def finish_writes() -> None:
    """Wait for the writes in flight, those of cancelled callers included; call it before a store is closed."""
    loop = asyncio.get_running_loop()
    while waiting := [task for task in _finishing if task.get_loop() is loop]:
        await asyncio.wait(waiting)


class KeyedLocks:
    """Locks by key (kind and id), made when first asked for and dropped when nobody wants them.

    Always take SPAWNING before a project's lock, that before a document's, and never two
    documents' at once.
    """

    def __init__(self) -> None:
        self._locks: dict[Key, _SharedLock] = {}

    @asynccontextmanager
    async def exclusive(self, *key: str) -> AsyncIterator[None]:
        """Alone with key: nobody else holds it, shared or exclusive."""
        lock = self._join(key)
        try:
            await lock.take_alone()
            try:
                yield
            finally:
                lock.leave_alone()
        finally:
            self._part(key, lock)

    @asynccontextmanager
    async def shared(self, *key: str) -> AsyncIterator[None]:
        """Hold key together with other sharers; whoever wants it alone waits, and goes before later sharers."""
        lock = self._join(key)
        try:
            await lock.take_shared()
            try:
                yield
            finally:
                lock.leave_shared()
        finally:
            self._part(key, lock)

    def _join(self, key: Key) -> "_SharedLock":
        lock = self._locks.setdefault(key, _SharedLock())
        lock.interested += 1
        return lock

    def _part(self, key: Key, lock: "_SharedLock") -> None:
        lock.interested -= 1
        if not lock.interested:
            del self._locks[key]


class _SharedLock:
    """A fair lock for many sharers or one holder: newcomers pass through the gate in order of arrival."""

    def __init__(self) -> None:
        self.interested = 0
        self._gate = asyncio.Lock()
        self._sharers = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def take_alone(self) -> None:
        await self._gate.acquire()
        try:
            await self._empty.wait()
        except BaseException:
            self._gate.release()
            raise

    def leave_alone(self) -> None:
        self._gate.release()

    async def take_shared(self) -> None:
        async with self._gate:
            self._sharers += 1
            self._empty.clear()

    def leave_shared(self) -> None:
        self._sharers -= 1
        if not self._sharers:
            self._empty.set()
