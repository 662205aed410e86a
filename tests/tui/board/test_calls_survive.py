"""Calls of agents outlive the cockpit until somebody has looked, and are not shown again after that."""

import json

import pytest

from maestro_tui.runner.news import Bell, CalledBefore, Closed
from maestro_tui.tui.heard import Heard
from maestro_tui.tui.memory import Memory

SIZE = (160, 45)


def again(heard):
    """As the next cockpit reads it."""
    return Heard.from_plain(json.loads(json.dumps(heard.to_plain())))


def test_a_call_nobody_looked_at_waits_for_the_next_cockpit_too():
    heard = Heard()
    heard.note("ses_1", 10, waits=True)
    heard.note("ses_2", 10, waits=False)
    later = again(heard)
    assert (later.waits("ses_1", 10), later.waits("ses_2", 10)) == (True, False)
    later.note("ses_1", 10, waits=False)
    assert not again(later).waits("ses_1", 10)


def test_what_was_called_while_no_cockpit_was_there_counts_where_one_was_before():
    heard = Heard()
    heard.note("ses_1", 10, waits=False)
    later = again(heard)
    assert later.waits("ses_1", 11)
    assert not later.waits("ses_new", 11), "somebody else may have answered it"
    later.note("ses_new", 11, waits=False)
    assert not later.waits("ses_new", 12), "nor what is read of it a little later"


def test_only_what_is_new_is_written_down_at_once(tmp_path):
    memory = Memory(tmp_path / "cockpit.json")
    memory.save_calls()
    assert not (tmp_path / "cockpit.json").exists()
    memory.heard.note("ses_1", 10, waits=True)
    memory.save_calls()
    assert Memory(tmp_path / "cockpit.json").heard.waits("ses_1", 10)
    memory.heard.note("ses_1", 10, waits=True)
    assert not memory.heard.is_news
    memory.heard.forget("ses_1")
    memory.save_calls()
    assert not Memory(tmp_path / "cockpit.json").heard.waits("ses_1", 10)


@pytest.mark.parametrize(
    "value", [None, 7, [], {"ses_1": 3}, {"ses_1": {"at": "x", "waits": True}}, {"ses_1": {}}]
)
def test_what_makes_no_sense_is_left_out(value):
    heard = Heard.from_plain(value)
    assert heard.to_plain() == {}


async def run_two(app, terminals, until, called_at=(0, 0)):
    for session_id, called in zip(("sess_1", "sess_2"), called_at, strict=True):
        terminals.run(session_id, "cat").called_at = called
    await until(lambda: app.board.tabs.session_ids == ("sess_1", "sess_2"))


def ring(terminals, session_id, at):
    terminals.get(session_id).called_at = at
    terminals.tell(Bell(session_id))


async def test_marks_come_back_until_somebody_has_looked(sample, cockpit, terminals, until, tmp_path, run_program):
    state = tmp_path / "cockpit.json"
    app = cockpit(sample, terminals=terminals, state=state)
    async with app.run_test(size=SIZE):
        await run_two(app, terminals, until)
        await until(lambda: app.board.tabs.active == "sess_2")
        ring(terminals, "sess_1", 5)
        ring(terminals, "sess_2", 5)  # the person looks at this one
        await until(lambda: app.board.rang == {"sess_1"})
    second = type(terminals)(run_program)
    app = cockpit(sample, terminals=second, state=state)
    async with app.run_test(size=SIZE) as pilot:
        await run_two(app, second, until, called_at=(5, 5))
        await until(lambda: app.board.rang == {"sess_1"})
        assert app.board.tasks.marks.keys() == {"sess_1"}
        await pilot.press("1")
        await until(lambda: app.board.rang == set())
    third = type(terminals)(run_program)
    app = cockpit(sample, terminals=third, state=state)
    async with app.run_test(size=SIZE) as pilot:
        await run_two(app, third, until, called_at=(5, 5))
        await pilot.press("1")
        await until(lambda: app.board.tabs.active == "sess_1")
        third.get("sess_2").called_at = 9  # read a little later: it called while no cockpit was here
        third.tell(CalledBefore("sess_2"))
        await until(lambda: app.board.rang == {"sess_2"})
        assert app.said == [], "a mark is enough for what is past"
        third.tell(Closed("sess_2"))
        await until(lambda: "sess_2" not in app.memory.heard.to_plain())
