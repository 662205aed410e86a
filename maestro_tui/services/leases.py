"""Until when a runner's claim holds, renewals included.

A claim is durable; its renewals, a few times a minute for every agent, are kept in memory
and touch no file and no socket. After a restart every lease found in a document is given
one more grace period, in which its runner comes back and renews.
"""

from maestro_tui.domain.session import Session
from maestro_tui.services.clock import Clock

__all__ = ["Leases"]

GRACE_MS = 15_000


class Leases:
    """The leases in force."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grace_ends = clock() + GRACE_MS
        self._renewed: dict[str, int] = {}

    def expires_at(self, session: Session) -> int:
        """When the session's lease ends (Unix ms); 0 when nobody has one."""
        if session.lease is None:
            return 0
        return max(self._renewed.get(session.id, self._grace_ends), session.lease.expires_at)

    def is_held(self, session: Session) -> bool:
        """Whether a runner holds the session now."""
        return self.expires_at(session) > self._clock()

    def extend(self, session_id: str, expires_at: int) -> None:
        """Let the session's lease end at expires_at (Unix ms)."""
        self._renewed[session_id] = expires_at

    def forget_expired(self) -> None:
        """Keep in mind only what is in force: sessions end and are deleted with their leases."""
        now = self._clock()
        if now > self._grace_ends:
            self._renewed = {one: expires_at for one, expires_at in self._renewed.items() if expires_at > now}

    def forget(self, session_id: str) -> None:
        """The session has no lease any more."""
        self._renewed.pop(session_id, None)
