"""Delays between attempts: exponential growth with full jitter.

Full jitter spreads a crowd of clients best after an outage: each delay is drawn
uniformly from zero to the current ceiling, and the ceiling doubles up to a cap.
"""

from collections.abc import Iterator
from random import uniform

__all__ = ["full_jitter"]

SHORTEST_SECONDS = 0.05


def full_jitter(base: float = 1.0, cap: float = 30.0, growth: float = 2.0) -> Iterator[float]:
    """Yield the seconds to wait before each next attempt, for ever.

    base: ceiling of the first delay, in seconds, above zero.
    cap: ceiling of every delay, in seconds.
    growth: factor from one ceiling to the next, at least 1.
    """
    ceiling = min(base, cap)
    while True:
        yield max(uniform(0, ceiling), min(SHORTEST_SECONDS, ceiling))  # noqa: S311 - jitter, not a secret
        ceiling = min(ceiling * growth, cap)
