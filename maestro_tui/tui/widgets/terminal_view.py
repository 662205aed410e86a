"""One terminal on the screen: its rows as they change, its cursor, and what lies over them."""

from collections.abc import Iterable, Iterator, Sequence

from textual.geometry import Offset, Region
from textual.strip import Strip

from maestro_tui.terminal.engine import Cursor, Terminal
from maestro_tui.terminal.rows import Row
from maestro_tui.tui.direct import DirectWay, Place, rows_at
from maestro_tui.tui.fewer_colors import in_grey
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.outer_cursor import CursorWidget
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.strips import RowStrip
from maestro_tui.tui.widgets.copy_view import CopyView

__all__ = ["TerminalView"]


class TerminalView(CopyView, CursorWidget):
    """Shows the terminal of one program and gives it its size.

    source: the program. frames: when to paint.

    It has neither border nor padding: its outer size is its size, and the one it keeps while it is hidden.
    """

    ALLOW_SELECT = False

    def __init__(
        self,
        source: PaneSource,
        frames: FrameScheduler,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.source = source
        self._frames = frames
        self._strips: list[Strip] = []
        self._drawn_cursor: tuple[Cursor, Strip | None] | None = None
        self._visible = False
        self._direct_way = DirectWay(self)

    @property
    def terminal(self) -> Terminal:
        """The terminal shown."""
        return self.source.terminal

    @property
    def held(self) -> bool:
        """Whether the program is in the middle of drawing a frame."""
        return self.terminal.held

    @property
    def has_notes(self) -> bool:
        """Whether anything lies over the first or the last row."""
        raise NotImplementedError

    def note_over(self, y: int) -> Strip | None:
        """What lies over a row and is shown in its place; None for the row itself."""
        raise NotImplementedError

    def output_arrived(self) -> None:
        """The terminal was fed: show it with the next frame, or now if it echoes a key."""
        if self._visible:
            self._frames.changed(self)

    def paint(self) -> str:
        """Read the rows that changed and have just those drawn: by Textual, or by the sequences returned."""
        width, height = self.outer_size
        if not (self._visible and width and height):
            return ""
        self.follow_copy_mode()
        changed = self._read_rows()
        changed += self._move_cursor(changed)
        if changed and self.has_notes:
            changed += [0, height - 1]
        if (place := self._direct_way.place()) is not None:
            return rows_at(place, self._rows_drawn(sorted(set(changed))), self.app.console)
        if changed:
            self.refresh(*_regions(changed, width))
        return ""

    def drawn_at(self, place: Place) -> str:
        """Sequences that draw all of it at a place of its size, where it is about to be shown."""
        self._read_rows()
        return rows_at(place, self._rows_drawn(range(self.outer_size.height)), self.app.console)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region; they are ready already."""
        x, y, width, height = crop
        rows = [row for _, row in self._rows_drawn(range(y, y + height))]
        if not x and width == self.outer_size.width:
            return rows
        return [row.crop(x, x + width) for row in rows]

    def _rows_drawn(self, numbers: Iterable[int]) -> Iterator[tuple[int, Strip]]:
        noted = self.has_notes
        for y in numbers:
            note = self.note_over(y) if noted else None
            yield y, self._strip(y) if note is None else note

    def _strip(self, y: int) -> Strip:
        if self.copying is not None and y < len(self._strips) and (marks := self.copy_marks(y)):
            return self._as_strip(self.terminal.marked_row(y, marks)).fitted(self.outer_size.width)
        if (drawn := self._drawn_cursor) is not None and drawn[0].y == y and drawn[1] is not None:
            return drawn[1]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.outer_size.width)

    def _read_rows(self) -> list[int]:
        """Take the rows that changed from the terminal; their numbers."""
        width, height = self.outer_size
        changed = []
        for y, row in self.terminal.changed_rows():
            if y < height:
                self._put(y, row, width)
                changed.append(y)
        return changed

    def _put(self, y: int, row: Row, width: int) -> None:
        while len(self._strips) <= y:
            self._strips.append(Strip.blank(width))
        self._strips[y] = self._as_strip(row).fitted(width)

    def _as_strip(self, row: Row) -> RowStrip:
        return RowStrip(Row(in_grey(row.text), row.width) if self.app.no_color else row)

    def _move_cursor(self, changed: Sequence[int]) -> list[int]:
        """Draw the cursor where it is now; the rows that change by it."""
        cursor, drawn = self._cursor(), self._drawn_cursor
        if drawn and cursor == drawn[0] and cursor.y not in changed:
            return []
        self._drawn_cursor = None
        if cursor is not None:
            strip = self._with_cursor(cursor) if self.draws_cursor else None
            self._drawn_cursor = cursor, strip
        return [place.y for place in (drawn and drawn[0], cursor) if place is not None]

    def _cursor(self) -> Cursor | None:
        """The cursor, where it is to be drawn."""
        if not self.has_focus or self.scroll_mode or self.source.exited is not None:
            return None
        cursor = self.terminal.cursor()
        width, height = self.outer_size
        return cursor if cursor and cursor.x < width and cursor.y < height else None

    def _with_cursor(self, cursor: Cursor) -> Strip:
        row = self.terminal.marked_row(cursor.y, (self.terminal.cursor_mark(cursor),))
        return self._as_strip(row).fitted(self.outer_size.width)

    @property
    def cursor(self) -> Cursor | None:
        """The cursor as of the last painting; None under a note."""
        cursor = self._drawn_cursor[0] if self._drawn_cursor else None
        return None if cursor is None or (self.has_notes and self.note_over(cursor.y) is not None) else cursor

    def on_screen(self, x: int, y: int) -> Offset | None:
        place = self._direct_way.place()
        return super().on_screen(x, y) if place is None or y in place.covered else place.corner + Offset(x, y)

    # Size and visibility.

    def on_resize(self) -> None:
        width, height = self.outer_size
        if not width or not height:
            return
        self._come_in_sight()
        if (self.terminal.columns, self.terminal.rows) != (width, height):
            self.terminal.resize(width, height)
        self.source.resize(width, height)
        del self._strips[height:]
        self.redraw()

    def on_show(self) -> None:
        self._come_in_sight()
        self.redraw()

    def _come_in_sight(self) -> None:
        self._visible = True
        self.source.shown(True)

    def on_hide(self) -> None:
        self._visible = False
        self.source.shown(False)
        self._frames.forget(self)

    def on_unmount(self) -> None:
        self.on_hide()

    def redraw(self) -> None:
        """Show everything anew: what is shown moved, or what lies over it changed."""
        self.paint()
        self.refresh()


def _regions(rows: Sequence[int], width: int) -> list[Region]:
    """Rows as regions, neighbours joined."""
    regions: list[Region] = []
    for y in sorted(set(rows)):
        if regions and regions[-1].bottom == y:
            regions[-1] = Region(0, regions[-1].y, width, regions[-1].height + 1)
        else:
            regions.append(Region(0, y, width, 1))
    return regions
