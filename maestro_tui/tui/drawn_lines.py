"""The drawn lines of a widget go when it goes.

Textual remembers the colours of the last 1,024 widgets by what holds their drawn lines, and so keeps those as
well: as long as dialogs, messages and rows come and go, a cockpit would grow, by some 100 kB for each.
"""

from functools import lru_cache, partial
from typing import Any

from textual._styles_cache import StylesCache

__all__ = ["let_drawn_lines_go"]

_colours: Any = lru_cache(maxsize=256)(partial(StylesCache.get_inner_outer.__wrapped__, StylesCache))
"""The inner and outer colour for two backgrounds, whichever widget asks."""


def let_drawn_lines_go() -> None:
    """Have Textual remember colours by themselves. May be called again."""
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[assignment, method-assign]


def _inner_outer(_: StylesCache, base_background: Any, background: Any) -> Any:
    return _colours(base_background, background)
