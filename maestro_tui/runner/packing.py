"""Scrollbacks packed while nobody needs them: a full one takes a tenth of its memory then."""

import asyncio
from collections.abc import Iterable, Sequence
from time import perf_counter

from maestro_tui.runner.live_terminal import LiveTerminal

__all__ = ["Packing"]

PAUSE_SECONDS = 5.0
SLICE_SECONDS = 0.002
"""How long the event loop is kept at a time."""
BUSY_ROWS = 2_000
"""More new rows than this since the last look: the terminal is flooded, and packing would only slow it down."""


class Packing:
    """Packs the scrollbacks of some terminals, a slice at a time."""

    def __init__(self, *, pause: float = PAUSE_SECONDS) -> None:
        self._pause = pause
        self._seen: dict[str, int] = {}

    async def run(self, terminals: Iterable[LiveTerminal]) -> None:
        """Look at the terminals there are, again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._pause)
            await self.look(list(terminals))

    async def look(self, terminals: Sequence[LiveTerminal]) -> None:
        """Pack the scrollbacks of those to which little was added since the last look."""
        self._seen = {live.session_id: self._seen.get(live.session_id, 0) for live in terminals}
        for live in terminals:
            await self._look_at(live)

    async def _look_at(self, live: LiveTerminal) -> None:
        seen, now = self._seen[live.session_id], live.terminal.scrolled_rows
        self._seen[live.session_id] = now
        if now - seen < BUSY_ROWS:
            while _packs_on(live):  # noqa: ASYNC110 - nothing is awaited: the loop is left to others
                await asyncio.sleep(SLICE_SECONDS)


def _packs_on(live: LiveTerminal) -> bool:
    """Pack for one slice; whether there is more to pack."""
    until = perf_counter() + SLICE_SECONDS
    while perf_counter() < until:
        if not live.terminal.pack():
            return False
    return True
