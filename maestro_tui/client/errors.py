"""What can go wrong on the way to the server, in the domain's vocabulary of errors."""

from typing import Any

from maestro_tui.domain.errors import MaestroError

__all__ = ["ApiError", "Incompatible", "PositionLost", "ProtocolError", "Unreachable"]


class ApiError(MaestroError):
    """The server answered, and said no. code, http_status, message and suggestion are its own.

    retry_after: seconds the server asks us to wait before the same request, where it does.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        http_status: int,
        suggestion: str | None = None,
        details: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, suggestion=suggestion, details=details)
        self.code = code
        self.http_status = http_status
        self.retry_after = retry_after


class Unreachable(MaestroError):
    """No answer: nobody listens there, the connection broke, or the time was over.

    sent: whether the request may have arrived, and so may have been carried out.
    """

    code = "UNREACHABLE"
    http_status = 503

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message, suggestion="See whether the server runs: maestro doctor")
        self.sent = sent


class ProtocolError(MaestroError):
    """The other side sent what our protocol does not know; the connection is of no use any more."""

    code = "PROTOCOL_ERROR"


class PositionLost(ProtocolError):
    """An event is missing; connecting again with our position brings it."""


class Incompatible(ProtocolError):
    """The server speaks another version of the protocol."""
