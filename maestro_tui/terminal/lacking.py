"""Sequences the engine does not have, carried out by those it has (VT420, xterm).

It swallows each of them whole, so they are looked for beside it and done when it has read them.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from maestro_tui.terminal.callbacks import Callbacks
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.modes import ORIGIN, Modes

__all__ = ["LONGEST_PARAMETERS", "Lacking", "lacking_sequences"]

INSERTS, DELETES = b"@", b"P"
"""The final bytes of ICH and DCH, which move the rest of one row between the margins."""
KEPT_TITLES = 10
"""As many as xterm keeps."""
LONGEST_PARAMETERS = 256
"""Bytes of parameters that are looked at; a longer sequence is swallowed."""

_ENDS = (  # two bytes each, which is what they are found fastest by
    *(b" @", b" A", b"'}", b"'~"),  # SL, SR, DECIC, DECDC
    *(b"\x1b6", b"\x1b9"),  # DECBI, DECFI
    b"6n",  # DECXCPR
    *(b"2t", b"3t", b"0t", b";t"),  # XTWINOPS: 22 puts the title aside, 23 brings it back
)
_SEQUENCE = re.compile(
    rb"\x1b(?:(?P<index>[69])"
    rb"|\[(?P<place>\?6n)"
    rb"|\[(?P<title>2[23])(?:;[02]?(?:;[0-9]*)?)?t"
    rb"|\[(?P<count>[0-9]*)(?:;[0-9;]*)?(?P<shift> [@A]|'[}~]))"
)
_LONGEST = LONGEST_PARAMETERS + len(b"\x1b[ @")
_MARGINS = re.compile(rb"\x1bP1\$r([0-9]+);([0-9]+)[rs]\x1b\\")
_PLACE = re.compile(rb"\x1b\[([0-9]+;[0-9]+)R")


def lacking_sequences(data: bytes, holds: Callable[[bytes], bool]) -> Iterator[re.Match[bytes]]:
    """Those that end in `data`, in their order. holds: whether a few bytes are in it."""
    for end in sorted(end for needle in _ENDS if holds(needle) for end in _ends(data, needle)):
        start = data.rfind(b"\x1b", max(0, end - _LONGEST), end)
        if start >= 0 and (sequence := _SEQUENCE.fullmatch(data, start, end)):
            yield sequence


def _ends(data: bytes, needle: bytes) -> Iterator[int]:
    place = data.find(needle)
    while place >= 0:
        yield place + len(needle)
        place = data.find(needle, place + 1)


class Lacking:
    """Carries them out on one terminal of the library.

    titles: those that a program has put aside, the newest last.
    """

    def __init__(self, library: Library, terminal: Any, callbacks: Callbacks, titles: Iterable[str] = ()) -> None:
        self._library, self._lib = library, library.lib
        self._terminal = terminal
        self._callbacks = callbacks
        self._modes = Modes(library, terminal)
        self.titles = deque(titles, maxlen=KEPT_TITLES)

    def carry_out(self, sequence: re.Match[bytes]) -> None:
        """Do what one of `lacking_sequences` asks for."""
        if sequence["title"] == b"22":
            self.titles.append(self._callbacks.title(self._terminal))
        elif sequence["title"]:
            if self.titles:
                self._write(b"\x1b]2;%b\x1b\\" % self.titles.pop().encode())
        elif sequence["place"]:
            if place := _PLACE.fullmatch(self._answer(b"\x1b[6n")):
                self._callbacks.reply(b"\x1b[?%b;1R" % place[1])  # on the one page there is
        elif sequence["index"]:
            self._index(forward=sequence["index"] == b"9")
        else:
            self._shift(sequence["shift"], int(sequence["count"][:5] or b"1") or 1)

    def _index(self, *, forward: bool) -> None:
        """DECFI, DECBI: a step aside, or at the margin of the scroll region its columns move instead."""
        area = self._area()
        if area.x == (area.right if forward else area.left):
            if area.top <= area.y <= area.bottom:
                self._move_columns(area, area.left, 1, DELETES if forward else INSERTS)
        elif area.x:
            self._write(b"\x1b[C" if forward else b"\x1b[D")

    def _shift(self, final: bytes, count: int) -> None:
        """SL and SR move the columns of the scroll region, DECIC and DECDC those from the cursor on."""
        area = self._area()
        way = INSERTS if final in (b" A", b"'}") else DELETES
        if final in (b" @", b" A"):
            self._move_columns(area, area.left, count, way)
        elif area.left <= area.x <= area.right and area.top <= area.y <= area.bottom:
            self._move_columns(area, area.x, count, way)

    def _move_columns(self, area: "_Area", first: int, count: int, way: bytes) -> None:
        """In each row of the scroll region, from a column on; the cursor stays."""
        row = b"\x1b[%d%b\x1b[B" % (count, way)
        self._write(area.to(first, area.top) + row * (area.bottom - area.top + 1) + area.to(area.x, area.y))

    def _area(self) -> "_Area":
        sides, ends = (_MARGINS.fullmatch(self._answer(b"\x1bP$q%b\x1b\\" % name)) for name in (b"s", b"r"))
        left, right = (
            map(int, sides.groups()) if sides else (1, self._number("COLS"))
        )  # no answer: no such margins
        top, bottom = map(int, ends.groups()) if ends else (1, self._number("ROWS"))
        x, y = self._number("CURSOR_X"), self._number("CURSOR_Y")
        return _Area(left - 1, right - 1, top - 1, bottom - 1, x, y, self._modes.is_set(ORIGIN))

    def _number(self, name: str) -> int:
        out = self._library.new("uint16_t*")
        self._lib.ghostty_terminal_get(self._terminal, getattr(self._lib, f"GHOSTTY_TERMINAL_DATA_{name}"), out)
        return int(out[0])

    def _answer(self, query: bytes) -> bytes:
        """What the engine answers to a query of ours."""
        answers: list[bytes] = []
        on_reply, self._callbacks.on_reply = self._callbacks.on_reply, answers.append
        self._write(query)
        self._callbacks.on_reply = on_reply
        return b"".join(answers)

    def _write(self, data: bytes) -> None:
        self._lib.ghostty_terminal_vt_write(self._terminal, data, len(data))


class _Area(NamedTuple):
    """The scroll region by its first and last column and row, and the cursor; all from 0."""

    left: int
    right: int
    top: int
    bottom: int
    x: int
    y: int
    origin: bool

    def to(self, x: int, y: int) -> bytes:
        """CUP, which counts from the margins in origin mode."""
        if self.origin:
            x, y = max(0, x - self.left), max(0, y - self.top)
        return b"\x1b[%d;%dH" % (y + 1, x + 1)
