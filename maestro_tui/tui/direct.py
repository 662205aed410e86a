"""Rows of panes straight to the outer terminal, past Textual's compositor.

A pane's rows are finished sequences and nearly always nothing lies over them. Then composing
them with everything else on the screen, a millisecond a frame for one row and more for many,
changes not a byte of what is written. It keeps no picture of what the outer terminal shows,
so rows written here and rows composed there never disagree.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rich.console import Console
from textual.app import App
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

from maestro_tui.tui.outer_cursor import CursorApp

__all__ = ["DirectWay", "rows_at", "show"]

BEGIN_UPDATE, END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output (DEC mode 2026)."""


class Place(NamedTuple):
    """Where a widget lies on the outer terminal.

    corner: its top left cell. covered: of its rows that lie under others, the columns from the first
    covered one up to the end of the last.
    """

    corner: Offset
    covered: Mapping[int, tuple[int, int]]


class DirectWay:
    """Where a widget's rows can go to the outer terminal directly."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._visible: dict[Widget, tuple[Region, Region]] | None = None
        self._place: Place | None = None

    def place(self) -> Place | None:
        """Where it lies now; None while a part of it is out of sight, or nothing may be written."""
        app = self._widget.app
        if app.is_headless or app.is_inline or app._batch_count or self._widget.screen is not app.screen:
            return None
        # The compositor makes this mapping anew whenever anything moved.
        visible = app.screen._compositor.visible_widgets
        if visible is not self._visible:
            self._visible = visible
            self._place = _place(self._widget, visible)
        return self._place


def _place(widget: Widget, visible: dict[Widget, tuple[Region, Region]]) -> Place | None:
    region, clip = visible.get(widget, (Region(), Region()))
    if not region or not clip.contains_region(region):
        return None
    covered: dict[int, tuple[int, int]] = {}
    for other, (its_region, its_clip) in visible.items():  # from the topmost down
        if other is widget:
            break
        over = its_region.intersection(its_clip).intersection(region).translate(-region.offset)
        for row in range(over.y, over.bottom):
            first, end = covered.get(row, (over.x, over.right))
            covered[row] = min(first, over.x), max(end, over.right)
    return Place(region.offset, covered)


def rows_at(place: Place, rows: Iterable[tuple[int, Strip]], console: Console) -> str:
    """Sequences that draw a widget's rows as far as they are in sight, each given with its number."""
    x, y = place.corner
    parts = []
    for row, strip in rows:
        if (covered := place.covered.get(row)) is None:
            parts.append(_row_at(x, y + row, strip, console))
            continue
        first, end = covered
        if first > 0:
            parts.append(_row_at(x, y + row, strip.crop(0, first), console))
        if end < strip.cell_length:
            parts.append(_row_at(x + end, y + row, strip.crop(end), console))
    return "".join(parts)


def _row_at(x: int, y: int, strip: Strip, console: Console) -> str:
    return f"\x1b[{y + 1};{x + 1}H{strip.render(console)}"  # CUP, ECMA-48 8.3.21


def show(app: App[None], sequences: str) -> None:
    """Write sequences to the outer terminal as one synchronized update, its cursor put back where it belongs.

    One write: each wakes the thread that writes, which then wants the interpreter.
    """
    driver = app._driver
    if not sequences or driver is None or not app.is_running:
        return
    before, after = (app.before_frame, app.after_frame) if isinstance(app, CursorApp) else (str, str)
    sequences = before() + sequences
    x, y = app.screen.outer_size.clamp_offset(app.cursor_position)
    update = f"{sequences}\x1b[{y + 1};{x + 1}H{after()}"
    driver.write(f"{BEGIN_UPDATE}{update}{END_UPDATE}" if app._sync_available else update)
    app.post_display_hook()
