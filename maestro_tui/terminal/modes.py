"""What a program asked of its terminal: modes, screens, mouse tracking."""

from typing import Any

from maestro_tui.terminal.library import Library

__all__ = ["ORIGIN", "SETTLED", "Modes"]

CURSOR_KEYS = 1
ORIGIN = 6
ALTERNATE_SCROLL = 1007
FOCUS_REPORTS = 1004
BRACKETED_PASTE = 2004
COLOR_SCHEME_REPORTS = 2031

SETTLED = (
    b"\x18\x1b\\"  # ends what was cut in the middle
    b"\x1b[?1049l\x1b7\x1b[r\x1b[?6;69l\x1b8"
    b"\x1b[4;20l\x1b[?1;5;45;66l\x1b[?7;25h\x1b[0m\x1b[0 q\x1b(B\x0f"
    b"\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004;2026;2031;2048l"
    b"\x1b[<99u\x1b[>4m"
)
"""Undoes what a shell does not expect: margins, insert, mouse, focus reports, keyboard protocols and the like."""


class Modes:
    """The modes of one terminal, each read from the engine when asked for."""

    def __init__(self, library: Library, terminal: Any) -> None:
        self._library = library
        self._terminal = terminal

    def is_set(self, number: int, *, ansi: bool = False) -> bool:
        """Whether a DEC private mode is set, or with `ansi` one of ECMA-48. False for unknown ones."""
        config = self._library.new("GhosttyTerminalModeConfig*")
        config.mode = (number & 0x7FFF) | (ansi << 15)
        return not self._read("MODE", config) and bool(config.value)

    @property
    def bracketed_paste(self) -> bool:
        return self.is_set(BRACKETED_PASTE)

    @property
    def application_cursor_keys(self) -> bool:
        return self.is_set(CURSOR_KEYS)

    @property
    def focus_reports(self) -> bool:
        return self.is_set(FOCUS_REPORTS)

    @property
    def alternate_scroll(self) -> bool:
        """Whether the wheel sends arrow keys on the alternate screen."""
        return self.is_set(ALTERNATE_SCROLL)

    @property
    def color_scheme_reports(self) -> bool:
        """Whether the program wants to hear when the theme turns dark or light."""
        return self.is_set(COLOR_SCHEME_REPORTS)

    @property
    def mouse_tracking(self) -> bool:
        """Whether the program wants mouse events."""
        out = self._library.new("bool*")
        return not self._read("MOUSE_TRACKING", out) and bool(out[0])

    @property
    def alternate_screen(self) -> bool:
        """Whether the program draws on the screen that has no scrollback."""
        out = self._library.new("GhosttyTerminalScreen*")
        self._read("ACTIVE_SCREEN", out)
        return bool(out[0] == self._library.lib.GHOSTTY_TERMINAL_SCREEN_ALTERNATE)

    @property
    def kitty_keyboard_flags(self) -> int:
        """The flags of the kitty keyboard protocol in force, 0 for none."""
        out = self._library.new("uint8_t*")
        self._read("KITTY_KEYBOARD_FLAGS", out)
        return int(out[0])

    def _read(self, name: str, out: Any) -> int:
        key = getattr(self._library.lib, f"GHOSTTY_TERMINAL_DATA_{name}")
        return int(self._library.lib.ghostty_terminal_get(self._terminal, key, out))
