"""What `maestro-tui run` says at its start: how the agents fared while nobody was here, and which nobody knows."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from maestro_tui.files import ensure_private_directory
from maestro_tui.hosts import strangers
from maestro_tui.lifetime import in_background
from maestro_tui.paths import Home
from maestro_tui.runner.hosts import Hosts
from maestro_tui.tui.meanwhile import told

if TYPE_CHECKING:
    from maestro_tui.client.feed import Feed

__all__ = ["here", "look_back"]

LOG = logging.getLogger(__name__)

SEEN = "runner.seen"
COCKPIT = "cockpit.json"
TOUCH_SECONDS = 10.0
LOOK_SECONDS = 0.05


@asynccontextmanager
async def here(home: Home) -> AsyncIterator[int | None]:
    """Leave a trace of being here, every 10 s; yields when one was last (Unix ms), None for never."""
    seen = [path.stat().st_mtime_ns for name in (SEEN, COCKPIT) if (path := home.state / name).exists()]
    async with in_background(_keep_touching(home), "trace of being here"):
        yield max(seen) // 1_000_000 if seen else None


async def look_back(feed: "Feed", home: Home, left_at: int | None) -> list[str]:
    """The lines to say once the server has told what there is. left_at: see `here`."""
    while not feed.connection.is_online:  # noqa: ASYNC110 - asked once, at the start
        await asyncio.sleep(LOOK_SECONDS)
    hosts, sessions = Hosts(home), feed.mirror.sessions
    lines = []
    if left_at is not None:
        waiting = sum(session.needs_person for session in sessions.values())
        if said := told(await hosts.meanwhile(sessions.values(), left_at), waiting):
            lines.append(f"while nobody was here: {said}")
    return lines + strangers(await hosts.unknown(sessions), await hosts.orphans())


async def _keep_touching(home: Home) -> None:
    while True:
        try:
            ensure_private_directory(home.state)
            (home.state / SEEN).touch(mode=0o600)
            os.utime(home.state / SEEN)
        except OSError as error:
            LOG.info("When this runner was here is not remembered: %s", error)
        await asyncio.sleep(TOUCH_SECONDS)
