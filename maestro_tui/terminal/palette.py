"""The colours a theme gives a terminal."""

from dataclasses import dataclass

__all__ = ["ANSI_COLORS", "Palette", "Rgb"]

Rgb = tuple[int, int, int]
"""Red, green and blue, each 0 to 255."""

ANSI_COLORS = 16


@dataclass(frozen=True, slots=True)
class Palette:
    """What a theme decides about a terminal; a program's colour queries are answered with it.

    foreground, background: of text without a colour of its own.
    ansi: the 16 colours of SGR 30–37, 90–97 and their backgrounds, black first.
    cursor: its colour, or None for reversed cells.
    """

    foreground: Rgb
    background: Rgb
    ansi: tuple[Rgb, ...]
    cursor: Rgb | None = None

    def __post_init__(self) -> None:
        if len(self.ansi) != ANSI_COLORS:
            raise ValueError(f"a terminal palette has {ANSI_COLORS} colours, not {len(self.ansi)}")
        for color in (self.foreground, self.background, *self.ansi, *filter(None, [self.cursor])):
            if len(color) != 3 or not all(0 <= part <= 255 for part in color):
                raise ValueError(f"a colour is three numbers from 0 to 255, not {color!r}")

    @property
    def is_dark(self) -> bool:
        """Whether the background is darker than the text, by perceived luminance."""
        return _luminance(self.background) <= _luminance(self.foreground)


def _luminance(color: Rgb) -> float:
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue
