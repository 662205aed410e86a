"""Composing what changed: the same cells as Textual's compositor, of no more rows than those."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip

from maestro_tui.tui.narrow_compositor import NarrowCompositor
from maestro_tui.tui.widgets.task_tree import TaskTree

WIDTH, HEIGHT = 110, 34
REGIONS = st.sets(
    st.builds(
        Region, st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 60), st.integers(1, 6)
    ),
    min_size=1,
    max_size=4,
)


def written(update):
    """The cells of an update, row by row as far as they are written."""
    rows = {}
    for y, first, end in update.spans:
        parts = zip(update.chops[y].items(), update.chop_ends[y], strict=False)
        line = Strip.join([Strip.blank(last - x) if strip is None else strip for (x, strip), last in parts])
        rows[y, first, end] = line.crop(first, end)
    return rows


@pytest.fixture
async def board(cockpit, sample):
    app = cockpit(sample)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        yield app.board


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(regions=REGIONS)
async def test_it_writes_what_textual_would(board, regions):
    compositor = board._compositor
    assert isinstance(compositor, NarrowCompositor)
    inside = {part for one in regions if (part := one.intersection(board.region))}
    updates = []
    for render in (compositor.render_partial_update, lambda: Compositor.render_partial_update(compositor)):
        compositor._dirty_regions.update(inside)
        updates.append(render())
    ours, textual = map(written, updates)
    assert ours == textual


async def test_rows_that_did_not_change_are_not_asked_for(board, monkeypatch):
    asked = []
    monkeypatch.setattr(
        TaskTree,
        "render_lines",
        lambda tree, crop: asked.append(crop.height) or [Strip.blank(crop.width)] * crop.height,
    )
    tree = board.query_one(TaskTree)
    compositor = board._compositor
    beside = Region(tree.region.right + 1, tree.region.y, 20, tree.region.height)
    compositor._dirty_regions.update({Region(0, 0, WIDTH, 1), Region(0, HEIGHT - 1, WIDTH, 1), beside})
    compositor.render_partial_update()
    assert asked == []
    compositor._dirty_regions.add(Region(tree.region.x, tree.region.y + 1, 5, 2))
    compositor.render_partial_update()
    assert asked == [2]
