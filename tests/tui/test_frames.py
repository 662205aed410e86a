"""When panes are painted."""

import asyncio
from itertools import pairwise
from statistics import median

import pytest

from maestro_tui.tui.frames import FRAME, HOLD_LIMIT, FrameScheduler


class View:
    """Counts how often it is painted."""

    def __init__(self) -> None:
        self.held = False
        self.painted: list[float] = []

    def paint(self) -> str:
        self.painted.append(asyncio.get_running_loop().time())
        return "painted "


@pytest.fixture
def shown() -> list[str]:
    """What was written to the outer terminal, one text for each write."""
    return []


@pytest.fixture
async def frames(shown):
    scheduler = FrameScheduler(shown.append)
    yield scheduler
    scheduler.close()


async def test_the_first_change_is_painted_at_once_and_many_in_one_frame(frames, until):
    view = View()
    for _ in range(100):
        frames.changed(view)
    await until(lambda: view.painted)
    assert len(view.painted) == 1


async def test_a_flood_is_painted_at_a_steady_rate(frames):
    view, loop = View(), asyncio.get_running_loop()
    start = loop.time()
    while len(view.painted) < 20:
        frames.changed(view)
        await asyncio.sleep(0)
    assert len(view.painted) <= (loop.time() - start) / FRAME + 3
    assert median(later - earlier for earlier, later in pairwise(view.painted)) <= 0.05, "twenty a second at least"


async def test_all_views_share_a_frame_and_one_write(frames, shown, until):
    views = [View() for _ in range(9)]
    for view in views:
        frames.changed(view)
    await until(lambda: views[-1].painted)
    assert [len(view.painted) for view in views] == [1] * 9
    assert shown == ["painted " * 9]


async def test_an_echo_does_not_wait(frames):
    view = View()
    frames.typed(view)
    frames.changed(view)
    assert len(view.painted) == 1
    frames.changed(view)
    assert len(view.painted) == 1


async def test_a_held_view_keeps_its_frame_but_not_for_long(frames, until):
    view, start = View(), asyncio.get_running_loop().time()
    view.held = True
    frames.typed(view)
    frames.changed(view)
    await until(lambda: view.painted)
    assert view.painted[0] - start >= HOLD_LIMIT * 0.9


async def test_a_frame_finished_in_time_is_painted_then(frames, until):
    view, start = View(), asyncio.get_running_loop().time()
    view.held = True
    frames.changed(view)
    asyncio.get_running_loop().call_later(0.03, setattr, view, "held", False)
    await until(lambda: view.painted)
    assert view.painted[0] - start < HOLD_LIMIT


async def test_a_forgotten_view_is_left_alone(frames, until):
    gone, other = View(), View()
    frames.changed(gone)
    frames.forget(gone)
    frames.changed(other)
    await until(lambda: other.painted)
    assert not gone.painted


async def test_a_program_that_draws_all_the_time_is_painted_between_two_drawings(frames, until):
    """One frame for each time its turn came, each of a finished drawing, and none of the hold's length."""
    view, loop = View(), asyncio.get_running_loop()
    start, finished = loop.time(), []

    def draw():
        view.held = False
        finished.append(len(view.painted))
        frames.changed(view)
        finished[-1] = len(view.painted) - finished[-1]
        view.held = True
        frames.changed(view)
        if loop.time() - start < 0.5:
            loop.call_later(0.004, draw)

    draw()
    await until(lambda: loop.time() - start >= 0.5)
    assert set(finished) == {0, 1}, "painted when a drawing was finished"
    assert sum(finished) == len(view.painted) > 0.5 / HOLD_LIMIT
