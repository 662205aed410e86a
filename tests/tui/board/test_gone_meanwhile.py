"""What a dialog or a list is about ends, changes or is deleted while it is open; what was asked is refused."""

from textual.widgets import OptionList, Static

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import NotFound, Unavailable
from maestro_tui.domain.status import SessionStatus
from maestro_tui.tui.screens.approval import Approval
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.screens.sessions import SessionsScreen
from maestro_tui.tui.screens.stop import MOST_NAMES, StoppingScreen, StopSession
from maestro_tui.tui.screens.why import WhyScreen

SIZE = (120, 40)


def shown(app, selector):
    """What is written there; nothing while the screen still comes."""
    return "".join(str(one.render()) for one in app.screen.query(selector).results(Static))


def orders(feed):
    return [path for method, path, _ in feed.sent if method != "GET"]


async def choose(pilot, session_id):
    options = pilot.app.screen.query_one("#sessions", OptionList)
    options.highlighted = [option.id for option in options.options].index(session_id)
    await pilot.pause()


async def stopping(app, pilot, until, session_id, key="y"):
    """Answer the question about a session's end and come to its ladder."""
    app.board.ask_stop(session_id)
    await until(lambda: isinstance(app.screen, StopSession))
    await pilot.press(key)
    await until(lambda: isinstance(app.screen, StoppingScreen))


async def test_the_evidence_of_a_session_that_ends_and_is_deleted(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=SIZE) as pilot:
        app.board.ask_why("sess_1")
        await until(lambda: isinstance(app.screen, WhyScreen))
        await until(lambda: "no runner watches it now" in shown(app, "#why"))
        assert "There is no evidence." in shown(app, "#why")
        sample.put(evolve(sample.mirror.sessions["sess_1"], status=SessionStatus.COMPLETED))
        await until(lambda: "completed" in shown(app, "#why") and "no runner" not in shown(app, "#why"))
        await pilot.press("i")
        sample.remove("session", "sess_1")
        await until(lambda: shown(app, "#why") == "This session was deleted.")
        await pilot.press("w")
        assert orders(sample) == []
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, BoardScreen))


async def test_a_session_that_is_deleted_has_no_ladder_left(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await stopping(app, pilot, until, "sess_5", "a")
        assert sorted(orders(fleet)) == ["/api/sessions/sess_5/stop", "/api/sessions/sess_6/stop"]
        fleet.remove("session", "sess_6")
        await until(lambda: "deleted" in shown(app, "#ladders"))
        assert "Pricing" in shown(app, "#ladders")
        fleet.remove("session", "sess_5")
        await until(lambda: isinstance(app.screen, BoardScreen))


async def test_ladders_that_ended_below_another_dialog_are_gone_when_it_closes(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await stopping(app, pilot, until, "sess_6")

        agreed = []

        async def act():
            agreed.append("yes")

        await app.push_screen(Confirm("Something else", "Really?", "do it", act))
        fleet.put(evolve(fleet.mirror.sessions["sess_6"], status=SessionStatus.STOPPED))
        app.board.show_stopping()
        await pilot.pause()
        assert isinstance(app.screen, Confirm), "another dialog was taken away in its place"
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, BoardScreen))
        assert agreed == []


async def test_a_stop_that_comes_too_late_is_no_failure_and_a_refused_one_keeps_the_question(
    fleet, cockpit, until
):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.ask_stop("sess_6")
        await until(lambda: isinstance(app.screen, StopSession))
        await pilot.press("a")  # it has started nobody: there is no such choice
        assert orders(fleet) == []
        fleet.refuse = Unavailable("the journal is full")
        await pilot.press("y")
        await until(lambda: "the journal is full" in shown(app, "Static"))
        assert isinstance(app.screen, StopSession)
        fleet.refuse = NotFound("Session with id 'sess_6' not found")
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, StoppingScreen))
        fleet.refuse = Unavailable("the journal is full")
        await pilot.press("x")
        await until(lambda: any("the journal is full" in said for said in app.said))
        assert isinstance(app.screen, StoppingScreen)


async def test_of_many_below_some_are_named(fleet, make, cockpit, until):
    for number in range(MOST_NAMES + 1):
        fleet.put(
            make.session(f"sess_c{number}", f"Child {number}", "task_1", parent_session_id="sess_6", depth=3)
        )
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        app.board.ask_stop("sess_6")
        await until(lambda: isinstance(app.screen, StopSession) and shown(app, ".said"))
        said = shown(app, ".said")
        assert f"Still at work below it: {MOST_NAMES + 1}" in said
        assert "and 1 more" in said
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, BoardScreen))
        assert orders(fleet) == []


async def test_verbs_for_a_session_that_is_not_as_it_was(fleet, cockpit, until):
    app = cockpit(fleet)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen))
        await choose(pilot, "sess_6")
        await pilot.press("y")
        assert "Nothing is asked about this session any more" in app.said
        await choose(pilot, "sess_8")
        await pilot.press("x")
        await until(lambda: "This session has ended already" in app.said)
        await pilot.press("o")  # nothing to adopt
        await choose(pilot, "sess_7")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Approval))
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, SessionsScreen))
        app.board.restart("sess_gone")
        await choose(pilot, "sess_6")
        await pilot.press("enter")
        await until(lambda: "Rounding has no terminal here" in app.said)
        assert isinstance(app.screen, BoardScreen)
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen) and app.screen.query("#no-sessions"))
        for session_id in list(fleet.mirror.sessions):
            fleet.remove("session", session_id)
        await until(lambda: app.screen.query_one("#no-sessions").display)
        await pilot.press("x", "r", "enter")
        assert isinstance(app.screen, SessionsScreen)
        assert orders(fleet) == []


async def test_enter_folds_a_task_and_says_where_a_session_has_no_terminal(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=SIZE) as pilot:
        app.board.choose(("task", "", "task_1"))
        await pilot.pause()
        node = app.board.tasks.cursor_node
        was_open = node.is_expanded
        await pilot.press("enter")
        await until(lambda: node.is_expanded is not was_open)
        await pilot.press("enter")
        await until(lambda: node.is_expanded is was_open)
        app.board.choose(("session", "task_6", "sess_3"))
        await pilot.press("enter")
        await until(lambda: "Auditor has no terminal here" in app.said)
        app.board.choose(("task", "", "task_3"))  # nothing below it to fold
        await pilot.press("enter", "left", "right")
        assert app.board.selected.id == "task_3"
