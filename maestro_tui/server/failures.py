"""Slowing down those who guess tokens."""

from collections import deque
from collections.abc import Callable

__all__ = ["FAILURES_PER_MINUTE", "FailureLimit"]

FAILURES_PER_MINUTE = 20
MOST_PEERS = 1024


class FailureLimit:
    """Counts failed tokens per peer. It slows down guessing only: a good token is never asked for.

    clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float], *, per_minute: int = FAILURES_PER_MINUTE) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._failures: dict[str, deque[float]] = {}

    def record(self, peer: str) -> bool:
        """Note one failure; whether the peer has had more than its share within the last minute."""
        now = self._clock()
        times = self._failures.pop(peer, None) or deque(maxlen=self._per_minute + 1)
        times.append(now)
        self._failures[peer] = times  # the last to fail stands last, so the first is the one to forget
        if len(self._failures) > MOST_PEERS:
            del self._failures[next(iter(self._failures))]
        return len(times) > self._per_minute and now - times[0] < 60
