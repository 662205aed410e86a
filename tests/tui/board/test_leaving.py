"""A timer's tick that comes while a screen is left, whose widgets have gone already."""

import inspect

import pytest

from maestro_tui.tui.screens.attention_log import AttentionLog
from maestro_tui.tui.screens.connection import ConnectionScreen
from maestro_tui.tui.screens.log import LogScreen
from maestro_tui.tui.widgets.details import Details


def connection(app, tmp_path):
    screen = ConnectionScreen(app.context.feed)
    return screen, screen._show


def log(app, tmp_path):
    screen = LogScreen(tmp_path / "log")
    return screen, screen._look


def calls(app, tmp_path):
    screen = AttentionLog(lambda: (), clock=app.context.clock)
    return screen, screen._show


@pytest.mark.parametrize("opened", [connection, log, calls])
async def test_it_changes_nothing(sample, cockpit, tmp_path, opened):
    app = cockpit(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        screen, tick = opened(app, tmp_path)
        await app.push_screen(screen)
        await pilot.pause()
        await app.pop_screen()
        (tmp_path / "log").write_text("2026-01-01 10:00:00 INFO news\n")
        if inspect.isawaitable(ticked := tick()):
            await ticked
        assert app.screen is app.board


async def test_neither_does_that_of_the_details(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        details = app.board.query_one(Details)
        await details.remove_children()
        app.board.choose(("task", "", "task_2"))
        await pilot.pause()
        assert not details.query("*")
