"""Sessions, reports and hooks against the real server."""

import json

import pytest

SPAWN_KEYS = {"success", "sessionId", "session", "manifestPath", "message"}


def messages(document):
    return [(entry["type"], entry["message"]) for entry in document["timeline"]]


def test_a_spawn_prints_the_sessions_id_first_and_has_the_shape_of_the_api(board):
    task_id = board.task("Build it")
    answer = board.data("session", "spawn", "--task", task_id, "--name", "API Worker", "--reason", "first")
    assert set(answer) == SPAWN_KEYS
    assert answer["session"]["name"] == "API Worker"
    assert answer["session"]["taskIds"] == [task_id]
    out = board.run("session", "spawn", task_id).out.splitlines()
    assert out[0].startswith("sess_")
    assert board.run("session", "list", "--task", task_id, "-q").out.split() == [answer["sessionId"], out[0]]


def test_a_spawn_knows_its_task_project_and_parent_from_the_environment(board, pane):
    env = {**pane.env, "MAESTRO_PROJECT_ID": ""}
    answer = board.data("session", "spawn", env=env)
    session = answer["session"]
    assert session["taskIds"] == [pane.task_id]
    assert session["projectId"] == board.project_id
    assert session["parentSessionId"] == pane.session_id
    assert session["spawnSource"] == "session"
    assert board.run("session", "list", "--children", "-q", env=env).out.split() == [session["id"]]


def test_an_orchestrator_comes_with_its_role_or_its_skill(board):
    task_id = board.task()
    assert board.data("session", "spawn", task_id, "--role", "orchestrator")["session"]["role"] == "orchestrator"
    skilled = board.data("session", "spawn", task_id, "--skill", "maestro-orchestrator")["session"]
    assert skilled["role"] == "orchestrator"


@pytest.mark.parametrize(
    ("flags", "code", "error"),
    [
        (("--task", "task_none"), 2, "resource_not_found"),
        (("--skill", "none"), 2, "resource_not_found"),
        (("--agent", "none"), 5, "spawn_failed"),
        (("--role", "boss"), 1, "invalid_request"),
    ],
)
def test_a_refused_spawn_says_why(board, flags, code, error):
    task = () if "--task" in flags else ("--task", board.task())
    assert board.failure("session", "spawn", *task, *flags, code=code)["error"] == error


def test_a_spawn_without_a_task_names_the_variable(board):
    failure = board.failure("session", "spawn", code=1)
    assert failure["error"] == "missing_task_id"
    assert "MAESTRO_TASK_IDS" in failure["message"]


def test_info_is_about_the_own_session_by_default(board, pane):
    assert board.data("session", "info", env=pane.env)["id"] == pane.session_id
    assert "API Worker" in board.run("session", "info", pane.session_id).out
    assert "MAESTRO_SESSION_ID" in board.failure("session", "info", code=1)["message"]


def test_an_update_stands_on_the_timelines_of_the_session_and_its_tasks(board, pane):
    data = board.data("update", "Routes done", env=pane.env)
    assert data == {
        "type": "progress",
        "message": "Routes done",
        "sessionId": pane.session_id,
        "taskIds": [pane.task_id],
    }
    assert ("progress", "Routes done") in messages(board.data("session", "info", pane.session_id))
    assert ("progress", "Routes done") in messages(board.data("task", "get", pane.task_id))


def test_an_update_without_a_session_goes_to_the_task_that_is_named(board):
    task_id = board.task()
    board.run("update", "by hand", "--task", task_id)
    assert ("progress", "by hand") in messages(board.data("task", "get", task_id))
    failure = board.failure("update", "to nobody", code=1)
    assert "MAESTRO_SESSION_ID" in failure["message"]
    assert failure["error"] == "missing_task_id"


def test_the_tasks_of_a_session_are_known_without_the_variable(board, pane):
    env = {"MAESTRO_SESSION_ID": pane.session_id}
    assert board.data("update", "x", env=env)["taskIds"] == [pane.task_id]


def test_a_message_of_several_lines_comes_from_standard_input(board, pane):
    assert board.data("update", "-", env=pane.env, stdin="one\ntwo\n")["message"] == "one\ntwo"


def test_report_blocked_blocks_the_task(board, pane):
    board.run("report", "blocked", "no keys", env=pane.env)
    task = board.data("task", "get", pane.task_id)
    assert (task["status"], task["reason"]) == ("blocked", "no keys")
    assert ("blocked", "no keys") in messages(task)


def test_report_needs_input_marks_the_session_until_it_resumes(board, pane):
    board.run("session", "register", env=pane.env)
    board.run("report", "needs-input", "A or B?", env=pane.env)
    session = board.data("session", "info", pane.session_id)
    assert session["needsInput"]["active"] is True
    assert session["needsInput"]["message"] == "A or B?"
    assert "needs input" in board.run("session", "list").out
    assert "API Worker asks: A or B?" in board.run("status").out
    assert board.data("session", "wait", pane.session_id, "--until", "needs-input")["id"] == pane.session_id
    board.run("session", "resume-working", env=pane.env)
    assert board.data("session", "info", pane.session_id)["needsInput"]["active"] is False


def test_report_complete_leaves_the_task_to_its_own_command(board, pane):
    board.run("report", "complete", "all done", env=pane.env)
    task = board.data("task", "get", pane.task_id)
    assert task["status"] == "todo"
    assert task["taskSessionStatuses"] == {pane.session_id: "completed"}
    board.run("task", "report", "error", pane.task_id, "the disk broke", env=pane.env)
    assert ("error", "the disk broke") in messages(board.data("task", "get", pane.task_id))


def test_hooks_are_silent_and_move_the_session(board, pane):
    for verb, status in (("register", "running"), ("complete", "completed")):
        outcome = board.run("session", verb, env=pane.env)
        assert (outcome.out, outcome.err) == ("", "")
        assert board.data("session", "info", pane.session_id)["status"] == status


def test_a_hook_answers_who_asks_for_json(board, pane):
    assert board.data("session", "resume-working", env=pane.env) == {
        "id": pane.session_id,
        "status": "running",
        "needsInput": {"active": False, "message": "", "since": None},
    }
    outcome = board.run("session", "resume-working", "--json", env={"MAESTRO_SESSION_ID": "sess_none"})
    assert json.loads(outcome.out)["error"] == "resource_not_found"


def test_a_tracked_file_is_an_event_of_the_session(board, pane, tmp_path):
    board.run("track-file", str(tmp_path / "a.py"), env=pane.env)
    event = board.data("session", "info", pane.session_id)["events"][-1]
    assert (event["type"], event["data"]) == ("file_modified", {"path": str(tmp_path / "a.py")})


@pytest.mark.parametrize(
    "argv", [("session", "register"), ("session", "complete"), ("track-file", "x"), ("track-file",)]
)
def test_hooks_end_with_zero_whatever_is_wrong(board, argv):
    for env in ({}, {"MAESTRO_SESSION_ID": "sess_none", "MAESTRO_API_URL": "http://127.0.0.1:1"}):
        outcome = board.run(*argv, env=env)
        assert (outcome.out, outcome.err) == ("", "")


def test_registering_makes_an_unknown_session_known(board):
    task_id = board.task()
    env = {"MAESTRO_SESSION_ID": "sess_by_hand", "MAESTRO_TASK_IDS": task_id, "MAESTRO_TASK_TITLE": "By hand"}
    board.run("session", "register", env=env)
    session = board.data("session", "info", "sess_by_hand")
    assert (session["status"], session["name"], session["taskIds"]) == ("running", "By hand", [task_id])


def test_waiting_ends_when_the_session_does_and_gives_up_in_time(board, pane):
    failure = board.failure("session", "wait", pane.session_id, "--timeout", "0.05", code=6)
    assert failure["error"] == "limit_reached"
    board.run("session", "register", env=pane.env)
    assert board.data("session", "wait", pane.session_id, "--until", "live")["status"] == "running"
    board.run("session", "complete", env=pane.env)
    assert "completed" in board.run("session", "wait", pane.session_id).out
    assert board.failure("session", "wait", pane.session_id, "--until", "running", code=6)["error"] == "conflict"
    assert (
        board.failure("session", "wait", pane.session_id, "--until", "nonsense", code=1)["error"]
        == "invalid_status"
    )


def test_waiting_for_several_ends_when_all_are_there(board, pane):
    other = board.session(pane.task_id)
    both = (pane.session_id, other)
    board.run("session", "complete", env=pane.env)
    failure = board.failure("session", "wait", *both, "--timeout", "0.05", code=6)
    assert failure["details"] == {"sessions": [{"id": other, "status": "spawning"}]}
    assert [one["id"] for one in board.data("session", "wait", *both, "--any")] == [pane.session_id]
    board.run("session", "complete", env={"MAESTRO_SESSION_ID": other})
    assert [one["id"] for one in board.data("session", "wait", *both)] == list(both)
    assert board.run("session", "wait", ",".join(both)).out.splitlines() == [f"{one} completed" for one in both]


def test_waiting_asks_once_for_news_and_reads_a_session_only_when_there_is_some(scripted, scripted_env, maestro):
    scripted.will(200, {"events": [], "next": "e:5"})
    scripted.will(200, {"id": "s1", "status": "running"})
    scripted.will(200, {"events": [{"type": "session:updated"}], "next": "e:6"})
    scripted.will(200, {"id": "s1", "status": "completed"})
    assert maestro("session", "wait", "s1", env=scripted_env).out == "s1 completed\n"
    news = [path for _, path, _, _ in scripted.requests if "since" in path]
    assert news == ["/api/events?since=e:5&sessionIds=s1&waitMs=20000"]


def test_waiting_goes_on_over_a_restart_of_the_server(scripted, scripted_env, maestro):
    scripted.will(200, {"events": [], "next": "e:5"})
    scripted.will(200, {"id": "s1", "status": "running"})
    for _ in range(3):
        scripted.will(None)
    scripted.will(200, {"events": [], "next": "f:9", "resync": True})  # its journal is another one
    scripted.will(200, {"id": "s1", "status": "failed"})
    env = {**scripted_env, "MAESTRO_RETRIES": "0"}
    assert maestro("session", "wait", "s1", env=env).out == "s1 failed\n"


def test_watching_tells_what_happens_until_all_have_ended(scripted, scripted_env, maestro):
    def event(seq, status):
        data = {"id": "s1", "name": "API Worker", "status": status}
        return {"type": "session:updated", "data": data, "timestamp": 1_760_000_000_000, "epoch": "e", "seq": seq}

    other = {"type": "task:updated", "data": {"id": "t1"}, "timestamp": 1, "epoch": "e", "seq": 7}
    for form in ((), ("--json",), ("--jsonl",)):
        scripted.will(200, {"events": [], "next": "e:5"})
        scripted.will(200, {"id": "s1", "name": "API Worker", "status": "running"})
        scripted.will(200, {"events": [event(6, "idle"), other], "next": "e:7"})
        scripted.will(200, {"events": [event(8, "completed")], "next": "e:8"})
        outcome = maestro("session", "watch", "s1", *form, env=scripted_env)
        assert outcome.code == 0
        if form == ("--json",):
            assert [seen["seq"] for seen in outcome.data] == [6, 8]
        else:
            first, second = outcome.out.splitlines()
            assert "idle" in first
            assert "completed" in second
    assert scripted.requests[2][1] == "/api/events?since=e:5&sessionIds=s1&waitMs=20000"


def test_watching_nothing_is_an_error(board):
    assert board.failure("session", "watch", code=2)["error"] == "resource_not_found"


def board_patch(board, pane, changes):
    from maestro_tui.cli.context import Context
    from maestro_tui.cli.transport import Retries, Transport

    transport = Transport(Context(board.env).server(), retries=Retries(0))
    transport.patch(f"/api/sessions/{pane.session_id}", changes)
    transport.close()


def test_logs_fall_back_to_the_last_lines_that_were_kept(board, pane):
    assert board.run("session", "logs", pane.session_id).out == ""  # it may yet begin
    board_patch(board, pane, {"status": "failed"})
    assert board.failure("session", "logs", pane.session_id, code=2)["error"] == "resource_not_found"
    board_patch(board, pane, {"status": "failed", "outputTail": "one\ntwo"})
    assert board.run("session", "logs", pane.session_id).out == "one\ntwo\n"


def test_logs_read_on_where_a_part_ends_and_follow_to_the_end(scripted, scripted_env, maestro):
    scripted.will(200, {"text": "one\n", "start": 0, "end": 4, "next": 4, "ended": False})
    scripted.will(200, {"text": "two\n", "start": 4, "end": 8, "next": None, "ended": False})
    scripted.will(200, {"text": "three\n", "start": 8, "end": 14, "next": None, "ended": True})
    assert maestro("session", "logs", "s1", "--follow", env=scripted_env).out == "one\ntwo\nthree\n"
    asked = [path.partition("&waitMs")[0] for _, path, _, _ in scripted.requests]
    assert asked == [f"/api/sessions/s1/output?{part}" for part in ("tail=200", "since=4", "since=8")]


def test_sending_types_the_text_and_presses_enter_unless_told_not_to(scripted, scripted_env, maestro):
    import json

    for argv in (("hello there",), ("y", "--no-enter"), ("--message", "-")):
        scripted.will(200, {"success": True})
        assert maestro("session", "send", "s1", *argv, env=scripted_env, stdin="piped").code == 0
    assert [json.loads(body) for _, _, _, body in scripted.requests] == [
        {"text": "hello there", "enter": True},
        {"text": "y", "enter": False},
        {"text": "piped", "enter": True},
    ]
    scripted.will(200, {"success": True})
    assert maestro("session", "send", "s1", "--key", "escape,up", env=scripted_env).code == 0
    assert json.loads(scripted.requests[-1][3]) == {"text": "", "enter": False, "keys": ["escape", "up"]}
    assert maestro("session", "send", "s1", env=scripted_env).code == 1
    scripted.will(202, {"success": True, "delivered": False})
    assert maestro("session", "send", "s1", "later", "--no-wait", env=scripted_env).out == "kept for s1\n"
    assert scripted.requests[-1][1] == "/api/sessions/s1/input?wait=false"
    scripted.will(200, {"success": True})
    assert maestro("session", "stop", "s1", "--reason", "wrong way", env=scripted_env).code == 0
    assert scripted.requests[-1][1] == "/api/sessions/s1/stop"


def test_the_brief_is_printed_from_beside_the_manifest(board, pane):
    data = board.data("worker", "init", env=pane.env)
    assert data["role"] == "worker"
    assert pane.task_id in data["brief"]
    assert "maestro-worker" in board.run("worker", "init", env=pane.env).out
    assert "is a worker" in board.run("orchestrator", "init", env=pane.env).err
    assert "MAESTRO_MANIFEST_PATH" in board.failure("worker", "init", code=1)["message"]
    assert board.failure("worker", "init", "--exec", env=pane.env, code=5)["error"] == "spawn_failed"


def test_status_counts_tasks_and_sessions(board, pane):
    board.run("task", "complete", board.task("done"))
    data = board.data("status")
    assert set(data) == {"project", "tasks", "sessions", "server"}
    assert data["tasks"]["total"] == 2
    assert data["tasks"]["byStatus"]["completed"] == 1
    assert data["tasks"]["byPriority"] == {"low": 0, "medium": 2, "high": 0}
    assert data["sessions"]["live"] == 1
    assert data["server"]["status"] == "ok"


def test_whoami_says_who_where_and_from_what(board, pane):
    data = board.data("whoami", env=pane.env)
    assert data["sessionId"] == pane.session_id
    assert data["taskIds"] == [pane.task_id]
    assert data["server"]["reachable"] is True
    assert data["server"]["source"] == "MAESTRO_API_URL"
    down = board.data("whoami", env={**pane.env, "MAESTRO_API_URL": "http://127.0.0.1:1"})
    assert down["server"]["reachable"] is False
    assert down["sessionId"] == pane.session_id


def test_an_agents_own_token_opens_its_own_doors_only(board, pane, server):
    from maestro_tui.server.keys import DEPENDENCIES

    token = server.info.app[DEPENDENCIES].services.tokens.for_session(pane.session_id)
    env = {**pane.env, "MAESTRO_API_URL": f"{server.info.url}/~{token}", "MAESTRO_TOKEN": token}
    assert board.data("task", "start", env=env)["status"] == "in_progress"
    assert board.data("update", "inside", env=env)["sessionId"] == pane.session_id
    failure = board.failure("project", "create", "mine", env=env, code=4)
    assert failure["error"] == "permission_denied"
    wrong = {"MAESTRO_API_URL": server.info.url, "MAESTRO_TOKEN": "wrong"}
    assert board.failure("task", "list", env=wrong, code=4)["error"] == "permission_denied"


def test_a_spawn_can_wait_until_the_agent_runs(scripted, scripted_env, maestro):
    task = {"id": "task_1", "title": "Build it", "projectId": "proj_1"}
    session = {"id": "s1", "name": "w", "status": "spawning", "role": "worker", "reason": "no runner took it"}
    for ends in ("running", "failed"):
        scripted.will(200, task)
        scripted.will(201, {"success": True, "sessionId": "s1", "session": session})
        scripted.will(200, {"events": [], "next": "e:1"})
        scripted.will(200, session)
        scripted.will(200, {"events": [{"type": "session:updated"}], "next": "e:2"})
        scripted.will(200, {**session, "status": ends})
    assert maestro("session", "spawn", "task_1", "--wait", env=scripted_env).out.splitlines()[0] == "s1"
    refused = maestro("session", "spawn", "task_1", "--wait", "--json", env=scripted_env)
    assert (refused.code, refused.document["error"]) == (5, "spawn_failed")
    assert "no runner took it" in refused.document["message"]


def test_logs_as_json_and_as_json_lines(scripted, scripted_env, maestro):
    def plays():
        scripted.will(200, {"text": "one\n", "start": 0, "end": 4})

    plays()
    whole = maestro("session", "logs", "s1", "-f", "--json", env=scripted_env).data
    assert whole == {"text": "one\n", "start": 0, "end": 4}
    plays()
    lines = maestro("session", "logs", "s1", "-f", "--jsonl", env=scripted_env).out.splitlines()
    assert lines == ['{"text":"one\\n","start":0,"end":4}']


def test_a_long_record_says_how_to_get_the_rest(scripted, scripted_env, maestro):
    scripted.will(200, {"text": "last\x1b[31m\n", "start": 90, "end": 95})
    outcome = maestro("session", "logs", "s1", env=scripted_env)
    assert outcome.out == "last[31m\n"
    assert "--tail 0 shows all" in outcome.err


def test_a_large_project_is_counted_by_the_server(scripted, scripted_env, maestro):
    scripted.will(200, {"id": "proj_1", "name": "big"})
    scripted.will(200, {"data": [], "pagination": {"total": 900, "hasMore": True}})
    for total in range(9):
        scripted.will(200, {"data": [], "pagination": {"total": total, "hasMore": False}})
    scripted.will(200, [])
    scripted.will(200, {"status": "ok", "version": "1", "uptime": 2})
    scripted.will(503, {"status": "unavailable", "checks": {"store": "no"}})
    data = maestro("status", "--json", env=scripted_env).data
    assert data["tasks"]["total"] == 900
    assert data["tasks"]["byStatus"]["cancelled"] == 5
    assert data["tasks"]["byPriority"]["high"] == 8
    assert data["server"]["status"] == "unavailable"


def test_whoami_says_what_is_not_there(board):
    env = {"MAESTRO_PROJECT_ID": "proj_none", "MAESTRO_SESSION_ID": "sess_none"}
    outcome = board.run("whoami", env=env)
    assert "sess_none" in outcome.out
    assert "'proj_none' not found" in outcome.err
    assert board.data("whoami", env=env)["session"] is None


def test_a_recording_is_exported_into_a_file(board, pane, server, tmp_path):
    from maestro_tui.ptyhost.output_log import OutputLog
    from maestro_tui.recording import output_directory

    cast, text = tmp_path / "it.cast", tmp_path / "it.txt"
    assert board.failure("session", "export", pane.session_id, code=2)["error"] == "resource_not_found"
    log = OutputLog(output_directory(server.home.session(pane.session_id)))
    log.resized(90, 25)
    log.append(b"\x1b[32mgreen\x1b[m\r\n")
    log.close()
    told = board.data("session", "export", pane.session_id, "-o", str(cast))
    assert told == {
        "sessionId": pane.session_id,
        "path": str(cast),
        "format": "asciicast",
        "bytes": cast.stat().st_size,
    }
    assert '"width": 90' in cast.read_text().splitlines()[0]
    board.run("session", "export", pane.session_id, "--format", "text", "-o", str(text))
    assert text.read_text() == "green\n"
    wrong = board.failure("session", "export", pane.session_id, "--format", "gif", code=1)
    assert "asciicast" in wrong["message"]
    nowhere = board.failure("session", "export", pane.session_id, "-o", str(tmp_path / "no" / "x"), code=1)
    assert "cannot be written" in nowhere["message"]


def test_what_existing_skills_type_for_documents_and_messages(board, pane, tmp_path):
    plan = tmp_path / "plan.md"
    plan.write_text("# Plan")
    added = board.data("session", "docs", "add", "Plan", "--file", str(plan), env=pane.env)
    assert (added["title"], added["content"]) == ("Plan", "# Plan")
    board.run("task", "docs", "add", pane.task_id, "Notes", "--file", str(plan), "--content", "n", env=pane.env)
    assert "Plan" in board.run("session", "docs", "list", env=pane.env).out
    assert [one["title"] for one in board.data("task", "docs", "list", pane.task_id)] == ["Plan", "Notes"]
    board.run("session", "notify", pane.session_id, "--message", "Look at the schema", "--detail", "It changed")
    (mail,) = board.data("session", "mail", "read", env=pane.env)
    assert (mail["message"], mail["detail"]) == ("Look at the schema", "It changed")


def test_hooks_of_existing_plugins_say_which_they_are(board, pane):
    def state(source):
        board.run("session", "needs-input", "--source", source, env=pane.env)
        session = board.data("session", "info", pane.session_id)
        return session["status"], session["needsInput"]["active"]

    board.run("session", "register", env=pane.env)
    assert state("tool_failure") == ("running", False)
    assert state("permission_request") == ("running", True)
    why = board.data("session", "info", pane.session_id)["evidence"]
    assert [one["need"] for one in why] == ["permission"]
    assert state("stop") == ("idle", False)
    assert (
        board.run("hook", "dispatch", "PreToolUse", env={**pane.env, "MAESTRO_API_URL": "http://127.0.0.1:1"}).out
        == ""
    )
