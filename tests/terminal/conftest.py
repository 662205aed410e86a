"""Terminals for tests: their rows as text, their cells as (character, style)."""

import re
from collections.abc import Callable, Iterator

import pytest

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.rows import PINNED

SEQUENCE = re.compile(r"\x1b\[[0-9;:]*m")


class Screen:
    """A terminal and what came of feeding it."""

    def __init__(self, columns: int, rows: int, **options) -> None:
        self.replies: list[bytes] = []
        self.terminal = Terminal(columns, rows, on_reply=self.replies.append, **options)
        self.rows: dict[int, str] = {}

    def feed(self, data: bytes | str, pieces: int = 0) -> "Screen":
        raw = data.encode() if isinstance(data, str) else data
        step = pieces or max(1, len(raw))
        for start in range(0, len(raw), step):
            self.terminal.feed(raw[start : start + step])
        return self

    def lines(self) -> list[str]:
        """The rows as a person sees them: no styles, trailing blanks left out."""
        return [plain(row).rstrip() for _, row in sorted(self.painted().items())]

    def painted(self) -> dict[int, str]:
        """Every row as it is sent to the outer terminal."""
        self.rows.update({y: row.text for y, row in self.terminal.changed_rows()})
        return {y: row for y, row in self.rows.items() if y < self.terminal.rows}

    def state(self) -> tuple:
        """All that a person or a program can tell of it."""
        self.painted()
        terminal = self.terminal
        cursor = terminal.cursor()
        return self.painted(), cursor, terminal.title, terminal.all_text(), tuple(self.replies), terminal.held


def plain(text: str) -> str:
    return SEQUENCE.sub("", PINNED.sub(r"\1", text))


@pytest.fixture
def screen() -> Iterator[Callable[..., Screen]]:
    """Make a screen: `screen(20, 4, "text")`."""
    made: list[Screen] = []

    def make(columns: int = 10, rows: int = 4, data: bytes | str = b"", **options) -> Screen:
        made.append(Screen(columns, rows, **options))
        return made[-1].feed(data)

    yield make
    for one in made:
        one.terminal.close()
