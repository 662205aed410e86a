"""Screens while they are left: Textual takes their widgets away first, then stops their workers and timers.

News that come to the cockpit in between find no widgets to be shown in.
"""

from textual._context import active_message_pump
from textual.css.query import NoMatches
from textual.dom import DOMNode, NoScreen

__all__ = ["is_left_behind", "is_there"]


def is_there(node: DOMNode) -> bool:
    """Whether the screen of a node is not being left: only then are its widgets sure to be found."""
    try:
        return node.app.is_running and node.screen in node.app.screen_stack
    except NoScreen:
        return False


def is_left_behind(error: Exception) -> bool:
    """Whether what went wrong, in the message pump that is at work, is only that its screen is being left."""
    pump = active_message_pump.get(None)
    return isinstance(error, NoMatches) and isinstance(pump, DOMNode) and not is_there(pump)
