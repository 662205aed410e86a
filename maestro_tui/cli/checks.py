"""What a doctor says of one thing it looked at."""

from __future__ import annotations

from maestro_tui.cli.diagnostics import Exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Check"]


class Check:
    """What was looked at. state: `ok`, `warning` or `failed`; advice: what to do about it."""

    __slots__ = ("advice", "exit_code", "message", "name", "state")

    def __init__(
        self, name: str, state: str, message: str, advice: str = "", *, exit_code: int = Exit.INVALID
    ) -> None:
        self.name = name
        self.state = state
        self.message = message
        self.advice = advice
        self.exit_code = exit_code if state == "failed" else Exit.DONE

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "state": self.state, "message": self.message, "advice": self.advice or None}
