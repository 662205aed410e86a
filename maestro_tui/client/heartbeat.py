"""When to ping, and when a connection that looks open is dead. Pure: the caller brings the clock."""

from dataclasses import dataclass

__all__ = ["Dead", "Heartbeat", "Ping"]

SLEEP_SECONDS = 20.0
"""A wall clock that runs this far ahead of the monotonic one: the machine has slept."""

STALL_SECONDS = 1.0
"""Later than this, it was our own loop that did not listen."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Send `{type: "ping", id}` now."""

    id: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Close and connect again."""

    reason: str


class Heartbeat:
    """The pulse of one connection.

    A ping goes out twice per interval, so that the round trip stays fresh; a connection on
    which nothing at all arrived for two intervals is dead. Times are seconds: now of a
    monotonic clock, wall of the one on the wall.
    """

    def __init__(self, interval: float, now: float, wall: float) -> None:
        self._interval = interval
        self._heard = now
        self._next_ping = now
        self._expected = now
        self._ahead = wall - now
        self._number = 0
        self._sent: dict[str, float] = {}

    def adopt(self, interval: float) -> None:
        """Beat in the interval the server named, in seconds."""
        self._interval = interval

    def heard(self, now: float) -> None:
        """Something arrived, whatever it was."""
        self._heard = now

    def pong(self, identifier: str, now: float) -> float | None:
        """The round trip in milliseconds; None for a pong nobody asked for."""
        sent = self._sent.pop(identifier, None)
        return None if sent is None else (now - sent) * 1000

    def poll(self, now: float, wall: float) -> Ping | Dead | None:
        """What to do now. Call it whenever something arrives and when `wait` is over."""
        if wall - now - self._ahead > SLEEP_SECONDS:
            return Dead("the machine was asleep")
        self._ahead = wall - now
        self._forgive_stall(now)
        if now - self._heard >= 2 * self._interval:
            return Dead(f"nothing was heard for {now - self._heard:.0f} s")
        return self._ping(now) if now >= self._next_ping else None

    def wait(self, now: float) -> float:
        """Seconds until the next poll is due; above zero."""
        self._expected = min(self._next_ping, self._heard + 2 * self._interval)
        return max(self._expected - now, 0.001)

    def _forgive_stall(self, now: float) -> None:
        # What came while our loop was held up lies unread in the socket: silence then proves nothing.
        late = now - self._expected
        if late > STALL_SECONDS:
            self._heard += late
        self._expected = now

    def _ping(self, now: float) -> Ping:
        self._number += 1
        self._next_ping = now + self._interval / 2
        self._sent[ping := str(self._number)] = now
        while len(self._sent) > 4:
            del self._sent[next(iter(self._sent))]
        return Ping(ping)
