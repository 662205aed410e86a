"""How every status looks: a glyph, a word and a colour. Never colour alone.

Glyphs are one cell wide in every terminal; colours are names of theme variables.
"""

from dataclasses import dataclass

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import ActivityState, Need, Priority, SessionStatus, TaskStatus

__all__ = [
    "ACTIVITY_MARKS",
    "ATTENTION",
    "NEEDS_INPUT",
    "NEED_MARKS",
    "PAUSED",
    "PENDING",
    "PHASE_MARKS",
    "PRIORITY_MARKS",
    "RANG",
    "SESSION_MARKS",
    "STOPPING",
    "SUBTASK_MARKS",
    "TASK_MARKS",
    "UNKNOWN",
    "Mark",
    "session_mark",
]


@dataclass(frozen=True, slots=True)
class Mark:
    """How one status looks. colour: a theme variable without its `$`."""

    glyph: str
    word: str
    colour: str


TASK_MARKS: dict[TaskStatus, Mark] = {
    TaskStatus.TODO: Mark("☐", "to do", "foreground"),
    TaskStatus.IN_PROGRESS: Mark("◐", "in progress", "primary"),
    TaskStatus.IN_REVIEW: Mark("◎", "in review", "secondary"),
    TaskStatus.BLOCKED: Mark("⊘", "blocked", "warning"),
    TaskStatus.COMPLETED: Mark("☑", "completed", "success"),
    TaskStatus.CANCELLED: Mark("☒", "cancelled", "muted"),
}

SUBTASK_MARKS: dict[bool, Mark] = {
    False: Mark("☐", "to do", "foreground"),
    True: Mark("☑", "done", "success"),
}

SESSION_MARKS: dict[SessionStatus, Mark] = {
    SessionStatus.SPAWNING: Mark("◌", "starting", "secondary"),
    SessionStatus.RUNNING: Mark("●", "running", "success"),
    SessionStatus.IDLE: Mark("○", "idle", "muted"),
    SessionStatus.COMPLETED: Mark("✓", "completed", "success"),
    SessionStatus.FAILED: Mark("✗", "failed", "error"),
    SessionStatus.STOPPED: Mark("■", "stopped", "muted"),
    SessionStatus.LOST: Mark("◇", "lost", "error"),
}

NEEDS_INPUT = Mark("⚑", "needs you", "accent")

NEED_MARKS: dict[Need, Mark] = {
    Need.QUESTION: Mark("⚑", "asks you", "accent"),
    Need.PERMISSION: Mark("⚑", "wants permission", "accent"),
    Need.ERROR: Mark("⚑", "has an error", "error"),
}
"""What an agent waits for, where that is known."""

ACTIVITY_MARKS: dict[ActivityState, Mark] = {
    ActivityState.WORKING: Mark("●", "working", "success"),
    ActivityState.WAITING: NEEDS_INPUT,
    ActivityState.IDLE: Mark("○", "idle", "muted"),
    ActivityState.DONE: Mark("✓", "done", "success"),
    ActivityState.UNKNOWN: Mark("~", "unclear", "muted"),
}
"""What a running agent does, as far as the evidence says."""

RANG = Mark("◆", "rang", "accent")
"""An agent's terminal called for attention and nobody has looked since."""

PENDING = Mark("⇡", "waits for the server", "secondary")
"""Something was done here that the server does not know yet."""

PAUSED = Mark("‖", "paused", "warning")
"""No new session starts."""

STOPPING = Mark("▼", "stopping", "warning")
"""An agent is being ended: politely first, then firmly."""

UNKNOWN = Mark("?", "unknown", "warning")
"""An agent runs here and the server does not know its session."""

ATTENTION = Mark("⚠", "needs a look", "warning")

PRIORITY_MARKS: dict[Priority, Mark] = {
    Priority.HIGH: Mark("▲", "high", "error"),
    Priority.MEDIUM: Mark("·", "medium", "muted"),
    Priority.LOW: Mark("▽", "low", "muted"),
}

PHASE_MARKS: dict[str, Mark] = {
    "connecting": Mark("◌", "connecting", "secondary"),
    "online": Mark("●", "connected", "success"),
    "reconnecting": Mark("◌", "reconnecting", "warning"),
    "offline": Mark("○", "offline", "error"),
    "resyncing": Mark("◍", "resyncing", "secondary"),
    "refused": Mark("✗", "refused", "error"),
    "incompatible": Mark("✗", "incompatible", "error"),
}


def session_mark(session: Session) -> Mark:
    """How a session looks: one that waits for a person says so before anything else; then what it does."""
    known = session.known_activity
    if session.needs_person:
        need = known.need if known is not None and known.state is ActivityState.WAITING else None
        return NEEDS_INPUT if need is None else NEED_MARKS[need]
    if known is None or session.status is SessionStatus.SPAWNING or known.state is ActivityState.WAITING:
        return SESSION_MARKS[session.status]
    return ACTIVITY_MARKS[known.state]
