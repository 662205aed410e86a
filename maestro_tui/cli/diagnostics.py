"""What went wrong, in the words of the command: a code, a sentence, the next step, an exit code."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["EXIT_CODES", "Exit", "Failure", "from_answer", "nearest"]


class Exit:
    """How the command ends. A failure never ends with DONE."""

    DONE = 0
    INVALID = 1
    NOT_FOUND = 2
    UNREACHABLE = 3
    NOT_ALLOWED = 4
    SPAWN_FAILED = 5
    CONFLICT = 6
    INTERRUPTED = 130


EXIT_CODES = {
    "resource_not_found": Exit.NOT_FOUND,
    "invalid_request": Exit.INVALID,
    "permission_denied": Exit.NOT_ALLOWED,
    "server_error": Exit.UNREACHABLE,
    "connection_refused": Exit.UNREACHABLE,
    "network_error": Exit.UNREACHABLE,
    "spawn_failed": Exit.SPAWN_FAILED,
    "limit_reached": Exit.CONFLICT,
    "conflict": Exit.CONFLICT,
    "missing_task_id": Exit.INVALID,
    "invalid_task_id": Exit.INVALID,
    "invalid_status": Exit.INVALID,
    "invalid_priority": Exit.INVALID,
    "missing_required_field": Exit.INVALID,
    "missing_project_id": Exit.INVALID,
    "unknown_command": Exit.INVALID,
}
"""Every code the command prints, with the exit code that goes with it."""

_SERVER_CODES = {
    "VALIDATION_ERROR": "invalid_request",
    "UNAUTHORIZED": "permission_denied",
    "FORBIDDEN": "permission_denied",
    "NOT_FOUND": "resource_not_found",
    "CONFLICT": "conflict",
    "PRECONDITION_FAILED": "conflict",
    "BUSINESS_RULE_ERROR": "invalid_request",
    "LIMIT_REACHED": "limit_reached",
    # the checks of a spawn
    "missing_project_id": "missing_project_id",
    "invalid_task_ids": "invalid_task_id",
    "invalid_agent": "spawn_failed",
}

_FIELD_CODES = {"status": "invalid_status", "priority": "invalid_priority", "taskId": "invalid_task_id"}

_SUGGESTIONS = {
    "invalid_request": "maestro commands",
    "permission_denied": "maestro whoami",
    "resource_not_found": "maestro status",
    "conflict": "maestro status",
    "limit_reached": "maestro session list --active",
    "spawn_failed": "maestro doctor",
    "server_error": "maestro doctor",
    "network_error": "maestro doctor",
    "invalid_task_id": "maestro task list",
}


class Failure(Exception):
    """Ends the command. code: one of EXIT_CODES. details: JSON-ready facts for programs."""

    def __init__(self, code: str, message: str, *, suggestion: str | None = None, details: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion or _SUGGESTIONS.get(code, "maestro --help")
        self.details = details
        self.exit_code = EXIT_CODES[code]

    def to_json(self) -> dict[str, Any]:
        return {
            "success": False,
            "error": self.code,
            "message": self.message,
            "suggestion": self.suggestion,
            "details": self.details,
        }


def from_answer(status: int, body: Any, *, spawn: bool = False) -> Failure:
    """The failure an HTTP answer stands for. body: its JSON, or None. spawn: it answers a spawn."""
    report = body if isinstance(body, dict) else {}
    server_code = str(report.get("code") or "")
    message = str(report.get("message") or f"The server answered {status} and did not say why")
    details = report.get("details")
    code = _code(status, server_code, details)
    if spawn and code == "server_error":
        code = "spawn_failed"
    suggestion = report.get("suggestion")
    return Failure(code, message, suggestion=suggestion if isinstance(suggestion, str) else None, details=details)


def nearest(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The known words a person may have meant, best first."""
    from difflib import get_close_matches  # only an error needs it

    return get_close_matches(word, list(known), n=most, cutoff=0.55)


def _code(status: int, server_code: str, details: Any) -> str:
    code = _SERVER_CODES.get(server_code) or _code_of_status(status)
    if code == "invalid_request" and isinstance(details, list) and details and isinstance(details[0], dict):
        return _FIELD_CODES.get(str(details[0].get("path")), code)
    return code


def _code_of_status(status: int) -> str:
    if status >= 500:
        return "server_error"
    known = {
        401: "permission_denied",
        403: "permission_denied",
        404: "resource_not_found",
        409: "conflict",
        412: "conflict",
        421: "permission_denied",
        429: "limit_reached",
    }
    return known.get(status, "invalid_request")
