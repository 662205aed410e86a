"""What an agent's reports say of its activity: progress is work, and who says that all is done rests."""

from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import ActivityState, EvidenceSource, SessionStatus
from maestro_tui.domain.text import clean_line

__all__ = ["heard"]

PROGRESS_MS = 10 * 60_000
"""How long a report of progress says that its agent works: as often as agents are told to report."""
LONGEST_DETAIL = 300

_WORKING = frozenset({"progress"})
_DONE = frozenset({"completed", "task_completed"})


def heard(session: Session, said: str, message: str, actor: Actor, now: int) -> Session:
    """The session after its own agent said something on its timeline; others say nothing of its activity.

    said: the entry's type. A report that all is done makes a running session idle, one of progress
    makes an idle one run: so an agent without hooks can be waited for.
    """
    if actor.session_id != session.id or not session.is_live:
        return session
    if said in _WORKING:
        detail = f"it reported progress: {message}"
        session = _with(session, ActivityState.WORKING, detail, now, expires_at=now + PROGRESS_MS)
        return _moved(session, SessionStatus.IDLE, SessionStatus.RUNNING)
    if said in _DONE:
        session = _with(session, ActivityState.IDLE, f"it reported that it is finished: {message}", now)
        return _moved(session, SessionStatus.RUNNING, SessionStatus.IDLE)
    return session


def _with(session: Session, state: ActivityState, detail: str, now: int, expires_at: int | None = None) -> Session:
    told = Evidence(
        source=EvidenceSource.REPORT,
        state=state,
        detail=clean_line(detail)[:LONGEST_DETAIL],
        at=now,
        expires_at=expires_at,
    )
    others = (one for one in session.evidence if one.source is not EvidenceSource.REPORT)
    return evolve(session, evidence=(told, *others))


def _moved(session: Session, before: SessionStatus, after: SessionStatus) -> Session:
    return evolve(session, status=after) if session.status is before else session
