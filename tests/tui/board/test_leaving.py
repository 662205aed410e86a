"""What comes while a screen is left, whose widgets have gone already: a timer's tick, news."""

import asyncio
import inspect

import pytest
from textual.widget import Widget

from maestro_tui.client.mirror import RESET
from maestro_tui.tui.messages import DocumentsChanged
from maestro_tui.tui.screens.attention_log import AttentionLog
from maestro_tui.tui.screens.connection import ConnectionScreen
from maestro_tui.tui.screens.log import LogScreen
from maestro_tui.tui.widgets.details import Details
from maestro_tui.tui.widgets.task_tree import TaskTree


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


class Last(Widget):
    """Goes after the other widgets of its screen, once the cockpit has taken a message that came in between."""

    taken = False

    async def on_unmount(self):
        async with asyncio.timeout(20):
            while self.screen.query(TaskTree):  # noqa: ASYNC110 - Textual tells nobody when a widget has gone
                await asyncio.sleep(0)
            assert self.app.post_message(DocumentsChanged((RESET,)))
            while self.app.message_queue_size:  # noqa: ASYNC110 - nor when a message was taken
                await asyncio.sleep(0)
            self.taken = True


async def test_news_that_come_as_the_cockpit_is_left_change_nothing(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        last = Last()
        await app.board.mount(last)
    assert last.taken
