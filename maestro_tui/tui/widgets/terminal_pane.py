"""A pane: shows one terminal and gives its program every key but the prefix."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip

from maestro_tui.terminal.engine import Cursor, Terminal
from maestro_tui.terminal.rows import Row
from maestro_tui.tui.actions import show_key
from maestro_tui.tui.direct import DirectWay, Place, rows_at
from maestro_tui.tui.fewer_colors import in_grey
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.outer_cursor import CursorWidget
from maestro_tui.tui.overlays import copy_note, exit_line, find_line, link_line, prefix_line, scroll_note
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.prefix import Chosen, Prefix, Typed, Unknown
from maestro_tui.tui.strips import RowStrip
from maestro_tui.tui.widgets.copy_view import CopyView

__all__ = ["Act", "TerminalPane"]

Act = Callable[[Chosen], None]
"""Does what the person asked for after the prefix key."""


class TerminalPane(CopyView, CursorWidget, can_focus=True):
    """Shows the terminal of one program; the program gets the keys, pastes and mouse events.

    source: the program. frames: when to paint. prefix: the keys that are not the program's.
    act: told what the person asked for after the prefix key, before any later key is looked at.

    It has neither border nor padding: its outer size is its size, and the one it keeps while it is hidden.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal-pane--note"}
    DEFAULT_CSS = """
    TerminalPane { width: 1fr; height: 1fr; }
    TerminalPane .terminal-pane--note { background: $primary; color: $background; text-style: bold; }
    """

    @dataclass
    class LinkChosen(Message):
        """The person asked for a link. target: a web address; show it before it is opened."""

        pane: "TerminalPane"
        target: str

        @property
        def control(self) -> "TerminalPane":
            return self.pane

    @dataclass
    class PasteAsked(Message):
        """Pasting this text could run something: show it, and `paste` it when the person says so."""

        pane: "TerminalPane"
        text: str

        @property
        def control(self) -> "TerminalPane":
            return self.pane

    @dataclass
    class InputRefused(Message):
        """What was typed did not reach the program, and will not."""

        pane: "TerminalPane"

        @property
        def control(self) -> "TerminalPane":
            return self.pane

    def __init__(
        self,
        source: PaneSource,
        *,
        frames: FrameScheduler,
        prefix: Prefix | None = None,
        act: Act = lambda chosen: None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.source = source
        self._frames = frames
        self._prefix = (prefix or Prefix()).fresh()
        self._act = act
        self._strips: list[Strip] = []
        self._drawn_cursor: tuple[Cursor, Strip | None] | None = None
        self._visible = False
        self._direct_way = DirectWay(self)

    @property
    def session_id(self) -> str:
        """The session whose agent this is."""
        return self.source.session_id

    @property
    def copy_keys(self) -> Mapping[str, str]:
        return self._prefix.keymap

    @property
    def terminal(self) -> Terminal:
        """The terminal shown."""
        return self.source.terminal

    @property
    def wants_mouse(self) -> bool:
        """Whether the program asked for mouse events."""
        return self.source.exited is None and self.terminal.modes.mouse_tracking

    @property
    def held(self) -> bool:
        """Whether the program is in the middle of drawing a frame."""
        return self.terminal.held

    # What others tell the pane.

    def output_arrived(self) -> None:
        """The terminal was fed: show it with the next frame, or now if it echoes a key."""
        if self._visible:
            self._frames.changed(self)

    def program_ended(self) -> None:
        """The program ended: `source.exited` says how."""
        self.scroll_mode = False
        self.paint()
        self.refresh()

    # Painting.

    def paint(self) -> str:
        """Read the rows that changed and have just those drawn: by Textual, or by the sequences returned."""
        width, height = self.outer_size
        if not (self._visible and width and height):
            return ""
        self.follow_copy_mode()
        changed = self._read_rows()
        changed += self._move_cursor(changed)
        if changed and self._noted:
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
        noted = self._noted
        for y in numbers:
            note = self._note(y) if noted else None
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
        return None if cursor is None or (self._noted and self._note(cursor.y) is not None) else cursor

    def on_screen(self, x: int, y: int) -> Offset | None:
        place = self._direct_way.place()
        return super().on_screen(x, y) if place is None or y in place.covered else place.corner + Offset(x, y)

    # Notes over the terminal: how it ended, what may follow the prefix, how far up we are.

    @property
    def _noted(self) -> bool:
        return bool(self.source.exited is not None or self._prefix.is_open or self._scrolled_up or self._pointed)

    @property
    def _scrolled_up(self) -> bool:
        return self.scroll_mode or not self.terminal.viewport.scrollbar.at_bottom

    def _note(self, y: int) -> Strip | None:
        width, height = self.outer_size
        # A pane that was just taken away has no styles any more, and may be asked for its rows once again.
        style = self.get_component_rich_style("terminal-pane--note", default=Style.null())
        if y == height - 1 and self._prefix.is_open and self.has_focus:
            return prefix_line(self._prefix, width, style)
        if y == height - 1 and self.copying is not None and self.copying.line is not None:
            return find_line(self.copying.line, width, style)
        if y == height - 1 and self.source.exited is not None and self.copying is None:
            return exit_line(self.source.exited, self._prefix, width, style)
        if y == height - 1 and self._pointed:
            return link_line(self._pointed, width, style)
        if y == 0 and self._scrolled_up:
            below = self._strips[0] if self._strips else Strip.blank(width)
            return (
                copy_note(self.copying.told, below, width, style)
                if self.copying
                else scroll_note(self.terminal.viewport.scrollbar, below, width, style)
            )
        return None

    # Size, focus, visibility.

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

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if not has_focus:
            self._prefix.close()
        self.source.focus(has_focus)
        self.send(self.terminal.encode_focus(focused=has_focus))
        self.redraw()

    def redraw(self) -> None:
        """Show everything anew: what is shown moved, or what lies over it changed."""
        self.paint()
        self.refresh()

    # Input.

    def on_key(self, event: events.Key) -> None:
        """Every key is the program's, or the prefix or what follows it: none goes further.

        A key that was typed in one go with one that moved the focus is for whoever has it now.
        """
        event.stop()
        event.prevent_default()
        if (focused := self.app.focused) is not self:
            (focused or self.screen).post_message(events.Key(event.key, event.character))
            return
        self.press(event)

    def press(self, event: events.Key) -> None:
        """Do what a key asks for while the pane has the focus, all of it at once."""
        was_open = self._prefix.is_open
        outcome = self._prefix.press(event.key)
        if was_open or self._prefix.is_open:
            self.refresh()
        match outcome:
            case Typed():
                self._type(event)
            case Chosen():
                self._act(outcome)
            case Unknown(key):
                self._tell_unknown(key)
            case _:
                pass

    def _tell_unknown(self, key: str) -> None:
        self.app.bell()
        self.notify(f"{show_key(self._prefix.key)} {show_key(key)} does nothing", timeout=3)

    def _type(self, event: events.Key) -> None:
        """Give the program a key, or the copy mode while that is on."""
        if self.scroll_mode:
            self.press_copy_key(event)
            return
        data = self.terminal.encode_key(event.key, event.character)
        if data:
            self._give(data)
            self._frames.typed(self)
            self._follow()

    def on_paste(self, event: events.Paste) -> None:
        """A paste that could run something is asked about; any other goes to the program at once."""
        event.stop()
        event.prevent_default()
        if self.copying is not None:
            self.copying.paste(event.text)
            self.redraw()
        else:
            self.offer_paste(event.text)

    def offer_paste(self, text: str) -> None:
        """Paste a text, after a question where that could run something."""
        if self.source.exited is None and not self.terminal.is_safe_paste(text):
            self.post_message(self.PasteAsked(self, text))
        else:
            self.paste(text)

    def paste(self, text: str) -> None:
        """Give the program the whole text, marked as a paste where it asked for that."""
        self._follow()
        self._give(self.terminal.encode_paste(text))

    def ask_for_link(self, target: str) -> None:
        """Tell that the person wants to follow a link."""
        self.post_message(self.LinkChosen(self, target))

    def _follow(self) -> None:
        """Typing shows the live screen again, with nothing selected."""
        is_live, selection = self.terminal.viewport.scrollbar.at_bottom, self.terminal.selection
        if is_live and not selection.exists:
            return
        selection.clear()
        self.terminal.viewport.to_bottom()
        self.redraw()

    def send(self, data: bytes) -> bool:
        """Give the program input, while it runs; whether it took it."""
        return bool(data) and self.source.exited is None and self.source.send(data)

    def _give(self, data: bytes) -> None:
        """Give the program what the person typed; a late key is dangerous, so it is refused, never kept."""
        if not self.send(data) and self.source.exited is None:
            self.app.bell()
            self.post_message(self.InputRefused(self))


def _regions(rows: Sequence[int], width: int) -> list[Region]:
    """Rows as regions, neighbours joined."""
    regions: list[Region] = []
    for y in sorted(set(rows)):
        if regions and regions[-1].bottom == y:
            regions[-1] = Region(0, regions[-1].y, width, regions[-1].height + 1)
        else:
            regions.append(Region(0, y, width, 1))
    return regions
