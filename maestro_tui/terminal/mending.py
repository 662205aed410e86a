"""What the engine reads otherwise than other terminals, or not at all, put right on its way in."""

import re

__all__ = ["Mender"]

DELETE = b"\x7f"
"""The engine would print it, where terminals ignore it (ECMA-48 section 8.3.32)."""
CLEAR_TAB, SPELLED_OUT = b"\x1b[g", b"\x1b[0g"
"""TBC without its parameter, which the engine ignores."""
SOFT_RESET = b"\x1b[!p"
"""DECSTR, which the engine ignores."""
RESET = (
    b"\x1b7\x1b[?69l\x1b[r\x1b8"  # no margins; the cursor stays where it is
    b"\x1b[4l\x1b[?1l\x1b[?7;25h\x1b>"  # insert, cursor keys, wrapping, the cursor to be seen, the keypad
    b'\x1b[0m\x1b[0"q\x1b(B\x1b)B\x1b*B\x1b+B\x0f'  # style, protection, character sets
)
"""What DECSTR does (VT510; wrapping as in xterm). Origin mode stays: without margins it has no effect."""
EMPTY_LAST = b";m"
"""How an SGR ends whose last parameter is empty: it means 0 (ECMA-48 section 5.4.2), the engine leaves it out."""
LONGEST_PARAMETERS = 256
"""Bytes of parameters that are looked at; a longer SGR is read as the engine reads it."""

_EMPTY_LAST = re.compile(rb"(\x1b\[[0-9:;]{0,%d};)m" % LONGEST_PARAMETERS)
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:!|[0-9:;]{0,%d}))?" % (LONGEST_PARAMETERS + 1))
_LONGEST_UNFINISHED = LONGEST_PARAMETERS + 3


class Mender:
    """Mends one stream, however it is cut. ESC begins a sequence anew wherever it stands.

    unfinished: the sequence that the bytes before end in the middle of, as far as it may need mending.
    """

    def __init__(self, unfinished: bytes = b"") -> None:
        self.unfinished = unfinished

    def feed(self, data: bytes) -> bytes:
        """The bytes as the engine is to have them."""
        if DELETE in data:
            data = data.replace(DELETE, b"")
        # Looking for one byte costs next to nothing, looking for two a twentieth of the engine's time.
        if not self.unfinished and b"\x1b" not in data:
            return data
        before = self.unfinished
        data = before + data
        self.unfinished = _unfinished(data)
        if CLEAR_TAB in data:
            data = data.replace(CLEAR_TAB, SPELLED_OUT)
        if b"!" in data and SOFT_RESET in data:
            data = data.replace(SOFT_RESET, SOFT_RESET + RESET)
        if EMPTY_LAST in data:
            data = _EMPTY_LAST.sub(lambda match: match[1] + b"0m", data)
        return data[len(before) :]  # nothing is mended before the end of a sequence


def _unfinished(data: bytes) -> bytes:
    start = data.rfind(b"\x1b", -_LONGEST_UNFINISHED)
    return data[start:] if start >= 0 and _UNFINISHED.fullmatch(data, start) else b""
