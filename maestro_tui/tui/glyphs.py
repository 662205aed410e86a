"""How every status looks: a glyph, a word and a colour. Never colour alone.

Glyphs are one cell wide in every terminal; colours are names of theme variables.
"""

from dataclasses import dataclass

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus

__all__ = [
    "ATTENTION",
    "NEEDS_INPUT",
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
    """How a session looks: one that waits for a person says so before anything else."""
    if session.is_live and session.needs_input.active:
        return NEEDS_INPUT
    return SESSION_MARKS[session.status]
