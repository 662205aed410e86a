"""Which sessions may be started again, and when: one that ends at once has to wait longer each time."""

from maestro_tui.domain.errors import BusinessRuleBroken, Conflict, SpawnRefused
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus

__all__ = ["quick_ends", "require_patience", "require_restartable", "require_resumable"]

AT_ONCE_MS = 10_000
LONGEST_WAIT_SECONDS = 3600
_BY_ITSELF = frozenset({SessionStatus.COMPLETED, SessionStatus.FAILED, SessionStatus.LOST})


def quick_ends(session: Session) -> int:
    """How many tries, this one being the last of them, ended by themselves within 10 s of running."""
    return session.quick_ends + 1 if _ended_at_once(session) else 0


def require_restartable(session: Session, successor: Session | None) -> None:
    """Raise Conflict while the session is live or when it has a successor, BusinessRuleBroken if never spawned."""
    if session.is_live:
        raise Conflict(
            f"Session '{session.id}' is {session.status.value}; only one that has ended can be started again",
            suggestion=f"maestro session stop {session.id}",
            details={"status": session.status.value},
        )
    if successor is not None:
        raise Conflict(
            f"Session '{session.id}' was started again as '{successor.id}'",
            suggestion=f"maestro session info {successor.id}",
            details={"sessionId": successor.id, "status": successor.status.value},
        )
    if session.manifest_path is None:
        raise BusinessRuleBroken(
            f"Session '{session.id}' was never spawned, so there is no brief to start it with again",
            suggestion="maestro session spawn --task TASK",
        )


def require_resumable(session: Session) -> None:
    """Raise BusinessRuleBroken when nobody knows what the agent called its conversation."""
    if session.conversation_id is None:
        agent = f"'{session.agent}'" if session.agent else "its agent"
        raise BusinessRuleBroken(
            f"Session '{session.id}' has no conversation to resume: {agent} did not say what it is called",
            suggestion=f"maestro session restart {session.id}",
        )


def require_patience(session: Session, now: int) -> None:
    """Raise SpawnRefused (429) for 2^n s after the n-th end in a row that came at once."""
    count = quick_ends(session)
    if not count or session.completed_at is None:
        return
    seconds = min(2**count, LONGEST_WAIT_SECONDS)
    left_ms = session.completed_at + seconds * 1000 - now
    if left_ms > 0:
        raise SpawnRefused(
            "restart_too_soon",
            f"{count} in a row ended within {AT_ONCE_MS // 1000} s of running; the next may start"
            f" {seconds} s after the last ended",
            http_status=429,
            suggestion=f"Find out why first: maestro session logs {session.id}",
            details={"inARow": count, "waitSeconds": seconds, "retryAfter": -(-left_ms // 1000)},
        )


def _ended_at_once(session: Session) -> bool:
    if session.status not in _BY_ITSELF or session.completed_at is None:
        return False
    approved_at = session.approval.decided_at if session.approval else None
    began = session.running_at or approved_at or session.started_at
    return session.completed_at - began < AT_ONCE_MS
