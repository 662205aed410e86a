"""Cells with their looks, from rows with SGR sequences: the common ground on which screens are compared."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from maestro_tui.terminal.rows import PINNED

__all__ = ["Cell", "Color", "styled_rows", "visible"]

Color = int | tuple[int, ...] | None

_PIECE = re.compile(r"\x1b\[([0-9;:]*)m|\x1b[()].|[\x0e\x0f]|(.)", re.DOTALL)
_ATTRIBUTES = {"1": "bold", "2": "faint", "3": "italic", "5": "blink", "7": "inverse", "8": "invisible"}
_ATTRIBUTES |= {"9": "struck", "53": "overline", "5:3": "overline"}  # tmux writes 53 as it writes 4:2
_COLORS = {"38": "foreground", "48": "background", "58": "line"}
_ON_BLANKS = frozenset({"inverse", "struck", "overline"})
JOINER, SELECTOR = "\u200d", "\ufe0f"


class Cell(NamedTuple):
    """A character and how it looks. Colours: an index, (red, green, blue), or None for the terminal's own."""

    text: str
    attributes: frozenset[str] = frozenset()
    foreground: Color = None
    background: Color = None
    line: Color = None


def styled_rows(texts: Iterable[str]) -> list[list[Cell]]:
    """The cells of each row, blanks without any looks at its end left out; a style goes on in the row below."""
    style, rows = Cell(""), []
    for text in texts:
        cells: list[Cell] = []
        for match in _PIECE.finditer(PINNED.sub(r"\1", text)):
            if match[1] is not None:
                style = _applied(style, match[1])
            elif match[2] and cells and _joins(cells[-1].text, match[2]):
                cells[-1] = cells[-1]._replace(text=cells[-1].text + match[2])
            elif match[2]:
                cells.append(style._replace(text=match[2]))
        rows.append(_without_end([visible(cell) for cell in cells]))
    return rows


def _without_end(cells: list[Cell]) -> list[Cell]:
    while cells and cells[-1] == Cell(" "):
        del cells[-1]
    return cells


def visible(cell: Cell) -> Cell:
    """A cell without what cannot be seen of it: a blank has no letters, and only an underline has its colour."""
    underlined = any(one.startswith("underline") for one in cell.attributes)
    if cell.text == " " and not underlined and not cell.attributes & _ON_BLANKS:
        return Cell(" ", background=cell.background)
    if cell.text == " ":
        kept = {one for one in cell.attributes if one in _ON_BLANKS or one.startswith("underline")}
        cell = cell._replace(attributes=frozenset(kept))
    return cell if underlined else cell._replace(line=None)


def _joins(before: str, character: str) -> bool:
    flags = all("\U0001f1e6" <= one <= "\U0001f1ff" for one in (before, character)) if len(before) == 1 else False
    is_mark = unicodedata.combining(character) or character in (JOINER, SELECTOR)
    return bool(is_mark) or before.endswith(JOINER) or flags


def _applied(style: Cell, parameters: str) -> Cell:
    parts = (parameters or "0").split(";")
    while parts:
        part = parts.pop(0)
        number, _, rest = part.partition(":")
        if number in ("", "0"):
            style = Cell("")
        elif number in _COLORS:
            color, parts = _color(rest.split(":"), parts) if rest else _color(parts[:4], parts, joined=False)
            style = style._replace(**{_COLORS[number]: color})
        elif part in _ATTRIBUTES:
            style = style._replace(attributes=style.attributes | {_ATTRIBUTES[part]})
        elif number == "4":
            style = style._replace(attributes=style.attributes | {f"underline {rest or 1}"})
        elif number.isdigit():
            style = _plain_color(style, int(number))
    return style


def _plain_color(style: Cell, number: int) -> Cell:
    for first, index in ((30, 0), (90, 8)):
        if first <= number < first + 8:
            return style._replace(foreground=number - first + index)
        if first + 10 <= number < first + 18:
            return style._replace(background=number - first - 10 + index)
    return style._replace(**{39: {"foreground": None}, 49: {"background": None}}.get(number, {}))


def _color(told: list[str], parts: list[str], *, joined: bool = True) -> tuple[Color, list[str]]:
    numbers = [int(one) for one in told if one]
    if numbers[0] == 5:
        return numbers[1], parts if joined else parts[2:]
    return tuple(numbers[1:4]), parts if joined else parts[4:]
