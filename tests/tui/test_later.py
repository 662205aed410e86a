"""Work whose screen is left while it waits for an answer."""

import asyncio

import pytest
from textual.app import App
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerFailed, WorkerState

from maestro_tui.tui.later import Later


class Slow(Static):
    """Goes only when the work is over, so that its screen is still there then."""

    async def on_unmount(self):
        self.screen.left.set()
        await self.screen.over.wait()


class Asking(Screen):
    """Shows an answer that comes when the place for it has gone."""

    def __init__(self):
        super().__init__()
        self.left, self.over = asyncio.Event(), asyncio.Event()

    def compose(self):
        yield Static(id="answer")
        yield Slow()

    def on_mount(self):
        self.work = self.run_worker(Later(self.ask))

    async def ask(self):
        await self.left.wait()
        while self.query("#answer"):  # noqa: ASYNC110 - Textual tells nobody when a widget has gone
            await asyncio.sleep(0)
        try:
            self.query_one("#answer", Static).update("an answer")
        finally:
            self.over.set()


@pytest.mark.parametrize(
    "leave", [lambda app: app.pop_screen(), lambda app: None], ids=["the screen", "the cockpit"]
)
async def test_an_answer_to_a_screen_that_is_being_left_is_given_up(leave):
    async with asyncio.timeout(20):
        async with App().run_test() as pilot:
            screen = Asking()
            await pilot.app.push_screen(screen)
            await pilot.pause()
            leave(pilot.app)
        assert screen.work.state is WorkerState.CANCELLED


async def ask_where_a_place_is_missing():
    async with App().run_test() as pilot:
        screen = Asking()
        await pilot.app.push_screen(screen)
        await screen.query_one("#answer").remove()
        screen.left.set()
        await screen.over.wait()
        await pilot.pause()


async def test_a_place_that_is_missing_on_a_screen_that_stays_is_an_error():
    with pytest.raises(WorkerFailed, match="#answer"):
        await ask_where_a_place_is_missing()
