"""Lost output, told to the server: the first loss at once, those that follow closely together.

A program that writes faster than anybody reads loses output many times a second, and each report
is a change of its session that every cockpit hears of.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.runner import reports
from maestro_tui.runner.news import Lost

__all__ = ["Gaps"]

GATHER_SECONDS = 5.0
MOST_GAPS = 16
"""How many one report names; of more, those in the middle count as one."""


class Gaps:
    """Lost output of all sessions of a runner.

    report: gives the server a session's update. start: runs a task of the runner.
    """

    def __init__(
        self,
        report: Callable[[str, UpdateSession], Awaitable[None]],
        start: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._report = report
        self._start = start
        self._waiting: dict[str, list[tuple[int, int]]] = {}

    def add(self, lost: Lost, fence: int) -> None:
        """Report what a session lost."""
        waiting = self._waiting.get(lost.session_id)
        if waiting is None:
            waiting = self._waiting[lost.session_id] = []
            self._start(self._tell(lost.session_id, waiting, fence))
        waiting.append((lost.start, lost.end))

    async def _tell(self, session_id: str, waiting: list[tuple[int, int]], fence: int) -> None:
        try:
            while waiting:
                gaps = few(waiting)
                waiting.clear()
                await self._report(session_id, reports.gaps(gaps, fence))
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            del self._waiting[session_id]


def few(gaps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The gaps, or as many as one report names: what was shown between some of them counts as lost too."""
    if len(gaps) <= MOST_GAPS:
        return list(gaps)
    middle = gaps[MOST_GAPS // 2 : -MOST_GAPS // 2 + 1]
    return [*gaps[: MOST_GAPS // 2], (middle[0][0], middle[-1][1]), *gaps[-MOST_GAPS // 2 + 1 :]]
