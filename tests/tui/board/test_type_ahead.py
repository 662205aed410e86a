"""Keys that come in one read, as over a slow line: each goes to what the keys before it have led to."""

import asyncio

import pytest
from textual.events import Key, Paste
from textual.widgets import Input

from maestro_tui.tui.screens.stop import StopSession
from maestro_tui.tui.type_ahead import LOST_SECONDS

SPELLED = {" ": "space", "\r": "enter", "\x1b": "escape", "\t": "tab", "/": "slash", "?": "question_mark"}


def type_at_once(app, text):
    """Type the text before the app has looked at any of it."""
    for character in text:
        app.post_message(Key(SPELLED.get(character, character), character))


@pytest.fixture
def made(sample, until):
    """Waits until the task of that title is made, and chosen on the board."""

    async def wait(app, title):
        await until(lambda: app.screen is app.board and app.board.selected and app.board.selected.title == title)
        assert title in [task.title for task in sample.mirror.tasks.values()]

    return wait


async def test_the_filter_has_what_was_typed_after_its_key(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "/login\rj")
        await until(lambda: app.board.query_one("#filter", Input).value == "login")
        await until(lambda: app.focused is app.board.tasks)


async def test_a_dialog_is_filled_in_and_sent(sample, cockpit, made):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "nTyped ahead\r")
        await made(app, "Typed ahead")


async def test_what_is_pasted_stays_between_the_keys_around_it(sample, cockpit, made):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "na ")
        app.post_message(Paste("pasted"))
        type_at_once(app, " title\r")
        await made(app, "a pasted title")


async def test_keys_after_one_that_closes_a_dialog_are_for_what_lies_under_it(sample, cockpit, made):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "nnever made\x1bnMade\r")
        await made(app, "Made")
        assert not any("never" in task.title for task in sample.mirror.tasks.values())


async def test_a_dialog_over_a_terminal_takes_the_keys_after_the_one_that_asked_for_it(
    sample, cockpit, terminals, until
):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(160, 45)):
        program = terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        type_at_once(app, "\tab")
        app.post_message(Key(app.board.prefix.key, None))
        type_at_once(app, "X\x1bcd")
        await until(lambda: program.sent == b"abcd")
        assert not isinstance(app.screen, StopSession)


async def test_a_key_that_never_comes_to_an_end_holds_up_the_others_for_a_moment_only(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "j")
        await until(lambda: not app._type_ahead.is_busy)
        app._type_ahead._under_way = Key("k", "k")
        type_at_once(app, "n")
        await until(lambda: not app.message_queue_size)
        assert app.screen is app.board
        app._type_ahead._since -= LOST_SECONDS
        type_at_once(app, "T")
        await until(lambda: isinstance(app.focused, Input) and app.focused.value == "T")


async def test_keys_that_only_move_the_cursor_wait_for_none(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "j")
        await until(lambda: app.board.tasks.cursor_line == 1)
        free = asyncio.Event()
        app.board.tasks.call_later(free.wait)  # the tree looks at no key any more
        type_at_once(app, "jjjk")
        await until(lambda: not app.message_queue_size)
        assert not app._type_ahead.is_busy
        free.set()
        await until(lambda: app.board.tasks.cursor_line == 3)


async def test_what_is_typed_after_the_key_that_leaves_reaches_nothing(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)):
        type_at_once(app, "qnNever\r")
        await until(lambda: app._exit)
    assert "Never" not in [task.title for task in sample.mirror.tasks.values()]
