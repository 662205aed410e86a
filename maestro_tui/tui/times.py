"""Times as people say them."""

import time
from collections.abc import Callable

__all__ = ["Clock", "ago", "clock_time", "wall_clock", "when"]

Clock = Callable[[], int]
"""Returns Unix milliseconds."""

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def wall_clock() -> int:
    """Now, in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def ago(then: int, now: int) -> str:
    """How long ago, in one short word: `now`, `40s`, `3m`, `2h`, `5d`. Both in Unix milliseconds."""
    seconds = max(now - then, 0) // 1000
    if seconds < 10:
        return "now"
    if seconds < MINUTE:
        return f"{seconds}s"
    if seconds < HOUR:
        return f"{seconds // MINUTE}m"
    if seconds < DAY:
        return f"{seconds // HOUR}h"
    return f"{seconds // DAY}d"


def when(then: int, now: int) -> str:
    """How long ago, to read in a sentence: `just now`, `3m ago`. Both in Unix milliseconds."""
    word = ago(then, now)
    return "just now" if word == "now" else f"{word} ago"


def clock_time(then: int) -> str:
    """The time of day, local: `10:31:07`. then: Unix milliseconds."""
    return time.strftime("%H:%M:%S", time.localtime(then / 1000))
