"""What can go wrong, in one vocabulary: a code, an HTTP status, a sentence and the next step."""

from typing import Any

__all__ = [
    "BusinessRuleBroken",
    "Conflict",
    "Forbidden",
    "Invalid",
    "LimitReached",
    "MaestroError",
    "NotFound",
    "PayloadTooLarge",
    "PreconditionFailed",
    "SpawnRefused",
    "Unauthorized",
    "Unavailable",
]


class MaestroError(Exception):
    """Something was refused or failed in a way the caller can understand.

    message: one sentence that names the thing and what is allowed.
    suggestion: what to do next, best a command that can be typed.
    details: JSON-ready facts for programs.
    """

    code = "INTERNAL_ERROR"
    http_status = 500

    def __init__(self, message: str, *, suggestion: str | None = None, details: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.details = details


class Invalid(MaestroError):
    """A value is missing, of the wrong type or out of range. details: `[{path, message}]`."""

    code = "VALIDATION_ERROR"
    http_status = 400

    @classmethod
    def field(cls, path: str, message: str, *, suggestion: str | None = None) -> "Invalid":
        """One wrong field, named by its path in the body (`title`, `tasks.0`)."""
        return cls(f"{path}: {message}", suggestion=suggestion, details=[{"path": path, "message": message}])


class Unauthorized(MaestroError):
    code = "UNAUTHORIZED"
    http_status = 401


class Forbidden(MaestroError):
    code = "FORBIDDEN"
    http_status = 403


class NotFound(MaestroError):
    code = "NOT_FOUND"
    http_status = 404

    @classmethod
    def of(cls, kind: str, identifier: str) -> "NotFound":
        """A document that is not there. kind: `project`, `task`, `subtask`, `session` or `skill`."""
        parent = {"subtask": "maestro subtask list TASK"}.get(kind, f"maestro {kind} list")
        return cls(f"{kind.capitalize()} with id '{identifier}' not found", suggestion=parent)


class Conflict(MaestroError):
    """The document changed since the caller read it, or somebody else holds the claim."""

    code = "CONFLICT"
    http_status = 409


class PreconditionFailed(MaestroError):
    """The caller's claim is over: its fence is older than the current one."""

    code = "PRECONDITION_FAILED"
    http_status = 412


class PayloadTooLarge(MaestroError):
    code = "PAYLOAD_TOO_LARGE"
    http_status = 413


class BusinessRuleBroken(MaestroError):
    code = "BUSINESS_RULE_ERROR"
    http_status = 422


class LimitReached(MaestroError):
    code = "LIMIT_REACHED"
    http_status = 429


class Unavailable(MaestroError):
    code = "UNAVAILABLE"
    http_status = 503


class SpawnRefused(MaestroError):
    """A spawn that fails one of its checks; each check has a code of its own."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        http_status: int = 400,
        suggestion: str | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message, suggestion=suggestion, details=details)
        self.code = code
        self.http_status = http_status
