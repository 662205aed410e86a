"""The buttons at the side of a mouse (back, forward), which Textual takes for left, middle and right.

Nothing of the cockpit listens to them: they are for programs that asked for the mouse.
"""

import re
from collections.abc import Callable

from textual import events
from textual.message import Message

__all__ = ["SideButtonDown", "SideButtonUp", "mouse_event"]

FIRST_SIDE_BUTTON = 8
SIDE, MOTION, NO_BUTTON = 128, 32, 32 | 3
"""Parts of the number a button is told by."""
_SGR = re.compile(r"\x1b\[<(\d+)(;-?\d+;-?\d+([Mm]))")


class SideButtonDown(events.MouseEvent, bubble=True):
    """A button from 8 to 11 was pressed."""


class SideButtonUp(events.MouseEvent, bubble=True):
    """A button from 8 to 11 was let go."""


def mouse_event(code: str, parse: Callable[[str], Message | None]) -> Message | None:
    """What an SGR mouse sequence tells, with the buttons 8 to 11 told apart. parse: Textual's reading of one."""
    match = _SGR.match(code)
    if match is None or not (told := int(match[1])) & SIDE:
        return parse(code)
    moved = parse(f"\x1b[<{told & ~SIDE | NO_BUTTON}{match[2]}")
    if not isinstance(moved, events.MouseEvent):
        return None
    event = moved
    if not told & MOTION:
        kind = SideButtonDown if match[3] == "M" else SideButtonUp
        event = kind.from_event(None, moved)  # type: ignore[arg-type]  # no event of a parser has a widget yet
    event.button = FIRST_SIDE_BUTTON + (told & 3)
    return event
