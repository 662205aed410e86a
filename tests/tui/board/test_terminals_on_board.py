"""Agents' terminals on the board: they appear by themselves and never take the focus."""

import pytest

from maestro_tui.domain.document import evolve
from maestro_tui.domain.status import SessionStatus
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.widgets.tab_strip import TabStrip


class News:
    def __init__(self, session_id):
        self.session_id = session_id


class Opened(News):
    pass


class Output(News):
    pass


class Exited(News):
    pass


class Closed(News):
    pass


class LocalTerminals:
    """Terminals of programs on this test's own event loop."""

    def __init__(self, run_program):
        self._run = run_program
        self._programs = {}
        self._callbacks = []

    @property
    def session_ids(self):
        return tuple(self._programs)

    def get(self, session_id):
        return self._programs.get(session_id)

    def subscribe(self, callback):
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def run(self, session_id, *argv):
        program = self._programs[session_id] = self._run(*argv, session_id=session_id)
        program.on_output = lambda: self.tell(Output(session_id))
        program.on_exit = lambda: self.tell(Exited(session_id))
        self.tell(Opened(session_id))
        return program

    def tell(self, news):
        for callback in self._callbacks:
            callback(news)


@pytest.fixture
def terminals(run_program):
    return LocalTerminals(run_program)


def strip(app):
    return {tab.session_id: tab for tab in app.board.query_one(TabStrip).tabs}


async def test_a_pane_opens_by_itself_and_the_focus_stays(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "sh", "-c", "echo hello; exec cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        assert app.focused is app.board.tasks
        await until(lambda: "hello" in terminals.get("sess_1").terminal.text())
        await pilot.press("tab", "n", "q", "space", "d", "enter")
        await until(lambda: terminals.get("sess_1").sent == b"nq d\r")
        assert app.is_running
        await pilot.press("ctrl+b", "b")
        await until(lambda: app.focused is app.board.tasks)


async def test_ctrl_c_in_a_pane_is_the_agents(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        program = terminals.run("sess_1", "sh", "-c", "stty raw -echo; printf ready; exec cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await until(lambda: "ready" in program.terminal.text())
        await pilot.press("tab", "ctrl+c", "ctrl+d", "ctrl+v", "escape", "ctrl+q", "ctrl+p")
        await until(lambda: program.sent == b"\x03\x04\x16\x1b\x11\x10")
        assert app.is_running


async def test_terminals_that_run_already_are_shown(sample, cockpit, terminals, until):
    terminals.run("sess_2", "cat")
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)):
        await until(lambda: app.board.tabs.session_ids == ("sess_2",))
        assert strip(app)["sess_2"].name == "Test writer"
        assert strip(app)["sess_2"].glyph == "⚑"


async def test_a_pane_being_typed_into_stays_in_front(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("tab")
        terminals.run("sess_2", "cat")
        await until(lambda: "sess_2" in app.board.tabs.session_ids)
        assert app.board.tabs.active == "sess_1"
        assert app.focused.session_id == "sess_1"


async def test_tabs_follow_the_sessions(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)):
        terminals.run("sess_1", "true")
        await until(lambda: "sess_1" in strip(app))
        done = evolve(sample.mirror.sessions["sess_1"], status=SessionStatus.COMPLETED, name="All done")
        sample.put(done)
        await until(lambda: (strip(app)["sess_1"].name, strip(app)["sess_1"].glyph) == ("All done", "✓"))
        terminals.tell(Closed("sess_1"))
        await until(lambda: app.board.tabs.session_ids == ())


async def test_enter_on_a_session_goes_to_its_pane(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(80, 24)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.press("enter")
        await until(lambda: getattr(app.focused, "session_id", None) == "sess_1")
        assert not app.board.query_one("#work").display
        await pilot.press("ctrl+b", "b")
        await until(lambda: app.board.query_one("#work").display)


async def test_a_session_elsewhere_is_said_to_be(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.press("enter", "tab")
        await pilot.pause()
        assert next(note.message for note in app._notifications) == "API worker has no terminal here"


async def test_every_action_after_the_prefix(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        for session_id in ("sess_1", "sess_2"):
            terminals.run(session_id, "cat")
        await until(lambda: len(app.board.tabs.session_ids) == 2)
        app.board.open_session("sess_1")
        await pilot.press("ctrl+b", "n")
        await until(lambda: app.board.tabs.active == "sess_2")
        await pilot.press("ctrl+b", "p")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("ctrl+b", "w")
        await until(lambda: app.board.tabs.active == "sess_2")
        await pilot.press("ctrl+b", "z")
        await until(lambda: not app.board.query_one("#work").display)
        await pilot.press("ctrl+b", "z", "ctrl+b", "question_mark")
        await until(lambda: type(app.screen).__name__ == "HelpScreen")
        await pilot.press("escape", "ctrl+b", "x")
        await until(lambda: app.board.tabs.session_ids == ("sess_1",))
        await pilot.press("ctrl+b", "x")
        await until(lambda: app.focused is app.board.tasks)
        await pilot.press("tab")
        await pilot.press("q")
    assert app.return_code == 0


async def test_a_theme_repaints_the_terminals(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        before = app.board.palette
        await pilot.press("t")
        await until(lambda: app.board.palette != before)


async def test_a_link_is_shown_before_it_is_opened(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    opened = []
    app.open_url = opened.append
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        pane = app.board.tabs.pane("sess_1")
        for key in ("n", "y"):
            pane.post_message(pane.LinkChosen(pane, "https://example.org/[bold]x[/]"))
            await until(lambda: isinstance(app.screen, Confirm))
            await pilot.press(key)
            await until(lambda: app.screen is app.board)
    assert opened == ["https://example.org/[bold]x[/]"]
