"""The tree of sessions as lines, and what is below one."""

from types import SimpleNamespace

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.tui.lineage import branches, can_restart, live_below, shown_sessions


def documents(*sessions):
    return SimpleNamespace(sessions={session.id: session for session in sessions})


def a_session(name, parent=None, *, status=SessionStatus.RUNNING, at=0, **fields):
    times = dict.fromkeys(("created_at", "updated_at", "started_at", "last_activity"), at)
    return Session(
        id=name,
        name=name,
        project_id=fields.pop("project", "p"),
        parent_session_id=parent,
        status=status,
        **times,
        **fields,
    )


def drawn(*sessions):
    return [branch.lead + branch.session.id for branch in branches(sessions)]


def test_children_hang_below_their_parents_oldest_first():
    sessions = [a_session("b", "a", at=2), a_session("a"), a_session("c", "a", at=1), a_session("d", "c", at=3)]
    assert drawn(*sessions, a_session("e", at=9)) == ["a", "├─ c", "│  └─ d", "└─ b", "e"]


def test_an_unknown_parent_makes_a_root():
    assert drawn(a_session("b", "gone")) == ["b"]


def test_sessions_in_a_circle_are_each_shown_once():
    assert sorted(drawn(a_session("a", "b"), a_session("b", "a"), a_session("c"))) == ["a", "b", "c"]


def test_live_below_reaches_through_ended_ones_and_ends_in_a_circle():
    middle = a_session("b", "a", status=SessionStatus.COMPLETED)
    known = documents(a_session("a", "c"), middle, a_session("c", "b"), a_session("x"))
    assert [session.id for session in live_below(known, "a")] == ["c"]


def test_what_is_shown_is_live_or_wants_to_be_tried_again():
    known = documents(
        a_session("done-above", status=SessionStatus.COMPLETED),
        a_session("live", "done-above"),
        a_session("done", status=SessionStatus.COMPLETED),
        a_session("failed", status=SessionStatus.FAILED),
        a_session("tried", status=SessionStatus.FAILED),
        a_session("again", restart_of="tried", status=SessionStatus.STOPPED),
        a_session("elsewhere", project="q"),
    )
    assert {one.id for one in shown_sessions(known, "p", ended=False)} == {"done-above", "live", "failed"}
    everything = {one.id for one in shown_sessions(known, "p", ended=True)}
    assert everything == set(known.sessions) - {"elsewhere"}


def test_only_one_that_was_spawned_and_not_started_again_can_be_restarted():
    ended = a_session("a", status=SessionStatus.FAILED, manifest_path="/m")
    assert can_restart(documents(ended), ended)
    assert not can_restart(documents(ended, a_session("b", restart_of="a")), ended)
    assert not can_restart(documents(), a_session("c", status=SessionStatus.FAILED))
    assert not can_restart(documents(), a_session("d", manifest_path="/m"))
