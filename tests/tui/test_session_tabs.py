"""Tabs: one for each open session."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from maestro_tui.tui.prefix import Prefix
from maestro_tui.tui.split_tree import Axis, Direction
from maestro_tui.tui.widgets.session_tabs import SessionTabs
from maestro_tui.tui.widgets.tab_strip import TabStrip


class TabsApp(App[None]):
    """Tabs beside something else that can have the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.programs, self.heard = {}, []

    def compose(self) -> ComposeResult:
        yield Input()
        yield SessionTabs(lambda session_id: self.programs[session_id], prefix=Prefix())

    @property
    def tabs(self) -> SessionTabs:
        return self.query_one(SessionTabs)

    def on_session_tabs_activated(self, event: SessionTabs.Activated) -> None:
        self.heard.append(event.session_id)

    def strip(self) -> str:
        return self.query_one(TabStrip).render().plain


@pytest.fixture
async def app(run_program):
    app = TabsApp()
    for number in (1, 2, 3):
        session_id = f"ses_{number}"
        program = run_program("sh", "-c", f"echo program {number}; exec cat", session_id=session_id)
        program.on_output = lambda session_id=session_id: app.tabs.output_arrived(session_id)
        program.on_exit = lambda session_id=session_id: app.tabs.program_ended(session_id)
        app.programs[session_id] = program
    async with app.run_test(size=(80, 20)) as app.pilot:
        yield app


async def open_all(app, until) -> None:
    for number in (1, 2, 3):
        app.tabs.open(f"ses_{number}", f"Agent {number}", focus=True)
    await until(lambda: app.tabs.pane("ses_3").has_focus)


async def test_without_sessions_it_says_what_to_do(app):
    assert app.tabs.active is None
    assert "Start an agent" in str(app.query_one("#nothing-open").render())
    assert not app.tabs.focus_pane()


async def test_an_opened_session_is_shown_with_its_screen(app, until):
    app.tabs.open("ses_1", "API worker")
    pane = app.tabs.pane("ses_1")
    await until(lambda: pane.size.width and "program 1" in pane.render_lines(pane.size.region)[0].text)
    assert "1 API worker" in app.strip()
    await until(lambda: app.heard == ["ses_1"])
    assert app.query_one(Input).has_focus or app.focused is None


async def test_opening_again_changes_nothing(app):
    app.tabs.open("ses_1", "API worker")
    app.tabs.open("ses_1", "API worker")
    assert app.tabs.session_ids == ("ses_1",)


async def test_next_and_previous_go_round_and_take_the_focus_along(app, until):
    await open_all(app, until)
    app.tabs.next()
    await until(lambda: app.tabs.pane("ses_1").has_focus)
    app.tabs.previous()
    await until(lambda: app.tabs.pane("ses_3").has_focus)
    assert app.tabs.active == "ses_3"


async def test_only_the_shown_pane_is_painted_and_it_is_new_when_shown(app, until):
    await open_all(app, until)
    app.programs["ses_1"].send(b"typed meanwhile\r")
    await until(lambda: "typed meanwhile" in app.programs["ses_1"].terminal.text())
    app.tabs.activate("ses_1")
    pane = app.tabs.pane("ses_1")
    await until(lambda: "typed meanwhile" in "".join(s.text for s in pane.render_lines(pane.size.region)))


async def test_closing_shows_the_neighbour_and_leaves_the_program_running(app, until):
    await open_all(app, until)
    app.tabs.activate("ses_2", focus=True)
    app.tabs.close("ses_2")
    await until(lambda: app.tabs.pane("ses_3").has_focus)
    assert app.tabs.session_ids == ("ses_1", "ses_3")
    assert app.programs["ses_2"].exited is None
    app.tabs.close("ses_3")
    app.tabs.close("ses_1")
    app.tabs.close("ses_1")
    await until(lambda: app.heard[-1] is None)
    assert app.tabs.active is None
    app.tabs.open("ses_2", "back again")
    await until(lambda: app.heard[-1] == "ses_2")


async def test_a_mark_and_a_name_are_shown(app):
    app.tabs.open("ses_1", "worker")
    app.tabs.mark("ses_1", "⚑", "accent")
    app.tabs.rename("ses_1", "re\x1b[31mnamed")
    assert app.strip() == " 1 re[31mnamed ⚑ "


async def test_a_click_on_a_tab_shows_it(app, until):
    await open_all(app, until)
    await app.pilot.click(TabStrip, offset=(3, 0))
    await until(lambda: app.tabs.pane("ses_1").has_focus)


async def test_the_active_tab_is_always_in_sight(app, until):
    for number in (1, 2, 3):
        app.tabs.open(f"ses_{number}", f"A rather long name {number}")
    await app.pilot.resize_terminal(34, 20)
    await until(lambda: "3 A rather long name 3" in app.strip())
    assert app.strip().startswith("‹ ")
    app.tabs.activate("ses_1")
    assert "1 A rather long name 1" in app.strip()
    assert app.strip().endswith(" ›")


async def test_an_unknown_session_is_refused(app):
    with pytest.raises(KeyError):
        app.tabs.open("ses_9", "nobody")
    with pytest.raises(KeyError):
        app.tabs.activate("ses_9")
    assert app.tabs.session_ids == ()


async def test_with_nothing_open_every_verb_does_nothing_and_says_so(app):
    tabs = app.tabs
    tabs.next()
    tabs.previous()
    tabs.focus_next()
    tabs.split("ses_1", Axis.ROW)
    tabs.output_arrived("ses_1")
    tabs.program_ended("ses_1")
    tabs.close("ses_1")
    done = [tabs.detach(), tabs.move_tab(1), tabs.show_number(1)]
    for toward in (tabs.focus_toward, tabs.move_toward, tabs.resize_toward):
        done += map(toward, Direction)
    assert not any(done)
    await app.pilot.pause()
    assert (tabs.session_ids, tabs.companions, tabs.hidden_count, app.heard) == ((), (), 0, [])


async def test_a_tab_alone_has_nowhere_to_go_and_a_place_is_kept_until_it_is_forgotten(app):
    tabs = app.tabs
    tabs.open("ses_1", "Agent 1")
    tabs.open("ses_2", "Agent 2", activate=False)
    tabs.open("ses_2", "Agent 2", activate=False)
    assert tabs.active == "ses_1"
    assert not tabs.detach()
    assert [tabs.move_tab(-1), tabs.show_number(0), tabs.show_number(3)] == [False] * 3
    assert not any(map(tabs.focus_toward, Direction))
    tabs.split("ses_3", Axis.ROW)  # it has no pane
    assert tabs.companions == ("ses_1",)
    assert tabs.move_tab(1)
    assert tabs.session_ids == ("ses_2", "ses_1")
    tabs.forget("ses_1")  # it is open
    assert tabs.session_ids == ("ses_2", "ses_1")
    assert tabs.show_number(1)
    assert tabs.active == "ses_2"


async def test_panes_of_a_tab_are_gone_through_swapped_and_let_go(app, until):
    tabs = app.tabs
    for number in (1, 2):
        tabs.open(f"ses_{number}", f"Agent {number}", focus=True)
    tabs.split("ses_1", Axis.ROW)
    assert tabs.companions == ("ses_2", "ses_1")
    await until(lambda: len(tabs.visible_ids) == 2 and tabs.pane("ses_1").size.width)
    tabs.activate("ses_2")
    tabs.focus_next()
    assert tabs.active == "ses_1"
    tabs.focus_next()
    assert tabs.active == "ses_2"
    assert tabs.move_toward(Direction.RIGHT)
    assert tabs.companions == ("ses_1", "ses_2")
    assert tabs.detach()
    assert tabs.companions == ("ses_2",)
