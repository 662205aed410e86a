"""What a widget has drawn goes when the widget goes."""

import gc
import weakref

from rich.segment import Segment
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.widgets import Static

from maestro_tui.tui.drawn_lines import SPLITS_KEPT, let_drawn_lines_go

WIDGETS = 20
KEPT_BY_A_LAYOUT = 3
"""Widgets that the screen's last layout still names."""


async def test_nothing_keeps_the_lines_of_widgets_that_are_gone():
    let_drawn_lines_go()
    app = App()
    lines = []
    async with app.run_test() as pilot:
        for number in range(WIDGETS):
            widget = Static(f"drawn once: {number}")
            await app.mount(widget)
            await pilot.pause()
            assert widget._styles_cache._cache, "it was not drawn"
            lines.append(weakref.ref(widget._styles_cache))
            await widget.remove()
        del widget
        await pilot.pause()
        gc.collect()
        assert sum(one() is not None for one in lines) <= KEPT_BY_A_LAYOUT


def test_few_lines_that_were_cut_are_kept():
    let_drawn_lines_go()
    let_drawn_lines_go()
    for number in range(3 * SPLITS_KEPT):
        before, after = Segment(f"第{number}步 ✔").split_cells(2)
        assert (before.text, after.text) == ("第", f"{number}步 ✔")
    assert Segment._split_cells.cache_info().currsize == SPLITS_KEPT


def test_the_colours_are_those_of_the_backgrounds():
    let_drawn_lines_go()
    base, over = Color.parse("black"), Color(255, 255, 255, 0.5)
    inner, outer = StylesCache().get_inner_outer(base, over)
    assert (inner.background, outer.background) == (base + over, base)
