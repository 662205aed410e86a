"""Rows of a terminal as Textual strips, without taking them apart.

A row arrives as the bytes an outer terminal needs. Textual only has to put them in their
place, so segments are made when something really asks for them: a dialog over the pane, a
screenshot.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from rich.cells import set_cell_size
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.cache import FIFOCache
from textual.strip import Strip

from maestro_tui.terminal.rows import PINNED, Row
from maestro_tui.tui.fewer_colors import reduced, without_colors

__all__ = ["RowStrip", "segments_of"]

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_ATTRIBUTES = {
    "1": "bold",
    "2": "dim",
    "3": "italic",
    "4": "underline",
    "5": "blink",
    "7": "reverse",
    "8": "conceal",
    "9": "strike",
    "53": "overline",
}
_DOUBLE_UNDERLINE = "4:2"
_EXTENDED = {"38": "color", "48": "bgcolor", "58": None}


class _NoCache(FIFOCache[Any, Any]):
    """In place of a strip's caches: a row is replaced, hardly ever cut twice."""

    def get(self, key: Any, default: Any = None) -> Any:
        return default

    def __setitem__(self, key: Any, value: Any) -> None:
        return None


_NO_CACHE = _NoCache(1)


class RowStrip(Strip):
    """A strip that knows its terminal sequences and makes segments only when asked."""

    __slots__ = ["_made", "_row_text"]

    def __init__(self, row: Row) -> None:
        self._row_text = row.text
        self._made: list[Segment] | None = None
        self._cell_length = row.width
        self._render_cache = None
        self._divide_cache = self._crop_cache = self._style_cache = self._filter_cache = _NO_CACHE
        self._line_length_cache = self._crop_extend_cache = self._offsets_cache = _NO_CACHE
        self._link_ids = None
        self._cell_count = None

    @property
    def _segments(self) -> list[Segment]:  # type: ignore[override]
        if self._made is None:
            self._made = segments_of(self._row_text)
        return self._made

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Itself where the cuts leave it whole, which is nearly always."""
        cuts = list(cuts)
        if len(cuts) == 1 and cuts[0] >= self.cell_length:
            return [self]
        return super().divide(cuts)

    def fitted(self, width: int) -> Strip:
        """As wide as the pane, for a row that is not: cut, or filled with blanks."""
        if self.cell_length == width:
            return self
        if self.cell_length > width:
            return self.crop(0, width)
        return Strip([*self._segments, Segment(" " * (width - self.cell_length))], width)

    def render(self, console: Console) -> str:
        """The sequences as they are; with fewer colours where the outer terminal has fewer."""
        if console.no_color:
            return without_colors(self._row_text)
        if console.color_system in ("truecolor", None):
            return self._row_text
        return reduced(self._row_text, console.color_system)


def segments_of(text: str) -> list[Segment]:
    """Text with SGR sequences as segments."""
    segments, parameters, position = [], "", 0
    if "\x1b7" in text:
        text = PINNED.sub(_plain_cluster, text)
    for match in _SGR.finditer(text):
        if match.start() > position:
            segments.append(Segment(text[position : match.start()], _style(parameters)))
        position = match.end()
        parameters = _after(parameters, match[1])
    if position < len(text):
        segments.append(Segment(text[position:], _style(parameters)))
    return segments


def _plain_cluster(match: re.Match[str]) -> str:
    """A cluster as one character in as many columns, for outer terminals disagree about the width of the whole."""
    width = match[0].index("\x1b8") - len("\x1b7")
    return set_cell_size(unicodedata.normalize("NFC", match[1])[0], width)


def _after(parameters: str, more: str) -> str:
    """The parameters in force after a sequence; `0` comes first where it comes at all."""
    if more in ("", "0"):
        return ""
    if more.startswith("0;"):
        return more[2:]
    return f"{parameters};{more}" if parameters else more


@lru_cache(maxsize=8192)
def _style(parameters: str) -> Style | None:
    if not parameters:
        return None
    known: dict[str, Any] = {}
    parts = iter(parameters.split(";"))
    for part in parts:
        if part in _EXTENDED:
            color, target = _color(parts), _EXTENDED[part]
            if target:
                known[target] = color
        elif part == _DOUBLE_UNDERLINE:
            known["underline2"] = True
        elif part == "27":
            known["reverse"] = False
        elif attribute := _ATTRIBUTES.get(part.partition(":")[0]):
            known[attribute] = True
    return Style(**known)


def _color(parts: Any) -> Color:
    if next(parts, "2") == "5":
        return Color.from_ansi(int(next(parts, "0")))
    red, green, blue = (int(next(parts, "0")) for _ in range(3))
    return Color.from_rgb(red, green, blue)
