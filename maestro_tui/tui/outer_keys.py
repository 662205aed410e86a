"""Keys of outer terminals that Textual reads otherwise, or not at all.

Where the outer terminal does not speak the kitty protocol, Alt arrives as ESC before what the
key sends. Textual drops the Alt of control characters, and takes ESC b and ESC f for
ctrl+left and ctrl+right; a program in a pane has to get what was pressed.
"""

from enum import Enum
from typing import Any, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS

__all__ = ["EDITING_KEYS", "teach_textual"]

EDITING_KEYS = {"alt+b": "ctrl+left", "alt+f": "ctrl+right"}
"""What these keys mean in a text field, where iTerm2 sends them for a word to the left and right."""

_ALT = {
    "\x1b\r": "alt+enter",
    "\x1b\x7f": "alt+backspace",
    "\x1b ": "alt+space",
    "\x1bb": "alt+b",
    "\x1bf": "alt+f",
}
_ALT |= {f"\x1b{chr(code)}": f"alt+ctrl+{chr(code + 0x60)}" for code in range(1, 27) if chr(code) not in "\t\r"}
_FUNCTION_CODES = (25, 26, 28, 29, 31, 32, 33, 34)
"""F13 to F20 as the VT220 numbers them."""

_AltKey = Enum("_AltKey", {name: name for name in _ALT.values()})  # type: ignore[misc]  # Textual wants members


def teach_textual() -> None:
    """Add these keys to the tables of Textual's parser. May be called again."""
    table = cast("dict[str, Any]", ANSI_SEQUENCES_KEYS)
    table.update({sequence: (_AltKey(name),) for sequence, name in _ALT.items()})
    for number, code in enumerate(_FUNCTION_CODES, 13):
        FUNCTIONAL_KEYS.setdefault(f"{code}~", f"f{number}")
