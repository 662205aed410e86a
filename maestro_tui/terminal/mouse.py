"""Mouse events as the bytes a program asked for (X10, UTF-8, SGR, urxvt, SGR pixels)."""

from typing import Any, Literal, NamedTuple

from maestro_tui.terminal.library import Library

__all__ = ["MouseEncoder", "MouseEvent"]

CELL_WIDTH, CELL_HEIGHT = 8, 16
SHIFT, CTRL, ALT = 1, 2, 4

Action = Literal["press", "release", "motion"]
Button = Literal[
    "left", "middle", "right", "wheel_up", "wheel_down", "wheel_left", "wheel_right", "back", "forward"
]
"""Those that the engine tells programs of."""


class MouseEvent(NamedTuple):
    """What the mouse did. x, y: cell, from 0. button: None for a motion without one."""

    action: Action
    button: Button | None
    x: int
    y: int
    shift: bool = False
    ctrl: bool = False
    alt: bool = False


class MouseEncoder:
    """Encodes for one terminal; remembers the last cell so that a motion within it says nothing."""

    def __init__(self, library: Library) -> None:
        lib = library.lib
        self._library, self._lib = library, lib
        self._encoder = library.made("GhosttyMouseEncoder", "ghostty_mouse_encoder_new")
        self._event = library.made("GhosttyMouseEvent", "ghostty_mouse_event_new")
        self._free = library.freed(self, mouse_event=self._event, mouse_encoder=self._encoder)
        self._size = library.sized("GhosttyMouseEncoderSize")
        self._size.cell_width, self._size.cell_height = CELL_WIDTH, CELL_HEIGHT
        self._pressed = library.new("bool*")
        self._yes = library.new("bool*", True)
        self._position = library.new("GhosttyMousePosition*")
        self._actions = {
            "press": lib.GHOSTTY_MOUSE_ACTION_PRESS,
            "release": lib.GHOSTTY_MOUSE_ACTION_RELEASE,
            "motion": lib.GHOSTTY_MOUSE_ACTION_MOTION,
        }
        self._buttons = {
            "left": lib.GHOSTTY_MOUSE_BUTTON_LEFT,
            "middle": lib.GHOSTTY_MOUSE_BUTTON_MIDDLE,
            "right": lib.GHOSTTY_MOUSE_BUTTON_RIGHT,
            "wheel_up": lib.GHOSTTY_MOUSE_BUTTON_FOUR,
            "wheel_down": lib.GHOSTTY_MOUSE_BUTTON_FIVE,
            "wheel_left": lib.GHOSTTY_MOUSE_BUTTON_SIX,
            "wheel_right": lib.GHOSTTY_MOUSE_BUTTON_SEVEN,
            "back": lib.GHOSTTY_MOUSE_BUTTON_EIGHT,
            "forward": lib.GHOSTTY_MOUSE_BUTTON_NINE,
        }

    def encode(self, terminal: Any, event: MouseEvent, columns: int, rows: int) -> bytes:
        """The bytes, empty when the program did not ask for such events."""
        lib, encoder = self._lib, self._encoder
        lib.ghostty_mouse_encoder_setopt_from_terminal(encoder, terminal)
        self._size.screen_width, self._size.screen_height = columns * CELL_WIDTH, rows * CELL_HEIGHT
        lib.ghostty_mouse_encoder_setopt(encoder, lib.GHOSTTY_MOUSE_ENCODER_OPT_SIZE, self._size)
        lib.ghostty_mouse_encoder_setopt(encoder, lib.GHOSTTY_MOUSE_ENCODER_OPT_TRACK_LAST_CELL, self._yes)
        self._pressed[0] = event.button is not None and event.action != "release"
        lib.ghostty_mouse_encoder_setopt(encoder, lib.GHOSTTY_MOUSE_ENCODER_OPT_ANY_BUTTON_PRESSED, self._pressed)
        self._describe(event)
        return self._library.filled(
            lambda out, capacity, size: lib.ghostty_mouse_encoder_encode(
                encoder, self._event, self._library.cast("char*", out), capacity, size
            )
        )

    def _describe(self, event: MouseEvent) -> None:
        lib, native = self._lib, self._event
        lib.ghostty_mouse_event_set_action(native, self._actions[event.action])
        if event.button is None:
            lib.ghostty_mouse_event_clear_button(native)
        else:
            lib.ghostty_mouse_event_set_button(native, self._buttons[event.button])
        lib.ghostty_mouse_event_set_mods(native, event.shift * SHIFT | event.ctrl * CTRL | event.alt * ALT)
        self._position.x = (max(0, event.x) + 0.5) * CELL_WIDTH
        self._position.y = (max(0, event.y) + 0.5) * CELL_HEIGHT
        lib.ghostty_mouse_event_set_position(native, self._position[0])
