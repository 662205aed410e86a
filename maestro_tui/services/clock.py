"""The clock the use cases read, so that tests can hold it."""

import time
from collections.abc import Callable

__all__ = ["Clock", "ascending", "wall_clock"]

MOST_AHEAD_MS = 1000
"""A clock that is further behind than this was set back."""

Clock = Callable[[], int]
"""Returns Unix milliseconds."""


def wall_clock() -> int:
    """Now, in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def ascending(clock: Clock) -> Clock:
    """That clock, but never the same millisecond twice: what is named after its moments sorts by them.

    It may be ahead by as many milliseconds as it was asked too often; a clock that is set back is followed.
    """
    latest = -1

    def next_moment() -> int:
        nonlocal latest
        now = clock()
        latest = latest + 1 if 0 <= latest - now < MOST_AHEAD_MS else now
        return latest

    return next_moment
