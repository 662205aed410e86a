"""What the engine reads otherwise than other terminals, or not at all, put right on its way in."""

import re
from collections.abc import Iterable

from maestro_tui.terminal.lacking import LONGEST_PARAMETERS, lacking_sequences
from maestro_tui.terminal.library import Library

__all__ = ["Mender", "Piece"]

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
_EMPTY_LAST = re.compile(rb"(\x1b\[[0-9:;]{0,%d};)m" % LONGEST_PARAMETERS)
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:!|\?6?|[0-9:;]{0,%d}[ ']?))?" % (LONGEST_PARAMETERS + 1))
_LONGEST_UNFINISHED = LONGEST_PARAMETERS + 4

Piece = tuple[bytes, "re.Match[bytes] | None"]
"""Bytes for the engine, and a sequence at their end that it does not have."""


class Mender:
    """Mends one stream, however it is cut. ESC begins a sequence anew wherever it stands.

    unfinished: the sequence that the bytes before end in the middle of, as far as it may matter here.
    """

    def __init__(self, library: Library, unfinished: bytes = b"") -> None:
        self._library = library
        self.unfinished = unfinished

    def feed(self, data: bytes) -> list[Piece]:
        """The bytes as the engine is to have them."""
        if DELETE in data:
            data = data.replace(DELETE, b"")
        if not self.unfinished and b"\x1b" not in data:
            return [(data, None)]
        before = self.unfinished
        data = before + data
        self.unfinished = _unfinished(data)
        holds = self._library.searcher(data)
        if holds(b"[g"):
            data = data.replace(CLEAR_TAB, SPELLED_OUT)
        if holds(b"!p"):
            data = data.replace(SOFT_RESET, SOFT_RESET + RESET)
        if holds(EMPTY_LAST):
            data = _EMPTY_LAST.sub(lambda match: match[1] + b"0m", data)
        return _pieces(data, len(before), lacking_sequences(data, holds))


def _pieces(data: bytes, start: int, sequences: Iterable["re.Match[bytes]"]) -> list[Piece]:
    """From `start` on: nothing is mended before the end of a sequence."""
    pieces: list[Piece] = []
    for sequence in sequences:
        pieces.append((data[start : sequence.end()], sequence))
        start = sequence.end()
    pieces.append((data[start:], None))
    return pieces


def _unfinished(data: bytes) -> bytes:
    start = data.rfind(b"\x1b", -_LONGEST_UNFINISHED)
    return data[start:] if start >= 0 and _UNFINISHED.fullmatch(data, start) else b""
