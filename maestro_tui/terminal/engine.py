"""A terminal: bytes of a program in, rows for a screen and bytes for the program out."""

from collections.abc import Callable, Iterator
from typing import Any

from maestro_tui.terminal import links, options, paste, snapshot, text
from maestro_tui.terminal.callbacks import Callbacks
from maestro_tui.terminal.desktop_notices import DesktopNotices
from maestro_tui.terminal.keyboard import KeyEncoder
from maestro_tui.terminal.lacking import Lacking
from maestro_tui.terminal.library import load
from maestro_tui.terminal.lines import Lines
from maestro_tui.terminal.mending import Mender
from maestro_tui.terminal.modes import SETTLED, Modes
from maestro_tui.terminal.mouse import MouseEncoder, MouseEvent
from maestro_tui.terminal.notices import Notice
from maestro_tui.terminal.palette import Palette
from maestro_tui.terminal.prompts import Prompts
from maestro_tui.terminal.redraw import printed, redraw
from maestro_tui.terminal.rows import Mark, Row
from maestro_tui.terminal.screen import Cursor, Screen, reversed_sgr
from maestro_tui.terminal.search import Search, Wanted
from maestro_tui.terminal.selection import Selection
from maestro_tui.terminal.viewport import Viewport
from maestro_tui.version import __version__

__all__ = ["SCROLLBACK_LINES", "Cursor", "Terminal"]

LARGEST_COLUMNS, LARGEST_ROWS = 1000, 1000
CELL_PIXELS = (8, 16)
SCROLLBACK_LINES = 100_000
SCHEME_REPORT = b"\x1b[?997;%dn"
CLEAR_SCROLLBACK = b"\x18\x1b[3J"
"""CAN first: it ends a sequence of the program's that was cut in the middle."""


class Terminal:
    """One terminal of the engine. Any bytes are fine; nothing a program sends makes it raise.

    columns, rows: 1 to 1000.
    scrollback_lines: how many lines are kept above the screen, 0 for none; fewer where they would
        cost more than 256 MiB.
    palette: the theme's colours; without one the outer terminal's are used.
    on_reply: called during `feed` with bytes the program has to get.

    What can be done with its rows has parts of its own, made anew by `restore`: `viewport` (which are shown),
    `lines` (their texts), `prompts` (what a shell marked), `selection`.

    Raises EngineMissing where there is no engine.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        *,
        scrollback_lines: int = SCROLLBACK_LINES,
        palette: Palette | None = None,
        on_reply: Callable[[bytes], None] | None = None,
    ) -> None:
        self._library = load()
        self._lib = self._library.lib
        self._scrollback_lines = scrollback_lines
        self._palette = palette
        self._callbacks = Callbacks(self._library, f"maestro-tui {__version__}")
        self._callbacks.on_reply = on_reply
        self._keys, self._mouse = KeyEncoder(self._library), MouseEncoder(self._library)
        self._desktop_notices = DesktopNotices()
        self._adopt(self._library.made("GhosttyTerminal", "ghostty_terminal_new", *_size(columns, rows)))
        self.resize(columns, rows)

    @property
    def on_reply(self) -> Callable[[bytes], None] | None:
        """Called during `feed` with bytes the program has to get; None: nobody answers it."""
        return self._callbacks.on_reply

    @on_reply.setter
    def on_reply(self, callback: Callable[[bytes], None] | None) -> None:
        self._callbacks.on_reply = callback

    # What the program sends.

    def feed(self, data: bytes) -> None:
        """Parse output of the program. How it is cut into pieces makes no difference."""
        self.viewport.moved = True
        self.prompts.feed(data)
        for piece, lacking in self._mender.feed(data):
            self._lib.ghostty_terminal_vt_write(self._terminal, piece, len(piece))
            if lacking:
                self._lacking.carry_out(lacking)
            self._callbacks.notices.extend(self._desktop_notices.feed(piece))
        self._callbacks.raise_error()

    def resize(self, columns: int, rows: int) -> None:
        """Another size, clamped to 1–1000; lines of the primary screen are wrapped anew."""
        columns, rows = _size(columns, rows)
        self.viewport.moved = True
        result = self._lib.ghostty_terminal_resize(self._terminal, columns, rows, *CELL_PIXELS)
        self._library.check(result, f"resize to {columns}×{rows}")
        self._limit_scrollback(columns)
        self._screen.repaint()

    def reset(self) -> None:
        """As if new: screen, scrollback and modes."""
        self.viewport.moved = True
        self._lib.ghostty_terminal_reset(self._terminal)
        self._mender = Mender(self._library)
        self._lacking.titles.clear()
        self._callbacks.held = False
        self._screen.repaint()

    def settle(self) -> None:
        """Undo modes that a program left behind when it died; what is shown of the primary screen stays."""
        self.feed(SETTLED)
        self._screen.repaint()

    @property
    def columns(self) -> int:
        return self._number("COLS")

    @property
    def rows(self) -> int:
        return self._number("ROWS")

    @property
    def held(self) -> bool:
        """Whether the program is in the middle of drawing a frame (DEC mode 2026)."""
        return self._callbacks.held

    @property
    def modes(self) -> Modes:
        """What the program asked for, read anew."""
        return Modes(self._library, self._terminal)

    @property
    def title(self) -> str:
        """The title the program set, one clean line, or an empty text."""
        return self._callbacks.title(self._terminal)

    def take_notices(self) -> tuple[Notice, ...]:
        """Bells, titles, notifications and the like since the last time, oldest first."""
        return self._callbacks.take_notices()

    # What a screen shows.

    def changed_rows(self) -> Iterator[tuple[int, Row]]:
        """The rows that changed since the last time, as (y, Row), from the top."""
        return self._screen.changed_rows(self._terminal)

    def marked_row(self, y: int, marks: tuple[Mark, ...]) -> Row:
        """Row `y` of what is shown, with other styles at some columns. Raises IndexError below the last row."""
        return self._screen.marked_row(y, marks)

    def cursor(self) -> Cursor | None:
        """The cursor as of the last `changed_rows`; None while it is hidden or scrolled away."""
        return self._screen.cursor()

    def cursor_mark(self, cursor: Cursor) -> Mark:
        """How a cursor is drawn: its cell, underlined or in the cursor's colours."""
        sgr = "4" if cursor.shape == "underline" else reversed_sgr(self._palette, cursor.color)
        return Mark(cursor.x, cursor.x + 1, sgr)

    def set_palette(self, palette: Palette | None) -> None:
        """Another theme: colours of rows and of answers; a program that asked (mode 2031) is told."""
        was_dark, self._palette = self._callbacks.is_dark, palette
        self._apply_palette()
        self._screen.set_palette(palette)
        if self._callbacks.is_dark != was_dark and self.on_reply and self.modes.color_scheme_reports:
            self.on_reply(SCHEME_REPORT % (1 if self._callbacks.is_dark else 2))

    def text(self) -> str:
        """What the program shows now as plain text, a line per row."""
        return text.screen_text(self._library, self._terminal, self.columns, self.rows)

    def all_text(self) -> str:
        """Scrollback and screen as plain text, soft-wrapped lines joined."""
        return text.all_text(self._library, self._terminal)

    def tail(self, lines: int) -> str:
        """The last `lines` rows that hold something, as plain text."""
        return text.tail(self._library, self._terminal, self.columns, self.lines.total, lines)

    def redraw(self, history: int = 0) -> bytes:
        """What brings another terminal, new and of the same size, into this state.

        history: how many lines above the screen are drawn first, so that they scroll out of it.
        """
        return redraw(self._library, self._terminal, self.columns, self.lines.total, self.rows, history)

    def printed(self) -> bytes:
        """Scrollback and screen for a terminal as wide, in colours: lines to print, which change no mode."""
        return printed(self._library, self._terminal, self.columns, self.lines.total)

    def search(self, wanted: Wanted) -> Search:
        """Look for text, scrollback included. Raises BadPattern for a regular expression that is none."""
        return Search(self.lines, wanted)

    def clear_scrollback(self) -> None:
        """Forget what is above the screen."""
        self.selection.clear()
        self.feed(CLEAR_SCROLLBACK)
        self._screen.repaint()

    def links(self) -> tuple[str, ...]:
        """The web addresses in what is shown, from the top, each once: hyperlinks, and those written out."""
        return links.all_links(self._library, self._terminal, self._screen.text_rows())

    def link_at(self, x: int, y: int) -> str | None:
        """The web address at a cell of what is shown: its hyperlink, or one written out there."""
        return links.link_at(self._library, self._terminal, self._screen.text_rows(), x, y)

    # What the person does.

    def encode_key(self, key: str, character: str | None) -> bytes:
        """The bytes of a key press in the encoding the program asked for; empty when there are none.

        key: its name as Textual spells it (`a`, `ctrl+shift+up`). character: the text it types, if any.
        """
        return self._keys.encode(self._terminal, key, character)

    def encode_paste(self, pasted: str) -> bytes:
        """The bytes of pasted text, between markers when the program asked for them."""
        return paste.encode_paste(pasted, bracketed=self.modes.bracketed_paste)

    def is_safe_paste(self, pasted: str) -> bool:
        """Whether pasting cannot run anything: one line, or a program that is told it is a paste."""
        return self.modes.bracketed_paste or paste.is_safe_paste(pasted)

    def encode_focus(self, *, focused: bool) -> bytes:
        """The bytes that tell of focus won or lost; empty when the program did not ask."""
        if not self.modes.focus_reports:
            return b""
        return b"\x1b[I" if focused else b"\x1b[O"

    def encode_mouse(self, event: MouseEvent) -> bytes:
        """The bytes of a mouse event; empty when the program did not ask for it."""
        return self._mouse.encode(self._terminal, event, self.columns, self.rows)

    # The whole state.

    def snapshot(self) -> bytes | None:
        """The whole state as bytes, scrollback included; None in the middle of some sequences: ask again later."""
        beside = snapshot.Beside(self._mender.unfinished, tuple(self._lacking.titles))
        return snapshot.encode(self._library, self._terminal, beside)

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot; the size becomes the snapshot's. Raises Invalid for damaged bytes."""
        terminal, beside = snapshot.decode(self._library, data)
        self.close()
        self._callbacks.held = False
        self._adopt(terminal, restored=True)
        self._mender = Mender(self._library, beside.unfinished)
        self._lacking.titles.extend(beside.titles)
        self._limit_scrollback(self.columns)

    @property
    def scrolled_rows(self) -> int:
        """How many rows went into the scrollback so far; it only grows."""
        out = self._library.new("uint64_t*")
        self._library.check(self._lib.ghostty_terminal_compression_activity(self._terminal, out), "count its rows")
        return int(out[0])

    def pack(self) -> bool:
        """Pack some of the scrollback, for a fraction of a millisecond; False once there is no more to pack.

        What is looked at is unpacked by itself.
        """
        out = self._library.new("GhosttyTerminalCompressionResult*")
        way = self._lib.GHOSTTY_TERMINAL_COMPRESSION_MODE_INCREMENTAL
        self._library.check(self._lib.ghostty_terminal_compress(self._terminal, way, out), "pack its scrollback")
        return bool(out[0] == self._lib.GHOSTTY_TERMINAL_COMPRESSION_RESULT_PENDING)

    def close(self) -> None:
        """Free the engine's memory now; otherwise it goes with the object. The terminal is unusable then."""
        self.selection.clear()
        self._screen.close()
        self._free()

    def _adopt(self, terminal: Any, *, restored: bool = False) -> None:
        """Make a terminal of the library ours: callbacks, limits, colours, a fresh render copy."""
        self._terminal = terminal
        self._free = self._library.freed(self, terminal=terminal)
        self._screen = Screen(self._library, self._palette)
        self.lines = Lines(self._library, terminal)
        self.selection = Selection(self._library, terminal)
        self.prompts = Prompts(self._library, terminal, self.lines, self.selection, restored=restored)
        self.viewport = Viewport(self._library, terminal, self.prompts)
        self._mender = Mender(self._library)
        self._lacking = Lacking(self._library, terminal, self._callbacks)
        self._callbacks.install(terminal)
        options.limit(self._library, terminal)
        self._apply_palette()

    def _apply_palette(self) -> None:
        if self._palette is not None:
            self._callbacks.is_dark = self._palette.is_dark
        options.apply_palette(self._library, self._terminal, self._palette)

    def _limit_scrollback(self, columns: int) -> None:
        options.limit_scrollback(self._library, self._terminal, self._scrollback_lines, columns)

    def _number(self, name: str) -> int:
        return int(self._library.get(self._terminal, name, self._library.new("uint16_t*")))


def _size(columns: int, rows: int) -> tuple[int, int]:
    return max(1, min(columns, LARGEST_COLUMNS)), max(1, min(rows, LARGEST_ROWS))
