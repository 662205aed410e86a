"""Rows of panes straight to the outer terminal, past Textual's compositor.

A pane's rows are finished sequences and nearly always nothing lies over them. Then composing
them with everything else on the screen, a millisecond a frame for one row and more for many,
changes not a byte of what is written. It keeps no picture of what the outer terminal shows,
so rows written here and rows composed there never disagree.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

from rich.console import Console
from textual.app import App
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from maestro_tui.tui.outer_cursor import CursorApp

__all__ = ["DirectWay", "Place", "place_within", "rows_at", "show"]

BEGIN_UPDATE, END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output (DEC mode 2026)."""


class Place(NamedTuple):
    """Where a widget lies on the outer terminal.

    corner: its top left cell. covered: of its rows that lie under others, the columns from the first
    covered one up to the end of the last.
    """

    corner: Offset
    covered: Mapping[int, tuple[int, int]]


Visible = Mapping[Widget, tuple[Region, Region]]
"""What is in sight, from the topmost down: where it lies, and the part of the screen it is clipped to."""
NOWHERE = Region(), Region()


class DirectWay:
    """Where a widget's rows can go to the outer terminal directly."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._visible: Visible | None = None
        self._place: Place | None = None

    @cached_property
    def _screen(self) -> Screen[object]:
        return self._widget.screen

    def place(self) -> Place | None:
        """Where it lies now; None while a part of it is out of sight, or nothing may be written."""
        if not (self._widget.display and _may_write(self._screen)):
            return None
        # The compositor makes this mapping anew whenever anything moved.
        visible = self._screen._compositor.visible_widgets
        if visible is not self._visible:
            self._visible = visible
            region, clip = visible.get(self._widget, NOWHERE)
            self._place = _place(region, clip, _above(self._widget, visible).values())
        return self._place


def place_within(holder: Widget, part: Region) -> Place | None:
    """Where a part of a widget lies that its children are about to share anew; None as for `DirectWay.place`."""
    screen = holder.screen
    if not _may_write(screen):
        return None
    visible = screen._compositor.visible_widgets
    region, clip = visible.get(holder, NOWHERE)
    above = _above(holder, visible).items()
    return _place(
        part.translate(region.offset), clip, [where for one, where in above if holder not in one.ancestors]
    )


def _may_write(screen: Screen[object]) -> bool:
    app = screen.app
    return not (app.is_headless or app.is_inline or app._batch_count) and screen is app.screen


def _above(widget: Widget, visible: Visible) -> Visible:
    return dict(takewhile(lambda item: item[0] is not widget, visible.items()))


def _place(region: Region, clip: Region, above: Iterable[tuple[Region, Region]]) -> Place | None:
    if not region or not clip.contains_region(region):
        return None
    covered: dict[int, tuple[int, int]] = {}
    for its_region, its_clip in above:
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
    before, after = app.around_frame(sequences) if isinstance(app, CursorApp) else ("", "")
    x, y = app.screen.outer_size.clamp_offset(app.cursor_position)
    update = f"{before}{sequences}\x1b[{y + 1};{x + 1}H{after}"
    driver.write(f"{BEGIN_UPDATE}{update}{END_UPDATE}" if app._sync_available else update)
    app.post_display_hook()
