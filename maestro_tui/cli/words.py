"""Statuses and priorities as people type them, checked before anything is sent."""

from maestro_tui.cli.diagnostics import Failure, nearest
from maestro_tui.domain.status import Priority, Role, SessionStatus, TaskStatus, session_status, task_status

__all__ = ["priority", "role", "session_word", "task_word"]

_MEANT = {
    "done": "completed",
    "complete": "completed",
    "finished": "completed",
    "closed": "completed",
    "doing": "in_progress",
    "started": "in_progress",
    "wip": "in_progress",
    "working": "in_progress",
    "review": "in_review",
    "open": "todo",
    "new": "todo",
    "stuck": "blocked",
    "canceled": "cancelled",
    "urgent": "high",
    "critical": "high",
    "normal": "medium",
}


def task_word(text: str, command: str) -> str:
    """A task status; hyphens and capitals are understood. Raises Failure with the allowed words.

    command: what was typed, for the suggestion: `maestro task list`.
    """
    try:
        return str(task_status(_plain(text)))
    except ValueError:
        raise _wrong("invalid_status", "status", text, list(TaskStatus), f"{command} --status") from None


def session_word(text: str, command: str, *, also: tuple[str, ...] = ()) -> str:
    """A session status. Raises Failure with the allowed words; also: those that the caller knows beside them."""
    try:
        return str(session_status(_plain(text)))
    except ValueError:
        raise _wrong("invalid_status", "session status", text, [*also, *SessionStatus], command) from None


def priority(text: str, command: str) -> str:
    """A priority. Raises Failure with the allowed words."""
    if (word := _plain(text)) in tuple(Priority):
        return word
    raise _wrong("invalid_priority", "priority", text, list(Priority), f"{command} --priority")


def role(text: str, command: str) -> str:
    """A role of a session. Raises Failure with the allowed words."""
    if (word := _plain(text)) in tuple(Role):
        return word
    raise _wrong("invalid_request", "role", text, list(Role), f"{command} --role")


def _plain(text: str) -> str:
    return text.strip().lower().replace("-", "_").replace(" ", "_")


def _wrong(code: str, what: str, text: str, allowed: list[str], command: str) -> Failure:
    words = [str(word) for word in allowed]
    meant = _MEANT.get(_plain(text), "")
    close = [meant] if meant in words else nearest(_plain(text), words, most=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return Failure(
        code,
        f"'{text}' is no {what}; allowed: {', '.join(words)}{hint}",
        suggestion=f"{command} {(close or words)[0]}",
        details={"allowed": words},
    )
