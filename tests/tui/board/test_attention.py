"""Who needs the person: marks, why, the person's own word, the log, and calls to whoever looks elsewhere."""

import json
from datetime import datetime

import pytest
from textual.widgets import Static

from maestro_tui.config.settings import AttentionSettings, Settings
from maestro_tui.domain.activity import Activity, Evidence
from maestro_tui.domain.document import evolve
from maestro_tui.domain.session import Lease, NeedsInput
from maestro_tui.domain.status import ActivityState, Need, SessionStatus
from maestro_tui.tui.attention import Attention, is_quiet
from maestro_tui.tui.calls import sequences
from maestro_tui.tui.glyphs import session_mark
from maestro_tui.tui.rows import session_row
from maestro_tui.tui.screens.attention_log import AttentionLog
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.why import WhyScreen
from maestro_tui.tui.widgets.header import CountLine

NOW = 1_760_000_000_000
LEASE = Lease(runner_id="run_1", fence=1, expires_at=NOW + 60_000)


def doing(session, state, need=None, *evidence, since=NOW - 30_000):
    activity = Activity(state=state, need=need, because="the hook said so", since=since, evidence=evidence)
    return evolve(session, activity=activity, lease=LEASE)


def shown(app, selector):
    return str(app.screen.query_one(selector, Static).render())


@pytest.mark.parametrize(
    ("state", "need", "glyph", "word"),
    [
        ("working", None, "●", "working"),
        ("waiting", "permission", "⚑", "wants permission"),
        ("waiting", "error", "⚑", "has an error"),
        ("idle", None, "○", "idle"),
        ("unknown", None, "~", "unclear"),
    ],
)
def test_a_running_session_shows_what_its_agent_does(make, state, need, glyph, word):
    session = doing(make.session("s", "API Worker"), ActivityState(state), Need(need) if need else None)
    mark = session_mark(session)
    assert (mark.glyph, mark.word) == (glyph, word)
    assert session.needs_person == (state == "waiting")
    assert session_row(session).note == ("the hook said so" if state == "waiting" else word)
    unwatched = evolve(session, lease=None)
    assert session_mark(unwatched).word == "running"
    assert not evolve(session, status=SessionStatus.FAILED).needs_person


def test_a_question_counts_until_the_evidence_says_otherwise(make):
    asks = NeedsInput(active=True, message="Which port?", since=NOW - 10_000)
    session = evolve(make.session("s", "API Worker"), needs_input=asks)
    assert session.needs_person
    assert doing(session, ActivityState.WORKING, since=NOW - 20_000).needs_person, "asked after that was seen"
    assert not doing(session, ActivityState.WORKING, since=NOW - 5_000).needs_person, "answered in the terminal"
    assert doing(session, ActivityState.UNKNOWN, since=NOW - 5_000).needs_person
    assert doing(session, ActivityState.WAITING, since=NOW - 5_000).question == "Which port?"


async def test_the_header_counts_and_w_goes_there(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)) as pilot:
        before = app.screen.query_one(CountLine).counts.waiting
        quiet = next(one for one in sample.mirror.sessions.values() if one.is_live and not one.needs_person)
        sample.put(doing(quiet, ActivityState.WAITING, Need.PERMISSION, since=NOW - 9_000_000))
        await until(lambda: app.screen.query_one(CountLine).counts.waiting == before + 1)
        await pilot.press("w")
        await until(lambda: app.board.selected and app.board.selected.id == quiet.id)


async def test_why_shows_all_evidence_and_takes_the_persons_word(sample, cockpit, until):
    session = next(one for one in sample.mirror.sessions.values() if one.is_live)
    hook = Evidence(source="hook", state="working", detail="a [bold]turn[/] began", at=NOW - 5_000)
    title = Evidence(source="title", state="idle", detail="✳ done", at=NOW - 90_000, expires_at=NOW - 30_000)
    sample.put(doing(session, ActivityState.WORKING, None, title, hook))
    app = cockpit(sample)
    async with app.run_test(size=(140, 40)) as pilot:
        task_id = session.task_ids[0] if session.task_ids else ""
        app.board.choose(("session", task_id, session.id))
        await until(lambda: app.board.selected and app.board.selected.id == session.id)
        await pilot.press("W")
        await until(lambda: isinstance(app.screen, WhyScreen))
        told = shown(app, "#why")
        lines = told.splitlines()
        assert "the hook said so" in told
        assert "[bold]turn[/]" in told
        assert next(place for place, one in enumerate(lines) if one.startswith("hook")) < next(
            place for place, one in enumerate(lines) if one.startswith("title")
        )
        assert "expired" in next(one for one in lines if one.startswith("title"))
        await pilot.press("i")
        evidence = {"source": "person", "state": "idle", "detail": "you said so"}
        await until(lambda: ("PATCH", f"/api/sessions/{session.id}", {"evidence": evidence}) in sample.sent)
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, BoardScreen))


async def test_the_log_shows_who_asked(sample, cockpit, until):
    app = cockpit(sample)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(lambda: app.attention.log)
        await pilot.press("A")
        await until(lambda: isinstance(app.screen, AttentionLog))
        asking = next(one for one in sample.mirror.sessions.values() if one.needs_person)
        assert asking.name in shown(app, "#asked")
        assert "waits" in shown(app, "#asked")


def test_each_wait_is_written_down_once_it_is_over(make, tmp_path):
    file = tmp_path / "state" / "attention.jsonl"
    attention = Attention(AttentionSettings(), file)
    session = doing(make.session("s", "API\x1b[31m Worker"), ActivityState.WAITING, Need.ERROR, since=NOW)
    attention.follow([session], NOW + 1_000)
    attention.follow([session], NOW + 2_000)
    assert [one.waited(NOW + 5_000) for one in attention.log] == [5_000]
    assert not file.exists()
    attention.follow([doing(session, ActivityState.WORKING)], NOW + 60_000)
    (line,) = file.read_text().splitlines()
    written = json.loads(line)
    assert (written["need"], written["since"], written["until"], written["waitedMs"]) == (
        "error",
        NOW,
        NOW + 60_000,
        60_000,
    )
    assert "\x1b" not in written["name"]


def test_a_person_is_called_once_for_each_wait_that_lasts(make):
    attention = Attention(AttentionSettings(after_seconds=3, needs=("permission",)))
    waits = doing(make.session("s", "API Worker"), ActivityState.WAITING, Need.PERMISSION, since=NOW)
    asks = doing(make.session("t", "Docs"), ActivityState.WAITING, Need.QUESTION, since=NOW)
    attention.follow([waits, asks], NOW)
    assert attention.due(NOW + 2_000) == []
    assert [one.name for one in attention.due(NOW + 3_000)] == ["API Worker"]
    assert attention.due(NOW + 4_000) == []
    attention.follow([], NOW + 5_000)
    attention.follow([waits], NOW + 6_000)
    assert len(attention.due(NOW + 9_000)) == 1


def at(clock):
    return int(datetime.strptime(f"2026-03-04 {clock}", "%Y-%m-%d %H:%M").timestamp() * 1000)


def test_nobody_is_called_in_quiet_hours_not_even_afterwards(make):
    attention = Attention(AttentionSettings(after_seconds=0, quiet_hours="22:00-07:30"))
    session = doing(make.session("s", "API Worker"), ActivityState.WAITING, Need.QUESTION, since=at("23:00"))
    attention.follow([session], at("23:00"))
    assert attention.due(at("23:01")) == []
    assert attention.due(at("07:31")) == []
    assert attention.log


@pytest.mark.parametrize(
    ("hours", "clock", "quiet"),
    [
        ("22:00-07:30", "22:00", True),
        ("22:00-07:30", "07:29", True),
        ("22:00-07:30", "07:30", False),
        ("22:00-07:30", "12:00", False),
        ("12:00-13:00", "12:30", True),
        ("12:00-13:00", "13:00", False),
        ("", "03:00", False),
    ],
)
def test_quiet_hours_may_span_midnight(hours, clock, quiet):
    assert is_quiet(hours, at(clock)) is quiet


def test_what_agents_say_cannot_leave_the_notification():
    osc9 = sequences(AttentionSettings(desktop="osc9", sound=True), "a\x07b", "c;d\x1b]0;owned\x07")
    assert osc9 == "\x1b]9;ab: c,d]0,owned\x07\x07"
    osc777 = sequences(AttentionSettings(desktop="osc777"), "a;b", "c")
    assert osc777 == "\x1b]777;notify;a,b;c\x07"
    assert sequences(AttentionSettings(), "a", "b") == ""


async def test_the_terminal_around_the_cockpit_is_told(sample, cockpit, until):
    settings = Settings(attention=AttentionSettings(desktop="osc9", after_seconds=0))
    app = cockpit(sample, settings=settings)
    written = []
    async with app.run_test(size=(140, 40)):
        app._driver.write = written.append
        asking = next(one for one in sample.mirror.sessions.values() if one.needs_person)
        await until(lambda: any(f"\x1b]9;{asking.name}" in data for data in written))
