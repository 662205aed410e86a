"""Looking back in a terminal with vi's keys: go, find, select, copy. No screen is needed for it.

Cells are (column, row), rows counted from the oldest. The program goes on meanwhile; what the
person looks at stays where it is.
"""

from collections.abc import Mapping

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.search import BadPattern, Search
from maestro_tui.tui.copy_keys import COPY_ACTIONS
from maestro_tui.tui.find_line import FindLine

__all__ = ["CopyMode"]

BLANK, WORD, OTHER = range(3)


class CopyMode:
    """One stay in copy mode.

    keys: other keys for the actions' ids. After each `press`: `is_done` says that it is over,
    `copied` holds what is to go to the clipboard, `problem` what could not be done.
    """

    def __init__(self, terminal: Terminal, keys: Mapping[str, str] | None = None) -> None:
        self.terminal = terminal
        self.is_done = False
        self.copied = ""
        self.problem = ""
        self.line: FindLine | None = None
        self.search: Search | None = None
        self._searching = self._back = self._upward = False
        keys = keys or {}
        self._by_key = {
            key.strip(): action.id.removeprefix("copy.")
            for action in COPY_ACTIONS
            for key in keys.get(action.id, action.key).split(",")
        }
        self._lines = terminal.lines
        self._anchor: tuple[int, int] | None = None
        self._kind = ""
        self._read: tuple[int, list[str]] | None = None
        bar, cursor = terminal.scrollbar, terminal.cursor()
        self._top = bar.offset
        self.x, self.y = (cursor.x, bar.offset + cursor.y) if cursor else (0, bar.offset + bar.length - 1)
        self._place = self._lines.place(self.x, self.y)

    # What the pane does.

    def press(self, key: str, character: str | None) -> None:
        """Do what a key means here; one that means nothing does nothing."""
        self.follow()
        self.problem, self._read = "", None
        if self.line is not None:
            self._type(self.line, key, character)
        elif action := self._by_key.get(key):
            getattr(self, f"_{action}")()
        self._settle()

    def paste(self, text: str) -> None:
        """Pasted text is for the line in which one types what to find."""
        if self.line is not None:
            self.line.text += " ".join(text.split())

    def follow(self) -> None:
        """Keep what is looked at in its place while the terminal goes on."""
        row = self._place.row
        moved = (row if row is not None else 0) - self.y
        if moved:
            self.y += moved
            self._top = max(0, self._top + moved)
            if self._anchor is not None:
                self._anchor = self._anchor[0], max(0, self._anchor[1] + moved)
            if self.search is not None:
                self.search.shift(moved)
        offset = self.terminal.scrollbar.offset
        if offset != self._top:
            self.terminal.scroll(self._top - offset)

    def scrolled(self) -> None:
        """The wheel showed other rows: the cursor comes along."""
        bar = self.terminal.scrollbar
        self._top = bar.offset
        self._go(self.x, max(bar.offset, min(self.y, bar.offset + bar.length - 1)))
        self._settle()

    def find(self, *, back: bool) -> None:
        """Begin to type what to find."""
        self.line = FindLine(back=back, last=self.search.wanted if self.search else None)

    def continue_search(self) -> bool:
        """Look at some more rows; False once all were looked at and the match is chosen."""
        if self.search is None or not self._searching:
            return False
        self.follow()
        try:
            self._searching = self.search.step()
        except BadPattern as error:
            self.problem, self.search, self._searching = str(error), None, False
            return False
        if not self._searching:
            self._jump(self.search, back=self._upward)
            self._settle()
        return self._searching

    @property
    def is_searching(self) -> bool:
        """Whether there are rows that were not looked at yet."""
        return self._searching

    @property
    def view_row(self) -> int:
        """The cursor's row in what is shown."""
        return self.y - self._top

    @property
    def top(self) -> int:
        """The first row shown."""
        return self._top

    @property
    def told(self) -> str:
        """Where the person is, in a few words."""
        if self.problem:
            return self.problem
        rows = f"row {self.y + 1} of {self._lines.total}"
        if self.search is None:
            return rows
        if self._searching:
            return f"{rows} · looking…"
        number, total = self.search.number(self.y, self.x), len(self.search.matches)
        return f"{rows} · {number} of {total} matches" if number else f"{rows} · {total} matches"

    # Going.

    def _left(self) -> None:
        self._go(self.x - 1, self.y)

    def _right(self) -> None:
        self._go(self.x + 1, self.y)

    def _up(self) -> None:
        self._go(self.x, self.y - 1)

    def _down(self) -> None:
        self._go(self.x, self.y + 1)

    def _line_start(self) -> None:
        self._go(0, self.y)

    def _line_text(self) -> None:
        cells = self._lines.cells(self.y)
        self._go(next((x for x, cell in enumerate(cells) if cell.strip()), 0), self.y)

    def _line_end(self) -> None:
        self._go(len("".join(self._lines.texts(self.y, 1)).rstrip()) and self._last_cell(self.y), self.y)

    def _top_row(self) -> None:
        self._go(self.x, 0)

    def _bottom(self) -> None:
        """To the last row with text: a screen is often not full."""
        first = max(0, self._lines.total - self.terminal.rows)
        texts = self._lines.texts(first, self.terminal.rows)
        filled = [row for row, text in enumerate(texts) if text.strip()]
        self._go(self.x, first + (filled[-1] if filled else len(texts) - 1))

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
        here = self._class(self.x, self.y)
        x, y, moved = self.x, self.y, True
        while moved and here != BLANK and self._class(x, y) == here:
            x, y, moved = self._after(x, y)
            if moved and not x and not self._joined(y):
                break
        while moved and self._class(x, y) == BLANK:
            x, y, moved = self._after(x, y)
        self._go(x, y)

    def _word_end(self) -> None:
        x, y, moved = self._after(self.x, self.y)
        while moved and self._class(x, y) == BLANK:
            x, y, moved = self._after(x, y)
        here = self._class(x, y)
        while moved:
            next_x, next_y, moved = self._after(x, y)
            if not moved or self._class(next_x, next_y) != here or (not next_x and not self._joined(next_y)):
                break
            x, y = next_x, next_y
        self._go(x, y)

    def _word_back(self) -> None:
        x, y, moved = self._before(self.x, self.y)
        while moved and self._class(x, y) == BLANK:
            x, y, moved = self._before(x, y)
        here = self._class(x, y)
        while moved:
            if not x and not self._joined(y):
                break
            next_x, next_y, moved = self._before(x, y)
            if not moved or self._class(next_x, next_y) != here:
                break
            x, y = next_x, next_y
        self._go(x, y)

    # Selecting.

    def _select(self) -> None:
        self._toggle("characters")

    def _select_lines(self) -> None:
        self._toggle("lines")

    def _select_block(self) -> None:
        self._toggle("block")

    def _select_output(self) -> None:
        self._stop_selecting()
        if self.terminal.select_output(self.x, self.view_row):
            self._kind = "output"
        else:
            self.problem = "no output of a command is known here"

    def _other_end(self) -> None:
        if self._anchor is not None:
            anchor, self._anchor = self._anchor, (self.x, self.y)
            self._go(*anchor)

    def _yank(self) -> None:
        if not self._kind:
            self._toggle("lines")
            self._settle()
        self.copied = self.terminal.selection.text()
        self._stop_selecting()
        self.is_done = True

    def _leave(self) -> None:
        if self._kind:
            self._stop_selecting()
        else:
            self.is_done = True

    # Finding.

    def _find(self) -> None:
        self.find(back=False)

    def _find_back(self) -> None:
        self.find(back=True)

    def _find_next(self) -> None:
        self._find_again(back=self._back)

    def _find_previous(self) -> None:
        self._find_again(back=not self._back)

    def _find_again(self, *, back: bool) -> None:
        if self.search is None:
            self.problem = "nothing was looked for yet: / begins"
            return
        self.search.again(self.terminal.rows)
        self._searching, self._upward = True, back

    def _type(self, line: FindLine, key: str, character: str | None) -> None:
        ended = line.press(key, character)
        if ended is None:
            return
        self.line = None
        if not ended:
            return
        try:
            self.search, self._searching = self.terminal.search(line.wanted), True
            self._back = self._upward = line.back
        except BadPattern as error:
            self.problem = str(error)

    def _jump(self, search: Search, *, back: bool) -> None:
        match = search.older(self.y, self.x) if back else search.newer(self.y, self.x)
        if match is None:
            self.problem = f"nothing matches {search.wanted.text}"
        else:
            self._go(match.column, match.row)

    # Helpers.

    def _go(self, x: int, y: int) -> None:
        self.x = max(0, min(x, self._lines.columns - 1))
        self.y = max(0, min(y, self._lines.total - 1))

    def _page(self, pages: float) -> None:
        rows = round(pages * max(1, self.terminal.rows - 1)) or 1
        self._top += rows
        self._go(self.x, self.y + rows)

    def _to_prompt(self, *, older: bool) -> None:
        row = self.terminal.prompt_row(self.y, older=older)
        if row is None:
            self.problem = "no prompt is marked there"
        else:
            self._go(0, row)

    def _settle(self) -> None:
        """Bring the cursor into sight, follow its cell and show what is selected."""
        rows, total = self.terminal.rows, self._lines.total
        self._top = max(0, min(self._top, total - rows, self.y))
        self._top = max(self._top, self.y - rows + 1)
        self._place = self._lines.place(self.x, self.y)
        if self._anchor is not None:
            self._mark(self._anchor, (self.x, self.y))
        self.follow()

    def _mark(self, anchor: tuple[int, int], cursor: tuple[int, int]) -> None:
        start, end = anchor, cursor
        if self._kind == "lines":
            first, last = sorted((anchor[1], cursor[1]))
            while self._joined(first):
                first -= 1
            while self._lines.wraps(last):
                last += 1
            start, end = (0, first), (self._lines.columns - 1, last)
        self.terminal.selection.between(start, end, block=self._kind == "block")

    def _toggle(self, kind: str) -> None:
        if self._kind == kind:
            self._stop_selecting()
        else:
            self._anchor = self._anchor or (self.x, self.y)
            self._kind = kind

    def _stop_selecting(self) -> None:
        self._anchor, self._kind = None, ""
        self.terminal.selection.clear()

    def _last_cell(self, y: int) -> int:
        cells = self._lines.cells(y)
        return max((x for x, cell in enumerate(cells) if cell.strip()), default=0)

    def _joined(self, y: int) -> bool:
        """Whether a row goes on with the line above it."""
        return y > 0 and self._lines.wraps(y - 1)

    def _class(self, x: int, y: int) -> int:
        cell = self._cells(y)[x]
        if cell == "" and x:
            return self._class(x - 1, y)
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
