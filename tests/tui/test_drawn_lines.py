"""What a widget has drawn goes when the widget goes."""

import gc
import weakref

from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.widgets import Static

from maestro_tui.tui.drawn_lines import let_drawn_lines_go

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


def test_the_colours_are_those_of_the_backgrounds():
    let_drawn_lines_go()
    base, over = Color.parse("black"), Color(255, 255, 255, 0.5)
    inner, outer = StylesCache().get_inner_outer(base, over)
    assert (inner.background, outer.background) == (base + over, base)
