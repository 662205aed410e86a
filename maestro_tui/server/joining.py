"""One server for one home, whoever starts first: ours, or the one that owns the data already."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from maestro_tui import discovery
from maestro_tui.config.settings import Settings
from maestro_tui.lifetime import in_background
from maestro_tui.paths import Home
from maestro_tui.server.serving import DirectoryInUse, ServerInfo, serve

__all__ = ["serving_or_joined"]

LOOK_SECONDS = 0.5
"""How often whoever joined a server looks whether it has gone."""
START_SECONDS = 10.0
"""How long another server may take from its lock to being ready."""


@asynccontextmanager
async def serving_or_joined(home: Home, settings: Settings) -> AsyncIterator[ServerInfo]:
    """A server of our own, or the one that owns the data already; ours takes over when that one ends.

    Raises DirectoryInUse where the other one holds the data and does not get ready, and whatever `serve` raises.
    """
    async with AsyncExitStack() as stack:
        yield await _serve_or_join(home, settings, stack)


async def _serve_or_join(home: Home, settings: Settings, stack: AsyncExitStack) -> ServerInfo:
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        try:
            return await stack.enter_async_context(serve(home, settings))
        except DirectoryInUse as taken:
            if (running := taken.info) is not None:
                break
            if asyncio.get_running_loop().time() > deadline:  # it holds the lock, yet never became ready
                raise
        await asyncio.sleep(LOOK_SECONDS)
    await stack.enter_async_context(in_background(_take_over(home, settings, stack), "heir"))
    return running


async def _take_over(home: Home, settings: Settings, stack: AsyncExitStack) -> None:
    """Serve as soon as the server that was joined has gone."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if discovery.read(home) is None:
            with suppress(DirectoryInUse):
                await stack.enter_async_context(serve(home, settings))
                return
