"""Looking back in a terminal with vi's keys: go, find, select, copy. No screen is needed for it.

Cells are (column, row), rows counted from the oldest. The program goes on meanwhile, and the
terminal may change its size; what the person looks at stays where it is.
"""

from collections.abc import Mapping

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.lines import Place
from maestro_tui.terminal.search import BadPattern, Search
from maestro_tui.tui.copy_cursor import MOST_REPEATS, CopyCursor
from maestro_tui.tui.copy_keys import COPY_ACTIONS
from maestro_tui.tui.copy_motions import Cell
from maestro_tui.tui.find_line import FindLine

__all__ = ["CopyMode"]

DIGITS = frozenset("0123456789")
LONGEST_COUNT = 6
"""Digits of a count."""


class CopyMode(CopyCursor):
    """One stay in copy mode.

    keys: other keys for the actions' ids. After each `press`: `is_done` says that it is over,
    `copied` holds what is to go to the clipboard, `problem` what could not be done.
    """

    def __init__(self, terminal: Terminal, keys: Mapping[str, str] | None = None) -> None:
        super().__init__(terminal)
        self.is_done = False
        self.copied = ""
        self.line: FindLine | None = None
        self.search: Search | None = None
        self._searching = self._back = self._upward = False
        keys = keys or {}
        self._by_key = {
            key.strip(): action.id.removeprefix("copy.")
            for action in COPY_ACTIONS
            for key in keys.get(action.id, action.key).split(",")
        }
        self._jumps = 0
        self._anchor: Place | None = None
        self._kind = ""
        self._size = terminal.columns, terminal.rows
        self._place = self._lines.place(self.x, self.y)

    # What the pane does.

    def press(self, key: str, character: str | None) -> None:
        """Do what a key means here; one that means nothing does nothing. Digits before it repeat a motion."""
        self.follow()
        self.problem = ""
        if self.line is not None:
            self._type(self.line, key, character)
        elif key in DIGITS and (self._count or key not in self._by_key):
            self._count = (self._count + key)[:LONGEST_COUNT]
        else:
            action = self._by_key.get(key)
            if action == "leave" and self._count:
                action = None
            if action:
                getattr(self, f"_{action}")()
            self._count = ""
        self._settle()

    def paste(self, text: str) -> None:
        """Pasted text is for the line in which one types what to find."""
        if self.line is not None:
            self.line.text += " ".join(text.split())

    def follow(self) -> None:
        """Keep what is looked at in its place while the terminal goes on."""
        self._motions.forget()
        if self._size != (self.terminal.columns, self.terminal.rows):
            self._resized()
            return
        moved = (self._place.cell or (0, 0))[1] - self.y
        if moved:
            self.y += moved
            self._top = max(0, self._top + moved)
            if self.search is not None:
                self.search.shift(moved)
        self._show_top()

    def _resized(self) -> None:
        """The lines were wrapped anew: the cursor stays at its character and in its place on the screen."""
        view_row, self._size = self.view_row, (self.terminal.columns, self.terminal.rows)
        self._go(*(self._place.cell or (0, 0)))
        self._top = self.y - view_row
        if self.search is not None:
            self.search, self._searching = self.terminal.search(self.search.wanted), True
        self._settle()

    def _show_top(self) -> None:
        offset = self.terminal.viewport.scrollbar.offset
        if offset != self._top:
            self.terminal.viewport.scroll(self._top - offset)

    def scrolled(self) -> None:
        """The wheel showed other rows: the cursor comes along."""
        bar = self.terminal.viewport.scrollbar
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
        if not self._searching and self._jumps:
            self._jump(self.search, back=self._upward)
            self._settle()
        return self._searching

    @property
    def is_searching(self) -> bool:
        """Whether there are rows that were not looked at yet."""
        return self._searching

    @property
    def told(self) -> str:
        """Where the person is, in a few words."""
        if self.problem:
            return self.problem
        rows = f"{self._count}  ".lstrip() + f"row {self.y + 1} of {self._lines.total}"
        if self.search is None:
            return rows
        if self._searching:
            return f"{rows} · looking…"
        number, total = self.search.number(self.y, self.x), len(self.search.matches)
        return f"{rows} · {number} of {total} matches" if number else f"{rows} · {total} matches"

    # Selecting.

    def _select(self) -> None:
        self._toggle("characters")

    def _select_lines(self) -> None:
        self._toggle("lines")

    def _select_block(self) -> None:
        self._toggle("block")

    def _select_output(self) -> None:
        self._stop_selecting()
        if self.terminal.prompts.select_output(self.x, self.view_row):
            self._kind = "output"
        else:
            self.problem = "no output of a command is known here"

    def _other_end(self) -> None:
        if self._anchor is not None:
            anchor, self._anchor = self._anchor.cell or (0, 0), self._place
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
        self._searching, self._upward, self._jumps = True, back, min(self._times, MOST_REPEATS)

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
            self._jumps = 1
        except BadPattern as error:
            self.problem = str(error)

    def _jump(self, search: Search, *, back: bool) -> None:
        while self._jumps:
            self._jumps -= 1
            match = search.older(self.y, self.x) if back else search.newer(self.y, self.x)
            if match is None:
                self.problem, self._jumps = f"nothing matches {search.wanted.text}", 0
            else:
                self._go(match.column, match.row)

    # Helpers.

    def _settle(self) -> None:
        """Bring the cursor into sight, follow its cell and show what is selected."""
        rows, total = self.terminal.rows, self._lines.total
        self._top = max(0, min(self._top, total - rows, self.y))
        self._top = max(self._top, self.y - rows + 1)
        self._place = self._lines.place(self.x, self.y)
        if self._anchor is not None:
            self._mark(self._anchor.cell or (0, 0), (self.x, self.y))
        self._show_top()

    def _mark(self, anchor: Cell, cursor: Cell) -> None:
        start, end = anchor, cursor
        if self._kind == "lines":
            first, last = sorted((anchor[1], cursor[1]))
            while self._motions.joined(first):
                first -= 1
            while self._lines.wraps(last):
                last += 1
            start, end = (0, first), (self._lines.columns - 1, last)
        self.terminal.selection.between(start, end, block=self._kind == "block")

    def _toggle(self, kind: str) -> None:
        if self._kind == kind:
            self._stop_selecting()
        else:
            self._anchor = self._anchor or self._lines.place(self.x, self.y)
            self._kind = kind

    def _stop_selecting(self) -> None:
        self._anchor, self._kind = None, ""
        self.terminal.selection.clear()
