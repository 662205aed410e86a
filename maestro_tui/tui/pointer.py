"""Textual's mouse events in the terminal's words."""

from typing import Literal

from textual import events

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.mouse import Button, MouseEvent

__all__ = ["mouse_event", "wheel_keys"]

_BUTTONS: dict[int, Button] = {1: "left", 2: "middle", 3: "right"}


def mouse_event(
    event: events.MouseEvent, action: Literal["press", "release", "motion"], wheel: int = 0
) -> MouseEvent:
    """The event for the program. wheel: -1 up, 1 down, 0 for no wheel."""
    button = {-1: "wheel_up", 1: "wheel_down"}.get(wheel) if wheel else _BUTTONS.get(event.button)
    return MouseEvent(
        action,
        button,  # type: ignore[arg-type]
        int(event.x),
        int(event.y),
        shift=event.shift,
        ctrl=event.ctrl,
        alt=event.meta,
    )


def wheel_keys(terminal: Terminal, direction: int) -> bytes:
    """What a turn of the wheel types on the alternate screen (DEC mode 1007)."""
    return terminal.encode_key("up" if direction < 0 else "down", None)
