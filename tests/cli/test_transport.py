"""Retries, idempotency keys, and errors that say what to do."""

import pytest

from maestro_tui.cli.context import Server
from maestro_tui.cli.diagnostics import EXIT_CODES, Failure, from_answer
from maestro_tui.cli.transport import Retries, Transport
from tests.ports import own_port


def keys(scripted):
    return [headers.get("Idempotency-Key") for _, _, headers, _ in scripted.requests]


def test_a_write_is_retried_with_the_same_key_until_it_is_answered(maestro, scripted, scripted_env):
    scripted.will(503, {})
    scripted.will(None)
    scripted.will(500, {"message": "no"})
    scripted.will(201, {"id": "task_1", "title": "x", "status": "todo", "priority": "medium"})
    outcome = maestro("task", "create", "x", "--json", env=scripted_env)
    assert outcome.data["id"] == "task_1"
    assert len(scripted.requests) == 4
    assert len(set(keys(scripted))) == 1
    assert keys(scripted)[0]
    assert len({body for _, _, _, body in scripted.requests}) == 1


def test_every_write_of_a_command_has_a_key_of_its_own(maestro, scripted, scripted_env):
    env = {
        **scripted_env,
        "MAESTRO_SESSION_ID": "s1",
        "MAESTRO_TASK_IDS": "t1,t2",
        "MAESTRO_IDEMPOTENCY_KEY": "pin",
    }
    for _ in range(3):
        scripted.will(200, {})
    assert maestro("update", "well", env=env).code == 0
    assert keys(scripted) == ["pin", "pin-2", "pin-3"]


def test_reads_carry_no_key(maestro, scripted, scripted_env):
    scripted.will(200, [])
    assert maestro("task", "list", "--json", env=scripted_env).data == []
    assert keys(scripted) == [None]


def test_what_the_caller_did_wrong_is_not_retried(maestro, scripted, scripted_env):
    scripted.will(400, {"code": "VALIDATION_ERROR", "message": "title: no", "details": [{"path": "title"}]})
    scripted.will(200, [{"id": "proj_1", "name": "p"}])
    outcome = maestro("task", "create", "x", "--json", env=scripted_env)
    assert (outcome.code, outcome.document["error"]) == (1, "invalid_request")
    assert [method for method, *_ in scripted.requests] == ["POST", "GET"]


@pytest.mark.parametrize(("retries", "attempts"), [("0", 1), ("1", 2), ("5", 6)])
def test_the_number_of_retries_is_the_one_asked_for(maestro, scripted, scripted_env, retries, attempts):
    for _ in range(6):
        scripted.will(500, {"message": "the disk is gone"})
    outcome = maestro("task", "get", "t1", "--json", env={**scripted_env, "MAESTRO_RETRIES": retries})
    assert outcome.code == 3
    assert outcome.document["error"] == "server_error"
    assert len(scripted.requests) == attempts


def test_a_deletion_whose_answer_was_lost_counts_as_done(maestro, scripted, scripted_env):
    scripted.will(None)
    scripted.will(404, {"code": "NOT_FOUND", "message": "gone"})
    assert maestro("task", "delete", "task_1", env=scripted_env).code == 0


def test_a_first_attempt_that_is_still_at_work_is_asked_again(maestro, scripted, scripted_env):
    scripted.will(None)
    scripted.will(409, {"code": "request_in_progress", "message": "still running"}, **{"Retry-After": "0"})
    scripted.will(201, {"id": "task_1", "title": "x", "status": "todo", "priority": "low"})
    assert maestro("task", "create", "x", env=scripted_env).code == 0


def test_debug_explains_each_attempt_and_never_shows_the_token(maestro, scripted, scripted_env):
    scripted.will(500, {})
    scripted.will(200, [])
    outcome = maestro("task", "list", "--json", env={**scripted_env, "MAESTRO_DEBUG": "true"})
    assert "500" in outcome.err
    assert "attempt 2 of 4" in outcome.err
    assert "t0ken" not in outcome.err
    assert outcome.data == []


def test_the_token_of_a_capability_address_travels_in_the_header(maestro, scripted, scripted_env):
    env = {**scripted_env, "MAESTRO_API_URL": f"{scripted.url}/~cap.ability"}
    scripted.will(200, [])
    assert maestro("task", "list", "--all", "--json", env=env).code == 0
    _, path, headers, _ = scripted.requests[0]
    assert path == "/api/tasks"
    assert headers["Authorization"] == "Bearer cap.ability"


def test_an_agent_finds_the_next_server_at_another_port(scripted):
    """With the token and the key it has, and without counting as an attempt."""
    there = Server(scripted.url, "the discovery file")
    there.token = "session.token"
    told = Server(f"http://127.0.0.1:{own_port()}/~session.token", "MAESTRO_API_URL")
    transport = Transport(
        told, retries=Retries(0), key="k", moved=lambda server: there if server is told else None
    )
    scripted.will(200, {"n": 1})
    assert transport.post("/a", {})["n"] == 1
    _, path, headers, _ = scripted.requests[0]
    assert (path, headers["Authorization"], headers["Idempotency-Key"]) == ("/a", "Bearer session.token", "k")
    transport.close()


def test_one_connection_serves_a_command_and_is_opened_anew_when_it_was_closed(scripted):
    waits = []
    transport = Transport(Server(scripted.url, "test"), retries=Retries(0), sleep=waits.append)
    scripted.will(200, {"n": 1})
    scripted.will(200, {"n": 2}, Connection="close")
    scripted.will(200, {"n": 3})
    assert [transport.get("/a")["n"], transport.get("/b")["n"], transport.get("/c")["n"]] == [1, 2, 3]
    assert waits == []
    transport.close()


def test_delays_grow_with_full_jitter():
    assert list(Retries(0, 1.0).delays()) == []
    assert list(Retries(3, 0.0).delays()) == [0.0] * 3
    for _ in range(50):
        first, second, third = Retries(3, 1.0).delays()
        assert 0 < first <= 1
        assert 0 < second <= 2
        assert 0 < third <= 4


def test_a_server_that_is_down_is_named_with_its_source_and_how_to_start_it(maestro, tmp_path):
    url = f"http://127.0.0.1:{own_port()}"
    env = {"HOME": str(tmp_path), "MAESTRO_SERVER_URL": url, "MAESTRO_RETRIES": "0", "MAESTRO_PROJECT_ID": "p"}
    outcome = maestro("task", "list", "--json", env=env)
    assert outcome.code == 3
    assert outcome.document["error"] == "connection_refused"
    assert url in outcome.document["message"]
    assert "MAESTRO_SERVER_URL" in outcome.document["message"]
    assert "maestro-tui serve" in outcome.document["suggestion"]


def test_numbers_of_the_environment_are_checked(maestro, scripted_env):
    outcome = maestro("task", "list", env={**scripted_env, "MAESTRO_RETRIES": "many"})
    assert outcome.code == 1
    assert "MAESTRO_RETRIES" in outcome.err


@pytest.mark.parametrize(
    ("status", "code", "expected", "exit_code"),
    [
        (400, "VALIDATION_ERROR", "invalid_request", 1),
        (401, "UNAUTHORIZED", "permission_denied", 4),
        (403, "FORBIDDEN", "permission_denied", 4),
        (404, "NOT_FOUND", "resource_not_found", 2),
        (405, "METHOD_NOT_ALLOWED", "invalid_request", 1),
        (409, "CONFLICT", "conflict", 6),
        (412, "PRECONDITION_FAILED", "conflict", 6),
        (413, "PAYLOAD_TOO_LARGE", "invalid_request", 1),
        (422, "BUSINESS_RULE_ERROR", "invalid_request", 1),
        (429, "LIMIT_REACHED", "limit_reached", 6),
        (500, "INTERNAL_ERROR", "server_error", 3),
        (503, "UNAVAILABLE", "server_error", 3),
        (404, "task_not_found", "resource_not_found", 2),
        (400, "missing_project_id", "missing_project_id", 1),
        (400, "invalid_task_ids", "invalid_task_id", 1),
        (400, "invalid_agent", "spawn_failed", 5),
        (429, "spawn_depth_exceeded", "limit_reached", 6),
    ],
)
def test_every_answer_has_a_code_and_an_exit_code(status, code, expected, exit_code):
    failure = from_answer(status, {"code": code, "message": "m"})
    assert (failure.code, failure.exit_code) == (expected, exit_code)
    assert failure.suggestion


def test_fields_have_codes_of_their_own_and_a_failed_spawn_too():
    assert from_answer(400, {"code": "VALIDATION_ERROR", "details": [{"path": "status"}]}).code == "invalid_status"
    assert from_answer(500, None, spawn=True).code == "spawn_failed"
    assert from_answer(502, "<html>").message


def test_every_failure_has_an_exit_code_above_zero():
    assert min(EXIT_CODES.values()) > 0
    with pytest.raises(KeyError):
        Failure("made_up", "no")


@pytest.mark.parametrize(
    ("name", "value", "code"), [("MAESTRO_TOKEN", "a\u0142b", 4), ("MAESTRO_IDEMPOTENCY_KEY", "a\nb", 1)]
)
def test_what_cannot_stand_in_a_header_is_refused_before_anything_is_sent(
    maestro, scripted, scripted_env, name, value, code
):
    outcome = maestro("task", "create", "x", env={**scripted_env, name: value})
    assert outcome.code == code
    assert scripted.requests == []
