"""Finding text in a terminal, scrollback included: piece by piece, so that nobody waits for it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import NamedTuple

from maestro_tui.terminal.lines import Lines

__all__ = ["BadPattern", "Match", "Search", "Wanted"]

STEP_SECONDS = 0.004
"""How long one step looks, about; packed rows take ten times as long as others."""
ROWS_AT_ONCE = 64
LONGEST_LINE = 20_000
"""Characters of one line that are looked at."""
PATTERN_SECONDS = 0.25
"""How long a regular expression may work on one line."""
MOST_MATCHES = 100_000


class BadPattern(ValueError):
    """A regular expression that is none, or that takes too long; says why."""


class Wanted(NamedTuple):
    """What to look for. case: letters match in their own case only; else in either."""

    text: str
    regex: bool = False
    case: bool = False


class Match(NamedTuple):
    """Where a match is. Rows count from the oldest; the end column is past its last cell."""

    row: int
    column: int
    end_row: int
    end_column: int


class Search:
    """One search of one terminal. `step` until it says that all rows were looked at.

    Raises BadPattern for a regular expression that cannot be used; so does `step` for one that
    takes too long.
    """

    def __init__(self, lines: Lines, wanted: Wanted) -> None:
        self.wanted = wanted
        self.matches: list[Match] = []
        """Those found so far, from the oldest."""
        self._lines = lines
        self._find = _finder(wanted)
        self._next = 0

    def step(self) -> bool:
        """Look at some more rows, for a few milliseconds; False once there are no more."""
        end = perf_counter() + STEP_SECONDS
        while more := self._look():
            if perf_counter() >= end:
                break
        return more

    def _look(self) -> bool:
        lines, first = self._lines, self._next
        if first >= lines.total or len(self.matches) >= MOST_MATCHES:
            return False
        texts = lines.texts(first, ROWS_AT_ONCE)
        row = 0
        while row < len(texts):
            count, line = self._logical_line(texts, first, row)
            for start, end in self._find(line[:LONGEST_LINE]):
                self.matches.append(self._located(texts[row : row + count], first + row, start, end))
            row += count
        self._next = first + row
        return self._next < lines.total

    def again(self, rows: int) -> None:
        """Look anew at the last rows, which may have changed, and at those that came since."""
        self._next = max(0, min(self._next, self._lines.total - rows))
        while self._next and self._lines.wraps(self._next - 1):
            self._next -= 1
        del self.matches[bisect_left(self.matches, (self._next,)) :]

    def shift(self, rows: int) -> None:
        """The oldest rows went: everything is so many rows further up (negative)."""
        moved = (Match(one.row + rows, one.column, one.end_row + rows, one.end_column) for one in self.matches)
        self.matches = [one for one in moved if one.row >= 0]
        self._next = max(0, self._next + rows)

    def older(self, row: int, column: int) -> Match | None:
        """The nearest match above a cell; round the top the newest."""
        place = bisect_left(self.matches, (row, column)) - 1
        return self.matches[place] if self.matches else None

    def newer(self, row: int, column: int) -> Match | None:
        """The nearest match below a cell; round the bottom the oldest."""
        place = bisect_right(self.matches, (row, column, 1 << 40, 0))
        return self.matches[place % len(self.matches)] if self.matches else None

    def number(self, row: int, column: int) -> int:
        """Which match begins at a cell, from 1; 0 where none does."""
        place = bisect_left(self.matches, (row, column))
        hit = place < len(self.matches) and self.matches[place][:2] == (row, column)
        return place + 1 if hit else 0

    def spans(self, row: int) -> Iterator[tuple[int, int]]:
        """The columns of a row that belong to matches, as (start, end)."""
        columns = self._lines.columns
        for match in self.matches[max(0, bisect_left(self.matches, (row,)) - 8) :]:
            if match.row > row:
                return
            if match.end_row >= row:
                start = match.column if match.row == row else 0
                yield start, match.end_column if match.end_row == row else columns

    def _logical_line(self, texts: list[str], first: int, row: int) -> tuple[int, str]:
        """How many rows the line at a row has, and its text; rows after the last one read are fetched."""
        columns, parts, last = self._lines.columns, [texts[row]], row
        while len(texts[last]) * 2 >= columns - 1 and self._lines.wraps(first + last):
            if len(texts[last]) < columns:
                parts[-1] = texts[last] = texts[last] + " " * self._lines.blanks(first + last)
            last += 1
            if last == len(texts):
                texts += self._lines.texts(first + last, 64)
            parts.append(texts[last])
        return last - row + 1, "".join(parts)

    def _located(self, texts: list[str], first: int, start: int, end: int) -> Match:
        row, column = self._cell(texts, first, start)
        end_row, end_column = self._cell(texts, first, max(end - 1, start))
        return Match(row, column, end_row, end_column + 1)

    def _cell(self, texts: list[str], first: int, offset: int) -> tuple[int, int]:
        """The cell of a character of a line that fills these rows."""
        row = 0
        while row < len(texts) - 1 and offset >= len(texts[row]):
            offset -= len(texts[row])
            row += 1
        if texts[row].isascii():
            return first + row, offset
        drawn = 0
        for column, cell in enumerate(self._lines.cells(first + row)):
            if cell:
                if drawn >= offset:
                    return first + row, column
                drawn += 1
        return first + row, self._lines.columns - 1


def _finder(wanted: Wanted) -> Callable[[str], Iterable[tuple[int, int]]]:
    if wanted.regex:
        return _regex_finder(wanted)
    plain = re.compile(re.escape(wanted.text), 0 if wanted.case else re.IGNORECASE)
    return lambda line: (match.span() for match in plain.finditer(line))


def _regex_finder(wanted: Wanted) -> Callable[[str], Iterable[tuple[int, int]]]:
    """By `regex`, which can be told how long to try: a person's pattern must not stop the cockpit."""
    import regex

    try:
        pattern = regex.compile(wanted.text, 0 if wanted.case else regex.IGNORECASE)
    except regex.error as error:
        raise BadPattern(f"no regular expression: {error}") from error

    def find(line: str) -> Iterator[tuple[int, int]]:
        try:
            for match in pattern.finditer(line, timeout=PATTERN_SECONDS):
                if match.end() > match.start():
                    yield match.span()
        except TimeoutError as error:
            raise BadPattern("the regular expression takes too long: make it simpler") from error

    return find
