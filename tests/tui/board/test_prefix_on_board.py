"""The prefix key while the board has the keys: what follows is a command, never a letter of the board."""

import pytest
from textual.events import Key

from maestro_tui.config.settings import Settings
from maestro_tui.tui.actions import ACTIONS, Place
from maestro_tui.tui.prefix import PANE_ACTIONS, Needs
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.help import HelpScreen
from maestro_tui.tui.widgets.footer import Footer
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

WIDE, NARROW = (160, 45), (80, 24)
LETTERS = {key for action in ACTIONS if action.place is Place.BOARD for key in action.key.split(",")}
NO_TERMINAL = "No terminal is open; s starts an agent"


def orders(feed):
    return [(method, path) for method, path, _ in feed.sent if method != "GET"]


async def run_two(app, terminals, until):
    for session_id in ("sess_1", "sess_2"):
        terminals.run(session_id, "cat")
    await until(lambda: len(app.board.tabs.session_ids) == 2)
    app.board.tabs.activate("sess_1")
    app.board.tasks.focus()
    await until(lambda: app.focused is app.board.tasks)


async def test_what_follows_is_never_a_letter_of_the_board(sample, cockpit):
    app = cockpit(sample)
    letters = sorted(LETTERS - {key for action in PANE_ACTIONS for key in action.key.split(",")})
    assert {"space", "e", "a", "f"} <= set(letters)
    async with app.run_test(size=WIDE) as pilot:
        app.board.choose(("task", "", "task_3"))
        for key in letters:
            await pilot.press("ctrl+b", key)
            assert isinstance(app.screen, BoardScreen), key
        assert orders(sample) == []
        assert "^b e does nothing" in app.said


async def test_back_to_the_board_from_the_board_does_nothing(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("ctrl+b", "b", "ctrl+b", "tab", "ctrl+b", "escape", "ctrl+b", "ctrl+b")
        assert isinstance(app.screen, BoardScreen)
        assert app.focused is app.board.tasks
        assert not app.board.prefix.is_open
        assert app.said == []
        await pilot.press("j")
        assert app.board.selected.id != app.board.tasks.root.children[0].data.id


async def test_commands_act_on_the_shown_terminal_and_the_board_keeps_the_keys(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await run_two(app, terminals, until)
        await pilot.press("ctrl+b", "n")
        assert app.board.tabs.active == "sess_2"
        await pilot.press("f12", "1")
        assert app.board.tabs.active == "sess_1"
        await pilot.press("ctrl+b", "vertical_line")
        assert app.board.tabs.visible_ids == ("sess_1", "sess_2")
        before = app.board.tabs.pane("sess_2").outer_size.width
        await pilot.press("ctrl+b", "ctrl+left", "ctrl+left", "H")
        await until(lambda: app.board.tabs.pane("sess_2").outer_size.width == before + 12)
        await pilot.press("enter")  # ends the resizing, and opens nothing
        assert app.focused is app.board.tasks
        await pilot.press("ctrl+b", "question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen))


@pytest.mark.parametrize("key", ["left_square_bracket", "slash", "z", "right_square_bracket"])
async def test_a_command_for_what_is_typed_next_takes_the_keys_there(key, sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await run_two(app, terminals, until)
        await pilot.press("ctrl+b", key)
        assert app.focused is app.board.tabs.pane("sess_1")


async def test_on_a_narrow_screen_a_command_shows_the_terminal_it_acts_on(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=NARROW) as pilot:
        await run_two(app, terminals, until)
        await pilot.press("ctrl+b", "n")
        assert app.focused is app.board.tabs.pane("sess_2")
        await pilot.press("ctrl+b", "b", "1")
        await until(lambda: app.focused is app.board.tabs.pane("sess_1"))
        assert app.board.tabs.display
        await pilot.press("h", "i")
        await until(lambda: terminals.get("sess_1").sent == b"hi")


async def test_without_a_terminal_each_command_that_needs_one_says_so(sample, cockpit):
    app = cockpit(sample)
    needing = [action for action in PANE_ACTIONS if action.needs is not Needs.NOTHING]
    async with app.run_test(size=WIDE) as pilot:
        for number, action in enumerate(needing, 1):
            await pilot.press("ctrl+b", action.key.split(",")[0], "escape")
            assert app.said.count(NO_TERMINAL) == number, action.id
        assert orders(sample) == []


async def test_keys_typed_in_one_go_stay_in_order(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE):
        await run_two(app, terminals, until)
        for key in ("ctrl+b", "n", "tab", "x", "ctrl+b", "p", "y", "ctrl+b", "b", "ctrl+b", "d"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: app.return_code == 0)
        assert [terminals.get(one).sent for one in ("sess_1", "sess_2")] == [b"y", b"x"]


async def test_the_bottom_line_says_what_may_follow_and_a_click_does_it(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await run_two(app, terminals, until)
        footer = app.board.query_one(Footer)
        usual = footer.hints
        await pilot.press("ctrl+b")
        line = footer.render().plain
        assert line.startswith(" ^b   1–9 tab  n next")
        assert line.rstrip().endswith("? help  q quit")
        await pilot.click(Footer, offset=(line.index("n next"), 0))
        assert app.board.tabs.active == "sess_2"
        assert footer.hints == usual
        await pilot.press("ctrl+b", "tab", "ctrl+b")
        app.board.tabs.focus_pane()
        await until(lambda: isinstance(app.focused, TerminalPane) and not app.board.prefix.is_open)


async def test_the_filter_leaves_the_prefix_to_the_board(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await run_two(app, terminals, until)
        await pilot.press("slash")
        await pilot.press("r", "ctrl+b", "n", "e")
        assert app.board.tabs.active == "sess_2"
        assert app.board.query_one("#filter").value == "re"


async def test_what_follows_is_no_letter_of_a_window_either(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=WIDE) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("d")
        await until(lambda: not isinstance(app.screen, BoardScreen))
        window = app.screen
        await pilot.press("ctrl+b", "y", "ctrl+b", "n")
        assert app.screen is window
        assert app.said.count("This window has to be closed first") == 2
        assert orders(sample) == []
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, BoardScreen))


async def test_a_prefix_that_is_given_to_the_board_is_the_boards(sample, cockpit, until):
    app = cockpit(sample, settings=Settings(keys={"help.show": "ctrl+b"}))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("ctrl+b")
        await until(lambda: isinstance(app.screen, HelpScreen))
