"""Another tab is on the screen before Textual has arranged it, and nothing draws over it."""

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.events import Key

from maestro_tui.tui.prefix import Prefix
from maestro_tui.tui.split_tree import Axis
from maestro_tui.tui.widgets.session_tabs import SessionTabs
from tests.tui.outer import COLUMNS, ROWS, Outer, Over


class TabsApp(App[None]):
    """Tabs on a terminal that shows them."""

    def __init__(self, programs) -> None:
        super().__init__(driver_class=Outer)
        self.programs = programs

    def compose(self) -> ComposeResult:
        yield SessionTabs(lambda session_id: self.programs[session_id], prefix=Prefix())

    @property
    def tabs(self) -> SessionTabs:
        return self.query_one(SessionTabs)

    @property
    def shown(self) -> str:
        """What a person sees."""
        return self._driver.terminal.text()

    async def at_once(self, step) -> str:
        """What a person sees right after a step, before Textual has done anything about it."""
        seen = asyncio.get_running_loop().create_future()

        def act() -> None:
            step()
            seen.set_result(self.shown)

        self.call_later(act)
        return await seen


@pytest.fixture
async def app(run_program, until):
    programs = {
        name: run_program("sh", "-c", f"echo {name} is here; exec cat", session_id=name) for name in ("one", "two")
    }
    app = TabsApp(programs)
    for name, program in programs.items():
        program.on_output = lambda name=name: app.tabs.output_arrived(name)
        program.on_exit = lambda name=name: app.tabs.program_ended(name)
    running = asyncio.create_task(app.run_async(size=(COLUMNS, ROWS)))
    await until(lambda: app.is_running and app.query(SessionTabs))
    for name in ("one", "two"):
        app.call_later(lambda name=name: app.tabs.open(name, name, focus=True))
        await until(lambda name=name: f"{name} is here" in app.shown)
    yield app
    app.exit()
    await running


async def test_another_tab_is_shown_at_once(app, until):
    shown = await app.at_once(app.tabs.next)
    assert "one is here" in shown
    assert "two is here" not in shown
    await until(lambda: app.tabs.pane("one").has_focus)
    assert "one is here" in app.shown


async def test_what_was_behind_is_shown_as_it_is_now(app, until):
    app.programs["one"].send(b"written behind\n")
    await until(lambda: "written behind" in app.programs["one"].terminal.text())
    assert "written behind" in await app.at_once(app.tabs.next)


async def test_the_tab_that_was_left_draws_no_more(app):
    def leave() -> None:
        app.tabs.pane("two").press(Key("a", "a"))  # an echo is painted without waiting for a frame
        app.tabs.next()
        app.programs["two"].terminal.feed(b"too late")
        app.tabs.output_arrived("two")

    assert "too late" not in await app.at_once(leave)


async def test_what_lies_over_the_tabs_stays_over_them(app, until):
    app.call_later(app.push_screen, Over())
    await until(lambda: "a question" in app.shown)
    assert "a question" in await app.at_once(app.tabs.next)


async def test_panes_of_another_size_wait_to_be_arranged(app, until):
    app.call_later(lambda: app.tabs.split("one", Axis.ROW))
    await until(lambda: "one is here" in app.shown and "two is here" in app.shown)
    app.call_later(app.tabs.detach)
    await until(lambda: len(app.tabs.visible_ids) == 1 and app.shown.count("is here") == 1)
    (behind,) = {"one", "two"} - set(app.tabs.visible_ids)
    terminal = app.programs[behind].terminal
    narrow = terminal.columns
    assert f"{behind} is here" not in await app.at_once(app.tabs.next)
    await until(lambda: f"{behind} is here" in app.shown and terminal.columns > narrow)
