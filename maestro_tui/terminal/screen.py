"""What a terminal shows: the engine's render copy, of which only changed rows are read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.links import TextRow
from maestro_tui.terminal.palette import Palette, Rgb
from maestro_tui.terminal.rows import Mark, Row, RowReader
from maestro_tui.terminal.styles import BACKGROUND, FOREGROUND, Styles, color_sgr

__all__ = ["Cursor", "Screen", "reversed_sgr"]


class Cursor(NamedTuple):
    """Where the cursor is in what is shown.

    shape: `block`, `underline`, `bar`, or `default` where the program asked for none.
    color: what a program or the theme asked for, None for the outer terminal's.
    """

    x: int
    y: int
    shape: str = "default"
    blinking: bool = False
    color: Rgb | None = None

    @property
    def style(self) -> int:
        """Shape and blinking as a parameter of DECSCUSR."""
        return 0 if self.shape == "default" else _STYLES.index(self.shape) * 2 + (1 if self.blinking else 2)


_STYLES = ("block", "underline", "bar")


class Screen:
    """The render copy of one terminal of the library.

    palette: the theme's colours; without one they are left to the outer terminal.
    """

    def __init__(self, library: Library, palette: Palette | None) -> None:
        lib = library.lib
        self._library, self._lib = library, lib
        self._state = library.made("GhosttyRenderState", "ghostty_render_state_new")
        self._iterator = library.new("GhosttyRenderStateRowIterator*")
        self._iterator[0] = library.made("GhosttyRenderStateRowIterator", "ghostty_render_state_row_iterator_new")
        self._free = library.freed(self, render_state_row_iterator=self._iterator[0], render_state=self._state)
        self._styles = Styles(library)
        self._reader = RowReader(library, self._styles)
        self._y, self._dirty = library.new("uint16_t*"), library.new("GhosttyRenderStateDirty*")
        self._cursor = library.sized("GhosttyRenderStateCursor")
        self._colors = library.sized("GhosttyRenderStateColors")
        self._colors_bytes = library.ffi.buffer(self._colors)
        self._seen_colors = b""
        self._cursor_color: Rgb | None = None
        self._shapes = {
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BAR: "bar",
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_UNDERLINE: "underline",
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BLOCK: "block",
        }
        self._selected = library.sized("GhosttyRenderStateRowSelection")
        self._palette = palette
        self._repaint = True

    def close(self) -> None:
        """Free what the library holds."""
        self._reader.close()
        self._free()

    def repaint(self) -> None:
        """Every row counts as changed next time."""
        self._repaint = True

    def set_palette(self, palette: Palette | None) -> None:
        """Other colours from now on."""
        self._palette, self._seen_colors, self._repaint = palette, b"", True
        self._styles.clear()

    def changed_rows(self, terminal: Any) -> Iterator[tuple[int, Row]]:
        """The rows that changed since the last time, as (y, Row), from the top."""
        everything = self._update(terminal)
        if everything is None:
            return
        self._rewind()
        iterator = self._iterator[0]
        for y in self._all_rows() if everything else self._dirty_rows():
            marks = self._selection_marks()
            row = self._reader.read_marked(iterator, marks) if marks else self._reader.read(terminal, iterator, y)
            yield y, row
        self._lib.ghostty_render_state_clean(self._state)

    def marked_row(self, y: int, marks: tuple[Mark, ...]) -> Row:
        """Row `y` as of the last update, with other styles at some columns. Raises IndexError below the last."""
        self._rewind()
        for _ in range(y + 1):
            if not self._lib.ghostty_render_state_row_iterator_next(self._iterator[0]):
                raise IndexError(f"the terminal shows no row {y}")
        return self._reader.read_marked(self._iterator[0], (*self._selection_marks(), *marks))

    def text_rows(self) -> list[TextRow]:
        """The rows as of the last update as text, from the top."""
        self._rewind()
        rows = []
        while self._lib.ghostty_render_state_row_iterator_next(self._iterator[0]):
            rows.append(self._reader.text_row(self._iterator[0]))
        return rows

    def cursor(self) -> Cursor | None:
        """The cursor as of the last update; None while it is hidden or scrolled away."""
        state = self._cursor
        self._get("CURSOR", state)
        if not (state.visible and state.viewport_has_value):
            return None
        x = max(0, state.viewport_x - 1) if state.wide_tail else state.viewport_x
        shape = self._shapes.get(state.visual_style, "default")
        return Cursor(x, state.viewport_y, shape, bool(state.blinking), self._cursor_color)

    def _update(self, terminal: Any) -> bool | None:
        """Follow the terminal. None: nothing changed, False: some rows did, True: all count as changed."""
        lib = self._lib
        self._library.check(lib.ghostty_render_state_update(self._state, terminal), "follow the screen")
        if self._palette is not None:
            self._follow_colors()
        self._get("DIRTY", self._dirty)
        if not (self._dirty[0] or self._repaint):
            return None
        everything = self._repaint or self._dirty[0] == lib.GHOSTTY_RENDER_STATE_DIRTY_FULL
        self._repaint = False
        return bool(everything)

    def _follow_colors(self) -> None:
        """Programs may change colours (OSC 4, 10, 11): then every row looks different."""
        self._get("COLORS", self._colors)
        raw = bytes(self._colors_bytes)
        if raw == self._seen_colors:
            return
        self._seen_colors, self._repaint = raw, True
        colors = self._colors
        self._cursor_color = _rgb(colors.cursor) if colors.cursor_has_value else None
        self._styles.set_colors(
            _rgb(colors.foreground), _rgb(colors.background), tuple(_rgb(color) for color in colors.palette)
        )

    def _selection_marks(self) -> tuple[Mark, ...]:
        """What is selected of the row the iterator stands on."""
        key = self._lib.GHOSTTY_RENDER_STATE_ROW_DATA_SELECTION
        if self._lib.ghostty_render_state_row_get(self._iterator[0], key, self._selected):
            return ()
        return (Mark(self._selected.start_x, self._selected.end_x + 1, reversed_sgr(self._palette)),)

    def _rewind(self) -> None:
        self._get("ROW_ITERATOR", self._iterator)

    def _all_rows(self) -> Iterator[int]:
        y, following = 0, self._lib.ghostty_render_state_row_iterator_next
        while following(self._iterator[0]):
            yield y
            y += 1

    def _dirty_rows(self) -> Iterator[int]:
        following = self._lib.ghostty_render_state_row_iterator_next_dirty
        while following(self._iterator[0], self._y):
            yield self._y[0]

    def _get(self, name: str, out: Any) -> None:
        key = getattr(self._lib, f"GHOSTTY_RENDER_STATE_DATA_{name}")
        self._library.check(self._lib.ghostty_render_state_get(self._state, key, out), f"read {name}")


def reversed_sgr(palette: Palette | None, color: Rgb | None = None) -> str:
    """Parameters that set cells off, reversed ones too: the background's colour on `color` or the text's."""
    if palette is None:
        return "7"
    return f"27;{color_sgr(FOREGROUND, palette.background)};{color_sgr(BACKGROUND, color or palette.foreground)}"


def _rgb(color: Any) -> tuple[int, int, int]:
    return color.r, color.g, color.b
