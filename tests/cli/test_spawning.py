"""A person's say in spawning, from the command, against the real server; and sessions as trees."""

import io
import json

import pytest


@pytest.fixture
def family(board):
    """A session, one below it and one below that: their ids."""
    task_id = board.task("Build it")
    ids = []
    for name in ("lead", "helper", "helper's helper"):
        env = {"MAESTRO_SESSION_ID": ids[-1]} if ids else {}
        ids.append(board.data("session", "spawn", "--task", task_id, "--name", name, env=env)["sessionId"])
    return ids


def test_children_are_listed_as_a_tree_with_their_depth(board, family):
    lead, helper, inner = family
    data = board.data("session", "list", "--children", lead)
    assert [node["id"] for node in data] == [helper]
    assert [(node["id"], node["depth"]) for node in data[0]["children"]] == [(inner, 2)]
    assert board.run("session", "list", lead, "-q").out.split() == [helper, inner]
    own = board.run("session", "list", "--children", env={"MAESTRO_SESSION_ID": helper})
    assert "helper's helper" in own.out
    shown = board.run("session", "list", "--children", lead).out.splitlines()
    assert "DEPTH" in shown[0]
    assert "└─ helper's helper" in shown[2]
    assert board.run("session", "list", "--children", lead, "--limit", "1").err.startswith("1 of 2 are shown")


def test_a_tree_is_cut_to_what_is_active_or_of_a_task(board, family):
    lead, helper, inner = family
    board.run("session", "complete", env={"MAESTRO_SESSION_ID": helper})
    data = board.data("session", "list", "--children", lead, "--active")
    assert [data[0]["id"], data[0]["children"][0]["id"]] == [helper, inner]
    board.run("session", "complete", env={"MAESTRO_SESSION_ID": inner})
    assert board.data("session", "list", "--children", lead, "--active") == []
    assert board.data("session", "list", "--children", lead, "--task", board.task()) == []
    assert "No sessions below it" in board.run("session", "list", "--children", inner).err
    assert "MAESTRO_SESSION_ID" in board.failure("session", "list", "--children", code=1)["message"]


def test_stopping_takes_those_below_along_only_when_it_is_told_to(board, family):
    lead, helper, inner = family
    status = lambda one: board.data("session", "info", one)["status"]  # noqa: E731
    assert board.failure("session", "stop", lead, "--children", "maybe", code=1)["error"] == "invalid_request"
    assert board.data("session", "stop", inner)["delivered"] is True
    assert [status(one) for one in family] == ["spawning", "spawning", "stopped"]
    data = board.data("session", "stop", lead, "--children", "stop", "--reason", "wrong way")
    assert [one["sessionId"] for one in data["children"]] == [helper]
    assert [status(one) for one in family] == ["stopped"] * 3
    assert "wrong way" in board.data("session", "info", helper)["reason"]


def test_those_below_one_that_has_ended_are_stopped_all_the_same(board, family):
    lead, helper, inner = family
    assert board.data("session", "stop", lead)["delivered"] is True
    data = board.data("session", "stop", lead, "--children", "stop")
    assert [one["sessionId"] for one in data["children"]] == [helper, inner]
    assert data["delivered"] is False
    assert board.failure("session", "stop", lead, "--children", "stop", code=6)["error"] == "conflict"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("answer", "in_a_pane", "stopped"),
    [("y\n", False, True), ("\n", False, False), ("", False, False), ("y\n", True, False)],
)
def test_a_person_at_a_terminal_is_asked_and_an_agent_never(
    board, family, monkeypatch, answer, in_a_pane, stopped
):
    from maestro_tui.cli.entry import run

    lead, helper, _ = family
    out, err = Terminal(), io.StringIO()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    env = {**board.env, "TERM": "dumb", "COLUMNS": "100"} | ({"MAESTRO_SESSION_ID": "s"} if in_a_pane else {})
    assert run(("session", "stop", lead), env) == 0
    monkeypatch.undo()
    assert ("2 live sessions below it: helper" in err.getvalue()) is not in_a_pane
    assert board.data("session", "info", helper)["status"] == ("stopped" if stopped else "spawning")


def test_one_that_ended_is_restarted_and_prints_the_new_id_first(board):
    session_id = board.data("session", "spawn", "--task", board.task(), "--name", "API")["sessionId"]
    assert board.failure("session", "restart", session_id, code=6)["error"] == "conflict"
    board.run("session", "stop", session_id)
    outcome = board.run("session", "restart", session_id).out.splitlines()
    assert outcome[0].startswith("sess_")
    assert outcome[0] != session_id
    assert board.data("session", "info", outcome[0])["restartOf"] == session_id
    assert session_id in board.run("session", "info", outcome[0]).out


def test_spawning_is_paused_resumed_and_shown(board):
    task_id = board.task()
    try:
        assert "paused: enough" in board.run("session", "pause-spawning", "--reason", "enough").out
        failure = board.failure("session", "spawn", "--task", task_id, code=6)
        assert failure["error"] == "limit_reached"
        assert failure["suggestion"].endswith("maestro session resume-spawning")
        assert board.data("session", "limits")["paused"] is True
    finally:
        board.run("session", "resume-spawning")
    board.run("session", "spawn", "--task", task_id)
    shown = board.run("session", "limits").out
    assert "1 of 32 (maxLive)" in shown
    assert "worker: allow, orchestrator: allow" in shown


def test_a_decision_goes_to_its_own_address_with_its_reason(scripted, scripted_env, maestro):
    for verb, *flags in (("approve",), ("deny", "--reason", "no")):
        scripted.will(200, {"id": "s1", "name": "helper"})
        outcome = maestro("session", verb, "s1", *flags, env=scripted_env)
        assert (outcome.code, outcome.out.split()[0]) == (0, "helper")
    assert [path for _, path, _, _ in scripted.requests] == [
        "/api/sessions/s1/approve",
        "/api/sessions/s1/deny",
    ]
    assert [json.loads(body) for _, _, _, body in scripted.requests] == [{}, {"reason": "no"}]


def test_a_spawn_that_waits_for_a_person_says_so_and_fails_when_it_is_denied(scripted, scripted_env, maestro):
    def session(state, status="spawning", **more):
        return {"id": "s1", "name": "x", "status": status, "approval": {"state": state}, **more}

    task = {"id": "t1", "projectId": "proj_1", "title": "Build it"}
    for word, code in (("approved", 0), ("denied", 5)):
        scripted.will(200, task)
        scripted.will(201, {"sessionId": "s1", "session": session("pending")})
        scripted.will(200, {"events": [], "next": "e:1"})
        scripted.will(200, session("pending"))
        scripted.will(200, {"events": [{"type": "session:updated"}], "next": "e:2"})
        scripted.will(200, session(word, "running" if word == "approved" else "stopped", reason="not today"))
        outcome = maestro("session", "spawn", "t1", "--wait", env=scripted_env)
        assert outcome.code == code
        assert "waits for a person's approval" in outcome.err
        assert ("not today" in outcome.err) is (word == "denied")


def test_a_decision_about_one_nobody_was_asked_about_is_a_conflict(board):
    session_id = board.data("session", "spawn", "--task", board.task())["sessionId"]
    for verb in ("approve", "deny"):
        assert board.failure("session", verb, session_id, code=6)["error"] == "conflict"
