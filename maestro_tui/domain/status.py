"""The words for where a task or a session stands. Standard library only: the command shares them."""

from enum import StrEnum

__all__ = [
    "ENDED",
    "LIVE",
    "ActivityState",
    "ApprovalState",
    "EvidenceSource",
    "Need",
    "Priority",
    "Role",
    "SessionStatus",
    "TaskStatus",
    "session_status",
    "task_status",
]


class TaskStatus(StrEnum):
    TODO = "todo"
    IN_PROGRESS = "in_progress"
    IN_REVIEW = "in_review"
    BLOCKED = "blocked"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class SessionStatus(StrEnum):
    SPAWNING = "spawning"
    RUNNING = "running"
    IDLE = "idle"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


class ActivityState(StrEnum):
    """What an agent is doing, as far as there is evidence of it."""

    WORKING = "working"
    WAITING = "waiting"
    IDLE = "idle"
    DONE = "done"
    UNKNOWN = "unknown"


class Need(StrEnum):
    """What an agent waits for."""

    QUESTION = "question"
    PERMISSION = "permission"
    ERROR = "error"


class EvidenceSource(StrEnum):
    """Where a piece of evidence comes from, the most trusted first."""

    PERSON = "person"
    REPORT = "report"
    SCREEN = "screen"
    HOOK = "hook"
    STATUS = "status"
    FILE = "file"
    NOTIFICATION = "notification"
    PROGRESS = "progress"
    PROMPT = "prompt"
    TITLE = "title"
    BELL = "bell"
    INPUT = "input"
    PROCESS = "process"
    OUTPUT = "output"


class Role(StrEnum):
    WORKER = "worker"
    ORCHESTRATOR = "orchestrator"


LIVE = frozenset({SessionStatus.SPAWNING, SessionStatus.RUNNING, SessionStatus.IDLE})
"""Session statuses with an agent, or the promise of one."""

ENDED = frozenset(SessionStatus) - LIVE
"""Session statuses that no agent leaves by itself."""

DONE = frozenset({TaskStatus.COMPLETED, TaskStatus.CANCELLED})
"""Task statuses in which nothing is left to do."""

_OLD_TASK_WORDS = {"pending": TaskStatus.TODO}
_OLD_SESSION_WORDS = {"working": SessionStatus.RUNNING}


def task_status(word: str) -> TaskStatus:
    """The task status a word names; `pending` is read as `todo`. Raises ValueError for any other word."""
    return _OLD_TASK_WORDS.get(word) or TaskStatus(word)


def session_status(word: str) -> SessionStatus:
    """The session status a word names; `working` is read as `running`. Raises ValueError for any other word."""
    return _OLD_SESSION_WORDS.get(word) or SessionStatus(word)
