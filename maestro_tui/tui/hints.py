"""What the footer of the board offers: the actions that have a label, by the keys they have now."""

from maestro_tui.tui.actions import ACTIONS, Action, Place
from maestro_tui.tui.keymap import Keymap
from maestro_tui.tui.widgets.footer import Hint

__all__ = ["board_hints", "copy_hints", "pane_hints"]


def board_hints(keymap: Keymap) -> tuple[Hint, ...]:
    """While the board has the focus."""
    return tuple(
        Hint(keymap.face(action.id), action.label, f"screen.{action.method}") for action in _offered(Place.BOARD)
    )


def pane_hints(keymap: Keymap, prefix: str) -> tuple[Hint, ...]:
    """While a terminal has the focus. prefix: the prefix key as people write it, which comes first."""
    return tuple(
        Hint(f"{prefix} {keymap.face(action.id)}", action.label, f"screen.pane_action('{action.id}')")
        for action in _offered(Place.PANE)
    )


def copy_hints(keymap: Keymap) -> tuple[Hint, ...]:
    """In copy mode, whose keys no click can press."""
    return tuple(Hint(keymap.face(action.id), action.label) for action in _offered(Place.COPY))


def _offered(place: Place) -> list[Action]:
    return [action for action in ACTIONS if action.place is place and action.label]
