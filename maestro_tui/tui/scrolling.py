"""Keys of the scroll mode: a person looks back while the program goes on."""

from maestro_tui.terminal.engine import Terminal

__all__ = ["ScrollKeys"]

_LINES = {"up": -1, "k": -1, "down": 1, "j": 1, "enter": 1, "ctrl+y": -1, "ctrl+e": 1}
_PAGES = {
    "pageup": -1.0,
    "pagedown": 1.0,
    "ctrl+b": -1.0,
    "ctrl+f": 1.0,
    "space": 1.0,
    "ctrl+u": -0.5,
    "ctrl+d": 0.5,
}
_TOP = frozenset({"home", "g"})
_BOTTOM = frozenset({"end", "G"})
_LEAVE = frozenset({"q", "escape", "ctrl+c", "i"})


class ScrollKeys:
    """What each key does in scroll mode, in the way of less and vi."""

    def press(self, key: str, terminal: Terminal) -> bool:
        """Scroll the terminal as the key says; False when it leaves the mode. Other keys do nothing."""
        if key in _LEAVE:
            return False
        if key in _TOP:
            terminal.scroll_to_top()
        elif key in _BOTTOM:
            terminal.scroll_to_bottom()
        elif key in _LINES:
            terminal.scroll(_LINES[key])
        elif key in _PAGES:
            terminal.scroll(round(_PAGES[key] * max(1, terminal.rows - 1)))
        return True
