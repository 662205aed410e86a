"""Keys where there is nothing for them to act on: each says so, or does nothing, and none sends anything."""

from textual.widgets import OptionList

from maestro_tui.domain.errors import Unavailable
from maestro_tui.tui.actions import BY_ID
from maestro_tui.tui.prefix import PANE_ACTIONS
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.connection import ConnectionScreen
from maestro_tui.tui.screens.new_project import NewProject
from maestro_tui.tui.screens.pane_picker import PanePicker
from maestro_tui.tui.screens.project_picker import PickerScreen
from maestro_tui.tui.screens.save_output import SaveOutput
from maestro_tui.tui.screens.sessions import SessionsScreen

SIZE = (120, 40)
LEAVES_THE_BOARD = {"pane.help", "pane.quit"}


def orders(feed):
    return [(method, path) for method, path, _ in feed.sent if method != "GET"]


async def test_without_a_project_keys_offer_to_create_one(feed, cockpit, until):
    app = cockpit(feed)
    async with app.run_test(size=SIZE) as pilot:
        for key in "nsp":
            await pilot.press(key)
            await until(lambda: isinstance(app.screen, NewProject) and app.screen.focused is not None)
            await pilot.press("escape")
            await until(lambda: isinstance(app.screen, BoardScreen))
        await pilot.press("v")
        assert "Open a project first; N creates one" in app.said
        assert orders(feed) == []


async def test_keys_that_need_a_task_say_so(feed, make, cockpit, until):
    feed.put(make.project())
    app = cockpit(feed)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: app.board.project is not None)
        for number, key in enumerate(("a", "space", "i", "b", "e", "d"), 1):
            await pilot.press(key)
            said = "Select a task first; n makes a new one"
            await until(lambda number=number, said=said: app.said.count(said) == number)
        for key, said in (
            ("x", "No agent works on this; v shows every session"),
            ("r", "No session of this can be started again; v shows every session"),
            ("W", "No agent works on this; v shows every session"),
            ("w", "No agent waits for you"),
            ("y", "No spawn waits for your approval"),
            ("tab", "No terminal is open; s starts an agent"),
        ):
            await pilot.press(key)
            await until(lambda said=said: said in app.said)
        await pilot.press("left", "right", "enter", "up", "down")
        assert isinstance(app.screen, BoardScreen)
        assert app.board.selected is None
        assert orders(feed) == []


async def test_what_is_done_with_a_terminal_does_nothing_where_none_is_open(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: app.board.project is not None)
        board = app.board
        chosen = board.selected
        for action in PANE_ACTIONS:
            if action.id not in LEAVES_THE_BOARD | {"pane.waiting"}:
                getattr(board, f"action_{BY_ID[action.id].method}")()
        board.action_tab_show(1)
        await pilot.pause()
        assert app.screen is board
        assert board.selected == chosen
        assert orders(sample) == []
        assert app.clipboard == ""
        for said in (
            "There is no other terminal to show beside this one",
            "Nothing was copied here yet",
            "There is no link in sight",
            "No agent wants the clipboard",
            "There is no tab 1",
        ):
            assert said in app.said
        # News of terminals that have no pane are as harmless.
        for told in (board.output_arrived, board.end_terminal, board.drop_terminal, board.show_terminal):
            told("sess_1")
        app.copy_to_clipboard("copied before")
        board.action_pane_paste()
        assert board.tabs.session_ids == ()


async def test_without_sessions_and_without_the_servers_word_there_is_nothing_to_act_on(
    feed, make, cockpit, until
):
    feed.put(make.project())
    feed.refuse = Unavailable("the server is starting")
    app = cockpit(feed)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("P")
        await until(lambda: "The server has not said yet whether spawning is paused" in app.said)
        assert orders(feed) == []
        await pilot.press("v")
        await until(lambda: isinstance(app.screen, SessionsScreen))
        await until(lambda: "the server is starting" in str(app.screen.query_one("#policy").render()))
        await pilot.press("x", "y", "r", "o", "enter", "e")
        assert isinstance(app.screen, SessionsScreen)
        assert orders(feed) == []


async def test_dialogs_left_as_they_were_change_nothing(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", "enter")
        await until(lambda: app.board.tasks.has_focus)
        assert not app.board.query_one("#filter").has_class("-open")
        assert app.board.tasks.root.children, "a filter without words is no filter"
        await pilot.press("c")
        await until(lambda: isinstance(app.screen, ConnectionScreen) and app.screen.query("#waiting"))
        await pilot.press("d", "r")
        assert not app.screen.query_one("#waiting", OptionList).display
        assert sample.retries == 1
        await pilot.press("escape", "p")
        await until(lambda: isinstance(app.screen, PickerScreen))
        opened = app.board.project_id
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, BoardScreen))
        assert app.board.project_id == opened
        await pilot.press("p", "n")
        await until(lambda: isinstance(app.screen, NewProject))
        assert orders(sample) == []


async def test_a_terminal_without_prompts_links_or_wishes_says_so_and_escape_leaves_it(
    sample, cockpit, silent_terminals, until
):
    app = cockpit(sample, terminals=silent_terminals)
    for number in (1, 2, 3):
        silent_terminals.run(f"sess_{number}", f"program {number}")
    async with app.run_test(size=SIZE) as pilot:
        board = app.board
        await until(lambda: len(board.tabs.session_ids) == 3)
        beside = board.tabs.companions
        for action, dialog in ((board.action_pane_split_right, PanePicker), (board.action_pane_save, SaveOutput)):
            action()
            await until(lambda dialog=dialog: isinstance(app.screen, dialog))
            await pilot.press("escape")
            await until(lambda: app.screen is board)
        assert board.tabs.companions == beside
        for action in ("older", "newer", "output", "link", "reset", "clear"):
            board.action_pane_action(f"pane.{action}")
        await until(lambda: "There is no link in sight" in app.said)
        assert [said.partition(":")[0] for said in app.said] == [
            "No prompt is known",
            "No command's output is known",
            "There is no link in sight",
        ]
        assert app.clipboard == ""
        board.action_pane_find()
        assert board.active_pane.scroll_mode
        await pilot.press("tab", "escape", "q")
        await until(lambda: not board.active_pane.scroll_mode)
