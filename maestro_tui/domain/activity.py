"""Activity: what an agent is doing, and the evidence for it. How evidence is weighed: `runner.evidence`."""

from maestro_tui.domain.document import Part
from maestro_tui.domain.status import ActivityState, EvidenceSource, Need

__all__ = ["Activity", "Evidence"]


class Evidence(Part):
    """One reason to believe that an agent is in a state.

    need: what it waits for, with `waiting`. detail: in words, one line. at: when it was seen, Unix ms.
    expires_at: from when on it says nothing any more; None: until its source says something else.
    """

    source: EvidenceSource
    state: ActivityState
    need: Need | None = None
    detail: str = ""
    at: int
    expires_at: int | None = None

    def has_expired(self, now: int) -> bool:
        return self.expires_at is not None and now >= self.expires_at

    def counted(self, at: int) -> bool:
        """Whether it was known and counted at that moment. at: Unix ms."""
        return self.at <= at and not self.has_expired(at)


class Activity(Part):
    """What the runner that holds a session makes of all evidence.

    because: the deciding piece of evidence, or why there is no telling, in words. since: from when
    on, Unix ms. evidence: all there was at that moment, the newest first, what did not count included.
    """

    state: ActivityState
    need: Need | None = None
    because: str = ""
    since: int
    evidence: tuple[Evidence, ...] = ()
