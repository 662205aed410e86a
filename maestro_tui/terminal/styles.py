"""A cell's style as SGR parameters (ECMA-48 section 8.3.117), computed once per style."""

from functools import lru_cache
from typing import Any

from maestro_tui.terminal.library import Library
from maestro_tui.terminal.palette import Rgb

__all__ = ["BACKGROUND", "FOREGROUND", "Styles", "color_sgr", "sequence"]

KEPT_STYLES = 20_000
_FLAGS = (
    ("bold", "1"),
    ("faint", "2"),
    ("italic", "3"),
    ("blink", "5"),
    ("inverse", "7"),
    ("invisible", "8"),
    ("strikethrough", "9"),
    ("overline", "53"),
)
FOREGROUND, BACKGROUND, UNDERLINE = 38, 48, 58


def color_sgr(base: int, color: Rgb) -> str:
    """A direct colour. base: FOREGROUND, BACKGROUND or UNDERLINE."""
    return f"{base};2;{color[0]};{color[1]};{color[2]}"


LONGEST_PARAMETERS = 63
"""Characters between `CSI` and `m`. tmux drops a sequence with more, and the cells keep the style before it."""
_COLOR_LENGTHS = {"2": 5, "5": 3}
"""Parameters of a colour, by how it is given: direct or indexed."""


@lru_cache(maxsize=8192)
def sequence(parameters: str) -> str:
    """What changes from any style to the one of SGR parameters, of which a later colour wins."""
    attributes, colors = ["0"], {}
    parts = parameters.split(";") if parameters else []
    while parts:
        base = parts[0]
        if base in ("38", "48", "58"):
            length = _COLOR_LENGTHS[parts[1]]
            colors[base] = ";".join(parts[:length])
            del parts[:length]
        else:
            attributes.append(parts.pop(0))
    whole = ";".join([*attributes, *colors.values()])
    if len(whole) <= LONGEST_PARAMETERS:
        return f"\x1b[{whole}m"
    return f"\x1b[{';'.join(attributes)}m\x1b[{';'.join(colors.values())}m"


class Styles:
    """From the engine's style to SGR parameters.

    defaults: the parameters of text without a style, empty where the outer terminal decides.
    colors: the 256 indexed colours, or empty where the outer terminal decides.
    reset: the sequence that ends every style. reset_before_color: the same and the start of a
        foreground colour, which need not be reset first.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._style = library.sized("GhosttyStyle")
        self._bytes = library.ffi.buffer(self._style)
        self._known: dict[bytes, str] = {}
        self.colors: tuple[Rgb, ...] = ()
        self.clear()

    def set_colors(self, foreground: Rgb, background: Rgb, colors: tuple[Rgb, ...]) -> None:
        """Other colours from now on."""
        self.defaults = f"{color_sgr(FOREGROUND, foreground)};{color_sgr(BACKGROUND, background)}"
        self.reset = f"\x1b[0;{self.defaults}m"
        self.reset_before_color = f"\x1b[0;{color_sgr(BACKGROUND, background)}m\x1b[38;"
        self.colors = colors
        self._known.clear()

    def clear(self) -> None:
        """Leave colours to the outer terminal."""
        self.defaults, self.reset, self.reset_before_color = "", "\x1b[0m", "\x1b[0m\x1b[38;"
        self.colors = ()
        self._known.clear()

    def read(self, cells: Any, column: int) -> str:
        """The SGR parameters of one cell of the row `cells` stands on."""
        lib = self._library.lib
        lib.ghostty_render_state_row_cells_select(cells, column)
        lib.ghostty_render_state_row_cells_get(cells, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE, self._style)
        raw = bytes(self._bytes)
        known = self._known.get(raw)
        if known is None:
            if len(self._known) >= KEPT_STYLES:
                self._known.clear()
            known = self._known[raw] = self._parameters()
        return known

    def background_only(self, color: int | Rgb) -> str:
        """The SGR parameters of a cell that holds nothing but a background colour."""
        return self._joined([self._color(BACKGROUND, color)])

    def _parameters(self) -> str:
        style = self._style
        parts = [sgr for name, sgr in _FLAGS if getattr(style, name)]
        if style.underline:
            parts.append("4" if style.underline == 1 else f"4:{style.underline}")
        for base, color in (
            (FOREGROUND, style.fg_color),
            (BACKGROUND, style.bg_color),
            (UNDERLINE, style.underline_color),
        ):
            value = self._value(color)
            if value is not None:
                parts.append(self._color(base, value))
        return self._joined(parts)

    def _joined(self, parts: list[str]) -> str:
        """Defaults first: a later colour wins."""
        return ";".join([self.defaults, *parts] if self.defaults else parts)

    def _value(self, color: Any) -> int | Rgb | None:
        lib = self._library.lib
        if color.tag == lib.GHOSTTY_STYLE_COLOR_PALETTE:
            return int(color.value.palette)
        if color.tag == lib.GHOSTTY_STYLE_COLOR_RGB:
            rgb = color.value.rgb
            return (rgb.r, rgb.g, rgb.b)
        return None

    def _color(self, base: int, color: int | Rgb) -> str:
        if isinstance(color, tuple):
            return color_sgr(base, color)
        return color_sgr(base, self.colors[color]) if self.colors else f"{base};5;{color}"
