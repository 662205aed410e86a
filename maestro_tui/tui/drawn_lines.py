"""The drawn lines of a widget go when it goes, and those of a terminal when the next ones come.

Textual remembers the colours of the last 1,024 widgets by what holds their drawn lines, and so keeps those as
well: as long as dialogs, messages and rows come and go, a cockpit would grow, by some 100 kB for each. Rich
remembers the last 16,384 lines with wide characters that it cut in two: as agents write no line twice, a cockpit
would grow for hours, by some 10 MB.
"""

from functools import lru_cache, partial
from typing import Any

from rich.segment import Segment
from textual._styles_cache import StylesCache

__all__ = ["let_drawn_lines_go"]

_colours: Any = lru_cache(maxsize=256)(partial(StylesCache.get_inner_outer.__wrapped__, StylesCache))
"""The inner and outer colour for two backgrounds, whichever widget asks."""


SPLITS_KEPT = 256
"""Lines that were cut: what a frame draws again of the one before."""


def let_drawn_lines_go() -> None:
    """Have Textual remember colours by themselves, and Rich few lines. May be called again."""
    split: Any = vars(Segment)["_split_cells"].__func__.__wrapped__
    Segment._split_cells = classmethod(lru_cache(SPLITS_KEPT)(split))  # type: ignore[arg-type, assignment]
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[assignment, method-assign]


def _inner_outer(_: StylesCache, base_background: Any, background: Any) -> Any:
    return _colours(base_background, background)
