"""Agents' terminals on the board: they appear by themselves and never take the focus."""

import asyncio

from textual.events import AppBlur, AppFocus, Key, Paste

from maestro_tui.domain.document import evolve
from maestro_tui.domain.status import SessionStatus
from maestro_tui.runner.news import Bell, Closed, Noticed, Titled
from maestro_tui.terminal.notices import Notification
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.widgets.tab_strip import TabStrip


def strip(app):
    return {tab.session_id: tab for tab in app.board.query_one(TabStrip).tabs}


async def test_keys_for_a_program_have_the_way_and_those_for_the_board_need_none(
    sample, cockpit, terminals, until
):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("down")
        assert terminals.ways == 0
        await pilot.press("tab", "h", "i")
        await until(lambda: "hi" in terminals.get("sess_1").terminal.text())
        assert terminals.ways == 2


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
        assert app.said[0] == "API worker has no terminal here"


async def test_one_that_has_ended_is_opened_again_from_what_is_recorded(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    terminals.recorded["sess_1"] = ("sh", "-c", "echo what it said; exit 1")
    async with app.run_test(size=(120, 36)) as pilot:
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.press("enter")
        await until(lambda: (pane := app.board.tabs.pane("sess_1")) is not None and pane.has_focus)
        await until(lambda: "what it said" in terminals.get("sess_1").terminal.text())


async def test_a_pane_tells_its_program_whether_it_is_in_sight(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(120, 36)) as pilot:
        first, second = terminals.run("sess_1", "cat"), terminals.run("sess_2", "cat")
        await until(lambda: len(app.board.tabs.session_ids) == 2)
        app.board.open_session("sess_1")
        await until(lambda: first.in_sight and not second.in_sight)
        app.board.open_session("sess_2")
        await until(lambda: second.in_sight and not first.in_sight)
        await pilot.press("ctrl+b", "x")
        await until(lambda: first.in_sight and not second.in_sight)


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


async def run_three(app, terminals, until):
    for number in (1, 2, 3):
        terminals.run(f"sess_{number}", "cat")
    await until(lambda: len(app.board.tabs.session_ids) == 3)


async def test_numbers_choose_tabs_from_the_board_and_from_a_pane(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        await run_three(app, terminals, until)
        await pilot.press("2")
        assert (app.board.tabs.active, app.focused) == ("sess_2", app.board.tasks)
        await pilot.press("tab", "ctrl+b", "3")
        assert app.focused.session_id == "sess_3"
        await pilot.press("ctrl+b", "9")
        await until(lambda: "There is no tab 9" in app.said)
        assert app.focused.session_id == "sess_3"


async def test_keys_typed_in_one_go_with_a_prefix_action_go_where_it_leads(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)):
        await run_three(app, terminals, until)

        typed = ("1", "tab", "a", "ctrl+b", "n", "b", "c", "ctrl+b", "3", "d", "ctrl+b", "b", "w")
        for key in typed:
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: getattr(app.board.selected, "id", None) == "sess_2")
        assert [terminals.get(f"sess_{number}").sent for number in (1, 2, 3)] == [b"a", b"bc", b"d"]


async def test_a_new_terminal_takes_nothing_from_a_person_who_is_away(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("tab")
        app.post_message(AppBlur())
        await until(lambda: app.focused is None)
        terminals.run("sess_2", "cat")
        await until(lambda: "sess_2" in app.board.tabs.session_ids)
        app.post_message(AppFocus())
        await until(lambda: getattr(app.focused, "session_id", None) == "sess_1")
        assert app.board.tabs.active == "sess_1"
        await pilot.press("ctrl+b", "b")
        terminals.run("sess_3", "cat")
        await until(lambda: app.board.tabs.active == "sess_3")
        assert app.focused is app.board.tasks


async def test_titles_and_calls_of_terminals_are_shown_until_looked_at(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        await run_three(app, terminals, until)
        await pilot.press("1")
        await until(lambda: app.board.tabs.active == "sess_1")
        terminals.tell(Titled("sess_1", "reading the brief"))
        terminals.tell(Bell("sess_1"))
        terminals.tell(Bell("sess_2"))
        terminals.tell(Noticed("sess_3", Notification("", "May I?")))
        await until(lambda: app.board.rang == {"sess_2", "sess_3"})
        line = app.board.query_one(TabStrip).render().plain
        assert line.endswith("reading the brief")
        assert "2 Test writer ⚑ ◆" in line
        assert app.board.tasks.marks.keys() == {"sess_2", "sess_3"}
        assert [(note.title, note.message) for note in app._notifications] == [("Auditor", "May I?")]
        await pilot.press("2")
        await until(lambda: app.board.rang == {"sess_3"})
        assert not strip(app)["sess_2"].rang


async def test_what_cannot_reach_an_agent_is_refused_aloud(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        program = terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("tab")
        program.attached = False
        await pilot.press("x")
        await until(lambda: app.said)
        assert "API worker cannot be reached" in app.said[0]
        program.attached = True
        await pilot.press("y")
        assert program.sent == b"y"


async def test_no_key_overtakes_one_typed_before_it_while_the_focus_moves(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        program = terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        free = asyncio.Event()
        app.focused.parent.call_later(free.wait)  # a key of the board climbs no further than this now
        for key in ("tab", *"blue"):
            app.post_message(Key(key, key))
        await until(lambda: not app._message_queue.qsize())
        app.post_message(Key("enter", "\r"))
        app.post_message(Paste("pasted"))
        app.post_message(Key("z", "z"))
        await until(lambda: not app._message_queue.qsize())
        free.set()
        await until(lambda: program.sent == b"blue\rpastedz")
        await pilot.press("x")
        await until(lambda: program.sent == b"blue\rpastedzx")


async def test_who_leaves_takes_no_more_output(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("q")
        assert terminals.is_resting
        assert terminals._callbacks == []
