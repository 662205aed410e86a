"""How long things last: until a signal comes, or as long as what they belong to."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

__all__ = ["in_background", "on_signals", "until_told_to_stop"]

LOG = logging.getLogger(__name__)


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Work that lasts as long as the context. What fails in it is logged, and nothing else stops."""

    def told(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.critical("The %s ended: this is a defect", name, exc_info=error)

    task = asyncio.create_task(work, name=name)
    task.add_done_callback(told)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_told_to_stop(work: Coroutine[Any, Any, None]) -> None:
    """Let work go on until SIGINT or SIGTERM, also while it still starts; it then closes what it opened."""
    told = asyncio.Event()
    on_signals((signal.SIGINT, signal.SIGTERM), told.set)
    tasks = working, _ = asyncio.create_task(work), asyncio.create_task(told.wait())
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


def on_signals(numbers: Sequence[signal.Signals], react: Callable[[], None]) -> None:
    """Call react in the event loop when one of the signals comes, instead of what it would do by itself."""
    loop = asyncio.get_running_loop()
    for number in numbers:
        loop.add_signal_handler(number, react)
