"""Where vi's motions lead over what a terminal showed. Cells are (column, row), rows from the oldest."""

from maestro_tui.terminal.lines import Lines

__all__ = ["Cell", "Motions"]

BLANK, WORD, OTHER = range(3)

Cell = tuple[int, int]


class Motions:
    """Motions over the rows of one terminal. Each takes a cell and gives the one it leads to."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._read: tuple[int, list[str]] | None = None

    def forget(self) -> None:
        """The terminal may have gone on: read its rows anew."""
        self._read = None

    def within(self, x: int, y: int) -> Cell:
        """The nearest cell there is."""
        return max(0, min(x, self._lines.columns - 1)), max(0, min(y, self._lines.total - 1))

    def joined(self, y: int) -> bool:
        """Whether a row goes on with the line above it."""
        return y > 0 and self._lines.wraps(y - 1)

    def line_text(self, y: int) -> Cell:
        """The first character of a row."""
        return next((x for x, cell in enumerate(self._cells(y)) if cell.strip()), 0), y

    def line_end(self, y: int) -> Cell:
        """The last character of a row."""
        return max((x for x, cell in enumerate(self._cells(y)) if cell.strip()), default=0), y

    def bottom(self, rows: int) -> int:
        """The last row with text, among the last `rows`: a screen is often not full."""
        first = max(0, self._lines.total - rows)
        texts = self._lines.texts(first, rows)
        filled = [row for row, text in enumerate(texts) if text.strip()]
        return first + (filled[-1] if filled else len(texts) - 1)

    def word_next(self, x: int, y: int) -> Cell:
        """The start of the next word."""
        here, moved = self._class(x, y), True
        while moved and here != BLANK and self._class(x, y) == here:
            x, y, moved = self._after(x, y)
            if moved and not x and not self.joined(y):
                break
        while moved and self._class(x, y) == BLANK:
            x, y, moved = self._after(x, y)
        return x, y

    def word_end(self, x: int, y: int) -> Cell:
        """The end of this word, or of the next one."""
        x, y, moved = self._after(x, y)
        while moved and self._class(x, y) == BLANK:
            x, y, moved = self._after(x, y)
        here = self._class(x, y)
        while moved:
            next_x, next_y, moved = self._after(x, y)
            if not moved or self._class(next_x, next_y) != here or (not next_x and not self.joined(next_y)):
                break
            x, y = next_x, next_y
        return x, y

    def word_back(self, x: int, y: int) -> Cell:
        """The start of this word, or of the one before."""
        x, y, moved = self._before(x, y)
        while moved and self._class(x, y) == BLANK:
            x, y, moved = self._before(x, y)
        here = self._class(x, y)
        while moved:
            if not x and not self.joined(y):
                break
            next_x, next_y, moved = self._before(x, y)
            if not moved or self._class(next_x, next_y) != here:
                break
            x, y = next_x, next_y
        return x, y

    def _class(self, x: int, y: int) -> int:
        cells = self._cells(y)
        cell = cells[x] or (cells[x - 1] if x else "")  # the second half of a wide one
        return BLANK if not cell.strip() else WORD if cell.isalnum() or cell == "_" else OTHER

    def _cells(self, y: int) -> list[str]:
        """The cells of a row; those of the last one are kept, words are read cell by cell."""
        if self._read is None or self._read[0] != y:
            self._read = y, self._lines.cells(y)
        return self._read[1]

    def _after(self, x: int, y: int) -> tuple[int, int, bool]:
        """The cell after a cell, and whether there is one."""
        if x + 1 < self._lines.columns:
            return x + 1, y, True
        return (0, y + 1, True) if y + 1 < self._lines.total else (x, y, False)

    def _before(self, x: int, y: int) -> tuple[int, int, bool]:
        if x:
            return x - 1, y, True
        return (self._lines.columns - 1, y - 1, True) if y else (x, y, False)
