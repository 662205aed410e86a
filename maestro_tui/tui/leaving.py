"""Screens while they are left: Textual takes their widgets away first, then stops their workers and timers."""

from textual.dom import DOMNode, NoScreen

__all__ = ["is_there"]


def is_there(node: DOMNode) -> bool:
    """Whether the screen of a node is not being left: only then are its widgets sure to be found."""
    try:
        return node.app.is_running and node.screen in node.app.screen_stack
    except NoScreen:
        return False
