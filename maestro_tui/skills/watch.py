"""Noticing that skill folders change: told by the system, and by looking around for what it cannot tell."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from watchfiles import awatch

__all__ = ["watch_folders"]

LOG = logging.getLogger(__name__)
DEBOUNCE_MS, STEP_MS = 200, 50
LOOK_AROUND_SECONDS = 5.0


async def watch_folders(directories: Sequence[Path]) -> AsyncIterator[None]:
    """Come round at once and whenever something in the directories may have changed, for as long as it is asked.

    A directory that appears later is watched from then on. Where the system does not tell of
    changes, every few seconds.
    """
    while True:
        present = [directory for directory in directories if directory.is_dir()]
        yield
        if not present:
            await asyncio.sleep(LOOK_AROUND_SECONDS)
            continue
        fresh = True  # what changed before the system began to tell shows at the first pause
        try:
            async for changes in awatch(
                *present,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                rust_timeout=int(LOOK_AROUND_SECONDS * 1000),
                yield_on_timeout=True,
            ):
                if present != [directory for directory in directories if directory.is_dir()]:
                    break
                if changes or fresh:
                    fresh = fresh and bool(changes)
                    yield
        except (OSError, RuntimeError) as error:
            LOG.warning(
                "the system does not tell of changed skills (%s); looking every few seconds instead", error
            )
            await asyncio.sleep(LOOK_AROUND_SECONDS)
