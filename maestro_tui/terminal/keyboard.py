"""Key presses as the bytes a program asked for: legacy, modifyOtherKeys or the kitty protocol.

A key comes in as Textual spells it, which depends on what the outer terminal sends: `A`,
`upper_a`, `shift+a`, `ctrl+@`, `alt+shift+f`, or `enter` with the character `\\r`. It is taken
apart into a physical key, modifiers and text, and the engine's encoder does the rest.
"""

import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.replies import EVENT_TYPES

__all__ = ["KeyEncoder", "KeyPress", "parse_key"]

SHIFT, CTRL, ALT, SUPER = 1, 2, 4, 8
REPORT_ALL_KEYS = 8
"""The kitty keyboard flag of programs that want every key as a sequence, letters too."""
_MODIFIERS = {"shift": SHIFT, "ctrl": CTRL, "alt": ALT, "meta": ALT, "super": SUPER, "hyper": 0}

_NAMED = {
    "backspace": "BACKSPACE",
    "delete": "DELETE",
    "down": "ARROW_DOWN",
    "end": "END",
    "enter": "ENTER",
    "escape": "ESCAPE",
    "home": "HOME",
    "insert": "INSERT",
    "kp_begin": "NUMPAD_BEGIN",
    "left": "ARROW_LEFT",
    "menu": "CONTEXT_MENU",
    "pagedown": "PAGE_DOWN",
    "pageup": "PAGE_UP",
    "pause": "PAUSE",
    "print_screen": "PRINT_SCREEN",
    "return": "ENTER",
    "right": "ARROW_RIGHT",
    "scroll_lock": "SCROLL_LOCK",
    "space": "SPACE",
    "tab": "TAB",
    "up": "ARROW_UP",
} | {f"f{number}": f"F{number}" for number in range(1, 26)}
"""Keys with a name of their own, by their name in the engine."""

_TYPED = {"enter": "\r", "tab": "\t", "space": " "}

_CONTROLS = {"\r": "enter", "\t": "tab", "\x1b": "escape", "\x7f": "backspace", "\x08": "backspace", " ": "space"}
"""Keys that come spelled as the character they type."""

_ALIASES = {
    "add": "PLUS SIGN",
    "at": "COMMERCIAL AT",
    "backslash": "REVERSE SOLIDUS",
    "decimal": "FULL STOP",
    "divide": "SOLIDUS",
    "equals_sign": "EQUALS SIGN",
    "greater_than_sign": "GREATER-THAN SIGN",
    "less_than_sign": "LESS-THAN SIGN",
    "minus": "HYPHEN-MINUS",
    "multiply": "ASTERISK",
    "plus": "PLUS SIGN",
    "separator": "COMMA",
    "slash": "SOLIDUS",
    "subtract": "HYPHEN-MINUS",
    "underscore": "LOW LINE",
}
"""Names of characters that are not their Unicode names."""

_US_KEYS = {
    "`": "BACKQUOTE",
    "\\": "BACKSLASH",
    "[": "BRACKET_LEFT",
    "]": "BRACKET_RIGHT",
    ",": "COMMA",
    "=": "EQUAL",
    "-": "MINUS",
    ".": "PERIOD",
    "'": "QUOTE",
    ";": "SEMICOLON",
    "/": "SLASH",
    " ": "SPACE",
}
_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
"""Where a shifted character is on a US keyboard: used only to name the physical key."""


_CLASSIC = {"@": b"\x00", "i": b"\t", "m": b"\r", "[": b"\x1b"}
"""Control characters of old that the engine spells out to tell them from other keys."""
_PROTOCOL_F3 = b"\x1b[13;"
"""How the engine begins F3 with modifiers, so as not to be taken for the answer of DSR 6."""

_FUNCTIONAL = range(0xE000, 0xE080)
"""Where the kitty protocol numbers keys; one that comes as a character is a key without a name."""


class KeyPress(NamedTuple):
    """A key press taken apart.

    key: the physical key's name in the engine. modifiers: bits SHIFT, CTRL, ALT, SUPER.
    consumed: the modifiers that already went into the text. text: what it types.
    unshifted: the code point of the key without modifiers, 0 for keys that type nothing.
    """

    key: str
    modifiers: int
    consumed: int
    text: str
    unshifted: int


@lru_cache(maxsize=2048)
def parse_key(key: str, character: str | None) -> KeyPress | None:
    """Take a key apart; None for what is no key press, such as a modifier alone."""
    *names, base = key.split("+") if key != "+" else ["+"]
    modifiers = 0
    for name in names:
        if name not in _MODIFIERS:
            return None
        modifiers |= _MODIFIERS[name]
    base = "space" if key == "ctrl+@" else _CONTROLS.get(base, base)
    if base == "backspace" and character == "\x08" and not modifiers:
        return KeyPress("H", CTRL, 0, "h", ord("h"))  # the outer terminal sends 0x7f for the key itself
    if base == "backtab":
        return KeyPress("TAB", modifiers | SHIFT, 0, "", ord("\t"))
    if base in _NAMED:
        return _named(base, modifiers)
    return _typed(base, character, modifiers)


def _named(base: str, modifiers: int) -> KeyPress:
    text = _TYPED.get(base, "")
    return KeyPress(_NAMED[base], modifiers, 0, text, ord(text) if text else 0)


def _typed(base: str, character: str | None, modifiers: int) -> KeyPress | None:
    text = character if character and character.isprintable() else _character(base)
    if text is None or ord(text[0]) in _FUNCTIONAL:
        return None
    if len(text) > 1:
        return KeyPress("UNIDENTIFIED", 0, 0, text, 0)
    plain = _SHIFTED.get(text) or text.lower()
    if modifiers & SHIFT and not modifiers & (CTRL | SUPER) and len(text.upper()) == 1:
        text = text.upper()
    shifted = text != plain
    if shifted and (text in _SHIFTED or text.isupper()):
        modifiers |= SHIFT
    consumed = SHIFT if shifted and modifiers & SHIFT else 0
    return KeyPress(_physical(plain), modifiers, consumed, text, ord(plain) if len(plain) == 1 else ord(text))


def _character(base: str) -> str | None:
    """The character a key's name stands for."""
    if len(base) == 1:
        return base
    if base.startswith("upper_") and len(base) == 7:
        return base[-1].upper()
    name = _ALIASES.get(base, base.replace("_", " ").upper())
    for spelling in (name, name.replace(" ", "-", 1)):
        try:
            return unicodedata.lookup(spelling)
        except KeyError:
            continue
    return None


def _physical(plain: str) -> str:
    if plain in _US_KEYS:
        return _US_KEYS[plain]
    if plain.isascii() and plain.isalpha():
        return plain.upper()
    return f"DIGIT_{plain}" if plain.isascii() and plain.isdigit() else "UNIDENTIFIED"


class KeyEncoder:
    """Encodes key presses with the options a terminal's modes ask for."""

    def __init__(self, library: Library) -> None:
        lib = library.lib
        self._library, self._lib = library, lib
        self._encoder = library.made("GhosttyKeyEncoder", "ghostty_key_encoder_new")
        self._event = library.made("GhosttyKeyEvent", "ghostty_key_event_new")
        self._free = library.freed(self, key_event=self._event, key_encoder=self._encoder)
        self._flags = library.new("GhosttyKittyKeyFlags*")
        self._alt_is_escape = library.new("GhosttyOptionAsAlt*", lib.GHOSTTY_OPTION_AS_ALT_TRUE)

    def encode(self, terminal: Any, key: str, character: str | None) -> bytes:
        """The bytes of a key press, empty for what types nothing."""
        press = parse_key(key, character)
        if press is None:
            return b""
        lib, encoder = self._lib, self._encoder
        self._set_flags(terminal)
        if press.key == "UNIDENTIFIED" and not press.modifiers & ~SHIFT and not self._flags[0] & REPORT_ALL_KEYS:
            return press.text.encode("utf-8", "replace")
        lib.ghostty_key_encoder_setopt_from_terminal(encoder, terminal)
        lib.ghostty_key_encoder_setopt(
            encoder, lib.GHOSTTY_KEY_ENCODER_OPT_MACOS_OPTION_AS_ALT, self._alt_is_escape
        )
        lib.ghostty_key_encoder_setopt(encoder, lib.GHOSTTY_KEY_ENCODER_OPT_KITTY_FLAGS, self._flags)
        text = press.text.encode("utf-8", "replace")
        held = self._library.new("char[]", text)
        self._describe(press, held, len(text))
        data = self._library.filled(
            lambda out, capacity, size: lib.ghostty_key_encoder_encode(
                encoder, self._event, self._library.cast("char*", out), capacity, size
            )
        )
        return data if self._flags[0] else _classic(press, data)

    def _set_flags(self, terminal: Any) -> None:
        """All the program asked for but event types: a key's release never reaches us."""
        lib = self._lib
        lib.ghostty_terminal_get(terminal, lib.GHOSTTY_TERMINAL_DATA_KITTY_KEYBOARD_FLAGS, self._flags)
        self._flags[0] &= ~EVENT_TYPES

    def _describe(self, press: KeyPress, text: Any, length: int) -> None:
        lib, event = self._lib, self._event
        lib.ghostty_key_event_set_action(event, lib.GHOSTTY_KEY_ACTION_PRESS)
        lib.ghostty_key_event_set_key(event, getattr(lib, f"GHOSTTY_KEY_{press.key}"))
        lib.ghostty_key_event_set_mods(event, press.modifiers)
        lib.ghostty_key_event_set_consumed_mods(event, press.consumed)
        lib.ghostty_key_event_set_utf8(event, text, length)
        lib.ghostty_key_event_set_unshifted_codepoint(event, press.unshifted)


def _classic(press: KeyPress, data: bytes) -> bytes:
    """What a program without any keyboard protocol expects: control characters, and F3 as in xterm's terminfo."""
    if data.startswith(_PROTOCOL_F3):
        return b"\x1b[1;%bR" % data[len(_PROTOCOL_F3) : -1]
    character = _CLASSIC.get(press.text) or _CLASSIC.get(press.text.lower())
    if character is None or not press.modifiers & CTRL or not data.endswith(b"u"):
        return data
    return b"\x1b" + character if press.modifiers & ALT else character
