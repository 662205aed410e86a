"""Keys of outer terminals that Textual reads otherwise, or not at all.

Where the outer terminal does not speak the kitty protocol, Alt arrives as ESC before what the
key sends. Textual drops the Alt of control characters and punctuation, takes ESC 1 for what
macOS types with it and ESC b for ctrl+left, and puts `^` in place of an Alt that the next
sequence follows closely. A program in a pane has to get what was pressed.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, cast

from textual import _xterm_parser
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers.linux_driver import KITTY_REPORT_ALL_KEYS, KITTY_REPORT_ALTERNATE_KEYS
from textual.events import Key
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key
from textual.message import Message

from maestro_tui.tui.outer_mouse import mouse_event

__all__ = ["EDITING_KEYS", "OuterParser", "teach_textual"]

_ALTERNATES = re.compile(r"\x1b\[(\d+)(?::\d*)?(?::(\d+))?((?:;(\d*)[\d:;]*)?u)")
"""A key of the kitty protocol: its code, with Shift, on a US keyboard; then what begins with modifiers."""
_OTHER_KEYS = re.compile(r"^\x1b\[27;(\d+);(\d+)~$")
"""A key as xterm's modifyOtherKeys tells it: modifiers, code."""
_ONE_KEY = re.compile(r"[^\x00-\x1f\x7f]|\x1b\[[\d:;]+u")
"""A character, or a key of the kitty protocol, as one comes from a person who types."""
_CTRL, _ASCII = 4, 0x7F

INTRODUCERS = ("\x1b[", "\x1bO")
"""Longer sequences begin so (CSI, SS3), unless nothing follows."""

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


class OuterParser(XTermParser):
    """Textual's parser, for which ESC and a character are that character with Alt, at once and whichever it is.

    It goes on after a key of the kitty protocol that it cannot read. A key that comes alone is read at once.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._is_between_keys = False

    @property
    def awaits_more(self) -> bool:
        """Whether what came last is a key by itself unless more follows soon."""
        return self._timeout_time is not None

    def feed(self, data: str) -> Iterable[Message]:
        is_one = _ONE_KEY.fullmatch(data) is not None
        if is_one and self._is_between_keys:
            yield from (key for key in self._sequence_to_key_events(data) if key.key != Keys.Ignore)
            return
        was_told = False
        for message in super().feed(data):
            was_told = True
            yield message
        # Within a paste nothing is told of a character, and within a sequence more is awaited.
        self._is_between_keys = is_one and was_told and not self.awaits_more

    def parse_mouse_code(self, code: str) -> Message | None:
        return mouse_event(code, super().parse_mouse_code)

    def _parse_extended_key(self, sequence: str) -> list[Key] | None:  # type: ignore[override]
        try:
            return super()._parse_extended_key(_as_textual_reads(sequence))
        except (ValueError, OverflowError):
            return [Key(Keys.Ignore, sequence)]

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        is_known = len(sequence) != 2 or sequence in INTRODUCERS or sequence in _ALT
        character = sequence if alt else "" if is_known else sequence[1]
        if len(character) == 1 and character.isprintable():
            return [_with_alt(character)]
        return super()._sequence_to_key_events(sequence, alt=alt)


def _as_textual_reads(sequence: str) -> str:
    """A key without what else it may be. With Ctrl, what is not Latin is what a US keyboard has there."""
    sequence = _OTHER_KEYS.sub("\x1b[\\2;\\1u", sequence)
    if (match := _ALTERNATES.fullmatch(sequence)) is None:
        return sequence
    code, elsewhere, rest, modifiers = match.groups()
    if elsewhere and int(code) > _ASCII and modifiers and (int(modifiers) - 1) & _CTRL:
        code = elsewhere
    return f"\x1b[{code}{rest}"


def _with_alt(character: str) -> Key:
    name = character if character.isalnum() else _character_to_key(character)
    name = KEY_NAME_REPLACEMENTS.get(name, name)
    shift = "shift+" if len(name) == 1 and name.isupper() else ""
    return Key(f"alt+{shift}{name.lower() if shift else name}", character)


def teach_textual() -> None:
    """Have Textual read these keys, whichever driver it uses. May be called again."""
    linux_driver.XTermParser = OuterParser  # type: ignore[attr-defined]
    # So that Ctrl and a letter of any layout is the control character, as where there is no protocol.
    linux_driver.KITTY_REPORT_ALL_KEYS = KITTY_REPORT_ALL_KEYS | KITTY_REPORT_ALTERNATE_KEYS  # type: ignore[misc]
    table = cast("dict[str, Any]", ANSI_SEQUENCES_KEYS)
    table.update({sequence: (_AltKey(name),) for sequence, name in _ALT.items()})
    for number, code in enumerate(_FUNCTION_CODES, 13):
        FUNCTIONAL_KEYS.setdefault(f"{code}~", f"f{number}")
    # Textual would take Shift+F3 for the answer to a question that only inline applications ask.
    _xterm_parser._re_cursor_position = re.compile(r"(?!)")
