"""The cursor of copy mode: where it is, and the keys that move it."""

from collections.abc import Callable

from maestro_tui.terminal.engine import Terminal
from maestro_tui.tui.copy_motions import Cell, Motions

__all__ = ["MOST_REPEATS", "CopyCursor"]

MOST_REPEATS = 10_000
"""How often a count repeats a motion that is made step by step, for nobody to wait for it."""


class CopyCursor:
    """A cell of a terminal, (x, y) with rows from the oldest, and the first row in sight.

    A method per action of copy mode that moves it, named after the action. `problem` says why one
    could not.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.problem = ""
        self._lines = terminal.lines
        self._motions = Motions(self._lines)
        self._count = ""
        bar, cursor = terminal.viewport.scrollbar, terminal.cursor()
        self._top = bar.offset
        self.x, self.y = (cursor.x, bar.offset + cursor.y) if cursor else (0, bar.offset + bar.length - 1)

    @property
    def view_row(self) -> int:
        """The cursor's row in what is shown."""
        return self.y - self._top

    @property
    def top(self) -> int:
        """The first row shown."""
        return self._top

    @property
    def _times(self) -> int:
        """The count typed before the key; 1 without one."""
        return int(self._count or 1) or 1

    def _left(self) -> None:
        self._go(self.x - self._times, self.y)

    def _right(self) -> None:
        self._go(self.x + self._times, self.y)

    def _up(self) -> None:
        self._go(self.x, self.y - self._times)

    def _down(self) -> None:
        self._go(self.x, self.y + self._times)

    def _line_start(self) -> None:
        self._go(0, self.y)

    def _line_text(self) -> None:
        self._go(*self._motions.line_text(self.y))

    def _line_end(self) -> None:
        self._go(*self._motions.line_end(self._motions.within(0, self.y + self._times - 1)[1]))

    def _top_row(self) -> None:
        self._go(self.x, self._times - 1)

    def _bottom(self) -> None:
        self._go(self.x, self._times - 1 if self._count else self._motions.bottom(self.terminal.rows))

    def _half_up(self) -> None:
        self._page(-0.5)

    def _half_down(self) -> None:
        self._page(0.5)

    def _page_up(self) -> None:
        self._page(-1)

    def _page_down(self) -> None:
        self._page(1)

    def _prompt_previous(self) -> None:
        self._to_prompt(older=True)

    def _prompt_next(self) -> None:
        self._to_prompt(older=False)

    def _word_next(self) -> None:
        self._repeat(self._motions.word_next)

    def _word_end(self) -> None:
        self._repeat(self._motions.word_end)

    def _word_back(self) -> None:
        self._repeat(self._motions.word_back)

    def _repeat(self, motion: Callable[[int, int], Cell]) -> None:
        for _ in range(min(self._times, MOST_REPEATS)):
            before = self.x, self.y
            self._go(*motion(*before))
            if (self.x, self.y) == before:
                return

    def _go(self, x: int, y: int) -> None:
        self.x, self.y = self._motions.within(x, y)

    def _page(self, pages: float) -> None:
        rows = (round(pages * max(1, self.terminal.rows - 1)) or 1) * self._times
        self._top += rows
        self._go(self.x, self.y + rows)

    def _to_prompt(self, *, older: bool) -> None:
        for _ in range(min(self._times, MOST_REPEATS)):
            prompts = self.terminal.prompts
            row = prompts.older(self.y) if older else prompts.newer(self.y)
            if row is None:
                self.problem = "no prompt is marked there"
                return
            self._go(0, row)
