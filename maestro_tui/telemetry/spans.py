"""What a span is, and what records it: shared by those who make spans and the extra that sends them."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

__all__ = ["KEY", "Backend", "Kind", "Span", "Value"]

Kind = Literal["internal", "server", "client", "consumer"]
Value = str | int | float | bool

KEY = "traceparent"
"""The name under which a trace is handed on (https://www.w3.org/TR/trace-context/)."""


class Span(Protocol):
    """A piece of work that takes time."""

    def note(self, **facts: Value) -> None:
        """Add attributes; `__` in a name stands for a dot."""

    def end(self) -> None:
        """The work is done."""


class Backend(Protocol):
    """Records spans."""

    def begin(self, name: str, parent: str | None, kind: Kind, facts: Mapping[str, Value]) -> Span:
        """Start a span below the parent, a traceparent, or else below the current one."""

    def within(self, span: Any) -> Any:
        """A context manager: the span is the current one, and ends with it; an exception is noted on it."""

    def current(self) -> str | None:
        """The current span's traceparent; None when there is none."""

    def close(self) -> None:
        """Send what is recorded and record no more."""
