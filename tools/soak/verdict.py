"""Whether a figure stayed flat: two quarters of a run compared by a rule that is written down.

A figure is flat when the median of its last quarter is at most the median of its first one,
a share of that, and an allowance for what comes and goes. A process that lives long enough is
held to the same rule over its own life, so that a restart hides nothing.
"""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["LONG_LIFE", "RULES", "WARM_UP", "Compared", "Rule", "compare", "compare_lives"]

LONG_LIFE = 600.0
"""Seconds from which on a process's own life is looked at."""
WARM_UP = 120.0
"""Seconds of a life that do not count: caches fill, sessions are taken over."""

Sample = tuple[float, float]
"""When, in seconds of the run, and how much."""


class Rule(NamedTuple):
    """How much more the end may be than the beginning: a share of that, and an allowance in the figure's unit."""

    unit: str
    share: float
    allowance: float

    def limit(self, first: float) -> float:
        """The most the last quarter may be."""
        return first * (1 + self.share) + self.allowance


RULES = {
    "PSS": Rule("MB", 0.10, 3.0),
    "RSS": Rule("MB", 0.10, 3.0),
    "descriptors": Rule("", 0.0, 4.0),
    "threads": Rule("", 0.0, 4.0),
    "lag p50": Rule("ms", 1.0, 20.0),
    "lag p99": Rule("ms", 1.0, 250.0),
}


class Compared(NamedTuple):
    """One figure of one process or kind of processes, at both ends of a run or a life."""

    who: str
    figure: str
    first: float
    last: float
    highest: float
    limit: float

    @property
    def is_flat(self) -> bool:
        return self.last <= self.limit


def compare(who: str, figure: str, samples: Iterable[Sample]) -> Compared | None:
    """The medians of the first and the last quarter of the time; None for fewer than eight samples."""
    ordered = sorted(samples)
    if len(ordered) < 8:
        return None
    begin, end = ordered[0][0], ordered[-1][0]
    quarter = (end - begin) / 4
    first = statistics.median(value for at, value in ordered if at <= begin + quarter)
    last = statistics.median(value for at, value in ordered if at >= end - quarter)
    highest = max(value for _, value in ordered)
    return Compared(who, figure, first, last, highest, RULES[figure].limit(first))


def compare_lives(who: str, figure: str, lives: Sequence[Sequence[Sample]]) -> list[Compared]:
    """The same for each life that was long enough, without its first minutes."""
    found = []
    for number, life in enumerate(lives, 1):
        ordered = sorted(life)
        if not ordered or ordered[-1][0] - ordered[0][0] < LONG_LIFE:
            continue
        settled = [sample for sample in ordered if sample[0] >= ordered[0][0] + WARM_UP]
        if (one := compare(f"{who}, life {number}", figure, settled)) is not None:
            found.append(one)
    return found
