"""Recorded terminal output as text: what a person would read in it.

Not a terminal, only as much of one as lines need (ECMA-48): text is written over what stands at
the cursor, which carriage returns, backspaces, tabs and cursor movements move; erasing erases;
colours, titles and all other sequences leave nothing. What a program drew on the alternate
screen and left again is gone, as it is for whoever watched. Standard library only.
"""

import re
import unicodedata
from typing import NamedTuple

from maestro_tui.domain.text import clean_text

__all__ = ["Line", "complete_length", "read_lines"]

COLUMNS, ROWS = 1000, 500
"""How far a cursor can be moved: beyond any real terminal."""
MOST_BLANKS = 4_000_000
"""Cells that movements alone may make: a few bytes of output must not become megabytes of blanks."""
ROW_COST = 100
TAB = 8

_CSI = rb"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
_STRING = rb"\x1b[\]P_^X][^\x07\x1b\x18\x1a]*(?:\x07|\x1b\\|[\x18\x1a])?"
_ESCAPE = rb"\x1b[ -/]*(?P<plain>[0-Z\\`-~])"
_TOKEN = re.compile(
    rb"(?P<text>[^\x00-\x1f\x7f]+)|" + b"|".join((_CSI, _STRING, _ESCAPE)) + rb"|(?P<control>[\x00-\x1f\x7f])",
)
_UNFINISHED = re.compile(rb"\x1b(?:[ -/]*|\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b\x18\x1a]{0,4096}\x1b?)\Z")
_ALTERNATE = frozenset({"47", "1047", "1049"})


class Line(NamedTuple):
    """One line. offset: where in the bytes it was begun."""

    text: str
    offset: int


def complete_length(data: bytes) -> int:
    """How many of the bytes can be read without those that follow: no sequence or character is cut in half."""
    if (cut := _UNFINISHED.search(data, max(len(data) - 4200, 0))) is not None:
        return cut.start()
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(data) - back if needed > back else len(data)
    return len(data)


def read_lines(data: bytes) -> list[Line]:
    """The lines of some output. The last one is where the cursor is: empty after a line feed."""
    page = _Page()
    for token in _TOKEN.finditer(data):
        page.offset = token.start()
        match token.lastgroup:
            case "text":
                page.write(token["text"].decode("utf-8", "replace"))
            case "control":
                page.control(token["control"])
            case "final":
                page.sequence(token["final"].decode(), token["parameters"].decode())
            case "plain":
                page.escape(token["plain"])
    return page.lines()


class _Row:
    __slots__ = ("cells", "offset")

    def __init__(self, offset: int) -> None:
        self.cells: list[str] = []
        self.offset = offset


class _Page:
    """Rows that grow downwards, and a cursor in them."""

    def __init__(self) -> None:
        self.offset = 0
        self._rows = [_Row(0)]
        self._row = self._column = 0
        self._top = 0
        self._blanks = MOST_BLANKS
        self._saved = (0, 0)
        self._main: tuple[list[_Row], int, int, int] | None = None

    def lines(self) -> list[Line]:
        rows = [
            Line(_shown(row.cells, keep_end=number == self._row), row.offset)
            for number, row in enumerate(self._rows)
        ]
        while len(rows) > 1 and len(rows) - 1 > self._row and not rows[-1].text:
            rows.pop()
        return rows

    def write(self, text: str) -> None:
        cells = list(text) if text.isascii() else _cells(text)
        row, start = self._rows[self._row].cells, self._column
        if (missing := start - len(row)) > 0:
            row.extend(" " * self._spend(missing))
        row[start : start + len(cells)] = cells
        self._column += len(cells)

    def control(self, byte: bytes) -> None:
        match byte:
            case b"\n" | b"\x0b" | b"\x0c":
                self._feed_line()
            case b"\r":
                self._column = 0
            case b"\b":
                self._column = max(self._column - 1, 0)
            case b"\t":
                self._column = min((self._column // TAB + 1) * TAB, COLUMNS)

    def escape(self, final: bytes) -> None:
        match final:
            case b"7":
                self._saved = (self._row, self._column)
            case b"8":
                self._row, self._column = min(self._saved[0], len(self._rows) - 1), self._saved[1]
            case b"D":
                self._move_to(self._row + 1)
            case b"E":
                self._feed_line()
            case b"M":
                self._move_to(self._row - 1)

    def sequence(self, final: str, parameters: str) -> None:
        if parameters.startswith("?"):
            if final in "hl" and not _ALTERNATE.isdisjoint(parameters[1:].split(";")):
                self._switch(to_alternate=final == "h")
            return
        numbers = [int(part[:6]) if part.isdecimal() else 0 for part in parameters.split(";")]
        first = numbers[0]
        count = min(max(first, 1), ROWS)
        match final:
            case "A" | "F":
                self._move_to(self._row - count)
            case "B" | "E":
                self._move_to(self._row + count)
            case "C" | "a":
                self._column = min(self._column + min(max(first, 1), COLUMNS), COLUMNS)
            case "D":
                self._column = max(self._column - max(first, 1), 0)
            case "G" | "`":
                self._column = _bounded(first, COLUMNS)
            case "d":
                self._move_to(self._top + _bounded(first, ROWS))
            case "H" | "f":
                self._move_to(self._top + _bounded(first, ROWS))
                self._column = _bounded(numbers[1] if len(numbers) > 1 else 1, COLUMNS)
            case "J":
                self._erase_below(first)
            case "K":
                self._erase_in_row(first)
            case "P":
                del self._rows[self._row].cells[self._column : self._column + count]
            case "X":
                self._blank(self._column, self._column + min(max(first, 1), COLUMNS))
            case "s" if not parameters:
                self.escape(b"7")
            case "u" if not parameters:
                self.escape(b"8")
        if final in "EF":
            self._column = 0

    def _feed_line(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._rows):
            self._rows.append(_Row(self.offset + 1))

    def _move_to(self, row: int) -> None:
        """Stand in this row, or as near to it as may be; rows that are not there yet are made."""
        missing = max(row - len(self._rows) + 1, 0)
        self._rows += [_Row(self.offset) for _ in range(self._spend(missing * ROW_COST) // ROW_COST)]
        self._row = min(max(row, self._top), len(self._rows) - 1)

    def _spend(self, cells: int) -> int:
        """How many of these blank cells may be made."""
        granted = min(cells, self._blanks)
        self._blanks -= granted
        return granted

    def _erase_below(self, what: int) -> None:
        if what >= 2 and self._main is not None:
            self._rows, self._row, self._column = [_Row(self.offset)], 0, 0
        elif what >= 2:  # what stood there is history now, and the screen begins below it
            if self._rows[-1].cells:
                self._rows.append(_Row(self.offset))
            self._top = self._row = len(self._rows) - 1
        elif what == 0:
            del self._rows[self._row].cells[self._column :]
            del self._rows[self._row + 1 :]

    def _erase_in_row(self, what: int) -> None:
        if what == 0:
            del self._rows[self._row].cells[self._column :]
        elif what == 1:
            self._blank(0, self._column + 1)
        else:
            self._rows[self._row].cells.clear()

    def _blank(self, start: int, end: int) -> None:
        cells = self._rows[self._row].cells
        end = min(end, len(cells))
        if start < end:
            cells[start:end] = " " * (end - start)

    def _switch(self, *, to_alternate: bool) -> None:
        if to_alternate and self._main is None:
            self._main = (self._rows, self._row, self._column, self._top)
            self._rows, self._row, self._column, self._top = [_Row(self.offset)], 0, 0, 0
        elif not to_alternate and self._main is not None:
            self._rows, self._row, self._column, self._top = self._main
            self._main = None


def _shown(cells: list[str], *, keep_end: bool) -> str:
    """keep_end: for the row of the cursor, where a space at the end may stand between two words."""
    text = clean_text("".join(cells))
    return text if keep_end else text.rstrip()


def _bounded(position: int, most: int) -> int:
    """A position that counts from 1, as one that counts from 0."""
    return min(max(position, 1), most) - 1


def _cells(text: str) -> list[str]:
    """A text cell by cell: a wide character fills two, a combining one goes with the one before it."""
    cells: list[str] = []
    for character in text:
        if cells and unicodedata.combining(character):
            cells[-1] += character
        else:
            cells.append(character)
            if unicodedata.east_asian_width(character) in "WF":
                cells.append("")
    return cells
