"""Contract 4: what a spawn is asked, in which order, and what it leaves behind."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

SPAWN = "/api/sessions/spawn"
GONE = object()


@pytest.fixture
def body(project: Any, task: Any) -> dict[str, Any]:
    return {"projectId": project["id"], "taskIds": [task["id"]]}


def test_the_answer(http: Any, body: dict[str, Any], task: Any) -> None:
    answer = http("POST", SPAWN, body)
    assert answer.status == 201
    assert set(answer.json) == {"success", "sessionId", "session", "manifestPath", "message"}
    session = answer.json["session"]
    assert answer.json["success"] is True
    assert answer.json["sessionId"] == session["id"]
    assert session["status"] == "spawning"
    assert session["taskIds"] == [task["id"]]
    assert session["rootSessionId"] == session["id"]
    assert session["parentSessionId"] is None
    assert http.get(f"/api/tasks/{task['id']}")["sessionIds"] == [session["id"]]
    entry = http.get(f"/api/tasks/{task['id']}")["timeline"][-1]
    assert (entry["type"], entry["sessionId"]) == ("session_started", session["id"])


def test_the_manifest_is_there_for_its_owner_only(http: Any, body: dict[str, Any]) -> None:
    path = Path(http.make(SPAWN, body)["manifestPath"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    manifest = json.loads(path.read_text())
    assert manifest["tasks"][0]["title"] == "Implement feature X"
    assert manifest["mode"] == "worker"


ORDER: list[tuple[dict[str, Any], int, str]] = [
    ({"projectId": GONE}, 400, "missing_project_id"),
    ({"taskIds": GONE}, 400, "invalid_task_ids"),
    ({"spawnSource": "moon"}, 400, "invalid_spawn_source"),
    ({"sessionId": "sess_none"}, 404, "parent_session_not_found"),
    ({"role": "king"}, 400, "invalid_role"),
    ({"taskIds": ["task_none"]}, 404, "task_not_found"),
    ({"skill": "nothing"}, 404, "skill_not_found"),
    ({"agent": "nobody"}, 400, "invalid_agent"),
]


def changed(body: dict[str, Any], *changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(body)
    for change in changes:
        merged |= change
    return {name: value for name, value in merged.items() if value is not GONE}


@pytest.mark.parametrize("first", range(len(ORDER)), ids=lambda number: ORDER[number][2])
def test_the_first_check_that_fails_answers(http: Any, project: Any, body: dict[str, Any], first: int) -> None:
    """Everything from this check on is wrong, and this one's code comes back; nothing is stored."""
    wrong = changed(body, *(change for change, _, _ in reversed(ORDER[first:])))
    answer = http("POST", SPAWN, wrong)
    assert (answer.status, answer.code) == (ORDER[first][1], ORDER[first][2])
    assert http.get(f"/api/sessions?projectId={project['id']}") == []
    assert http.get(f"/api/tasks/{body['taskIds'][0]}")["timeline"] == []


def test_details_of_what_is_not_found(http: Any, body: dict[str, Any]) -> None:
    answer = http("POST", SPAWN, body | {"taskIds": ["task_none"]})
    assert answer.json["details"]["taskId"] == "task_none"
    unknown = http("POST", SPAWN, body | {"projectId": "proj_none"})
    assert unknown.status == 404
    assert unknown.code in ("task_not_found", "project_not_found")


@pytest.mark.parametrize("wrong", [[], "task", None, [7], ["../x"], [""], {}])
def test_task_ids_are_checked(http: Any, body: dict[str, Any], wrong: Any) -> None:
    assert http("POST", SPAWN, body | {"taskIds": wrong}).code == "invalid_task_ids"


def test_every_spelling(http: Any, project: Any, body: dict[str, Any], session: Any) -> None:
    spellings: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"name": "N"}, {"name": "N"}),
        ({"sessionName": "N"}, {"name": "N"}),
        ({"skill": "maestro-worker"}, {"skillIds": ["maestro-worker"]}),
        ({"skills": ["maestro-worker"]}, {"skillIds": ["maestro-worker"]}),
        ({"role": "orchestrator"}, {"role": "orchestrator"}),
        ({"mode": "worker"}, {"role": "worker"}),
        ({"mode": "orchestrator"}, {"role": "orchestrator"}),
        ({"mode": "coordinator"}, {"role": "orchestrator"}),
        ({"mode": "coordinated-worker"}, {"role": "worker"}),
        ({"mode": "coordinated-coordinator"}, {"role": "orchestrator"}),
        ({"agent": "shell"}, {"agent": "shell"}),
        ({"agent": "shell", "model": "m-1"}, {"model": "m-1"}),
        ({"spawnedBy": session["id"]}, {"parentSessionId": session["id"], "rootSessionId": session["id"]}),
        ({"sessionId": session["id"], "spawnSource": "session"}, {"parentSessionId": session["id"]}),
        ({"spawnSource": "ui"}, {"parentSessionId": None}),
        ({"cwd": "/tmp"}, {"cwd": "/tmp"}),
        ({"context": {"reason": "why", "deep": [1]}}, {}),
        ({"env": {"FLAG": "1"}}, {"env": {"FLAG": "1"}}),
    ]
    for asked, found in spellings:
        made = http("POST", SPAWN, body | asked)
        assert made.status == 201, (asked, made.raw)
        stored = made.json["session"]
        assert {name: stored[name] for name in found} == found, asked


def test_the_reason_reaches_the_agent(http: Any, body: dict[str, Any]) -> None:
    for asked in ({"reason": "Because of A"}, {"spawnReason": "Because of A"}):
        path = Path(http.make(SPAWN, body | asked)["manifestPath"])
        assert json.loads(path.read_text())["context"]["custom"]["session"]["spawnReason"] == "Because of A"
        assert "Because of A" in (path.parent / "brief.md").read_text()


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "DYLD_X", "PYTHONPATH", "PATH", "MAESTRO_TOKEN", "ld_preload", "A B", "A=B", ""),
        *("NODE_OPTIONS", "BASH_ENV", "ENV", "IFS", "SHELL", "HOME", "PERL5LIB", "RUBYOPT", "JAVA_TOOL_OPTIONS"),
        *("GIT_SSH_COMMAND", "GIT_CONFIG_GLOBAL", "GIT_EXTERNAL_DIFF", "SSH_AUTH_SOCK", "PROMPT_COMMAND"),
    ],
)
@pytest.mark.attack(85)
def test_variables_a_spawn_may_not_set(http: Any, project: Any, body: dict[str, Any], name: str) -> None:
    answer = http("POST", SPAWN, body | {"env": {name: "x"}})
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert http.get(f"/api/sessions?projectId={project['id']}") == []


def test_the_events_and_their_order(http: Any, body: dict[str, Any], task: Any) -> None:
    before = http.get("/api/events")["next"]
    made = http.make(SPAWN, body | {"name": "W", "skill": "maestro-worker"})
    events = http.get(f"/api/events?since={before}")["events"]
    names = [one["type"] for one in events]
    assert names[0] == "session:created"
    assert names[-2:] == ["session:spawn_request", "session:spawn"]
    assert {"task:session_added", "session:task_added", "task:updated"} <= set(names)
    request, old = events[-2]["data"], events[-1]["data"]
    assert request == old
    assert set(request) == {
        "session",
        "sessionId",
        "projectId",
        "taskIds",
        "name",
        "skill",
        "skillIds",
        "role",
        "command",
        "args",
        "cwd",
        "envVars",
        "manifest",
        "manifestPath",
        "spawnSource",
        "parentSessionId",
        "rootSessionId",
    }
    assert request["session"]["id"] == request["sessionId"] == made["sessionId"]
    assert request["taskIds"] == [task["id"]]
    assert (request["name"], request["skill"], request["role"]) == ("W", "maestro-worker", "worker")
    assert isinstance(request["command"], str)
    assert isinstance(request["args"], list)
    assert request["envVars"]["MAESTRO_SESSION_ID"] == made["sessionId"]
    assert request["manifest"] == json.loads(Path(made["manifestPath"]).read_text())
    assert http.token not in json.dumps(events)
    assert "mst_" not in json.dumps(events)


def test_only_the_winner_is_told_the_token(http: Any, body: dict[str, Any]) -> None:
    made = http.make(SPAWN, body)
    one = f"/api/sessions/{made['sessionId']}"
    won = http.make(f"{one}/claim", {"runnerId": "r", "leaseMs": 60_000})
    assert won["token"]
    assert won["apiUrl"] == f"{http.url}/~{won['token']}"
    assert won["token"] not in json.dumps(http.get(one))


def test_a_key_makes_one_session(http: Any, project: Any, body: dict[str, Any]) -> None:
    ids = {http.make(SPAWN, body, Idempotency_Key=f"s-{project['id']}")["sessionId"] for _ in range(3)}
    assert len(ids) == 1
    assert len(http.get(f"/api/sessions?projectId={project['id']}")) == 1


@pytest.mark.parametrize("agent", ["/bin/sh", "sh -c id", "../bin/sh", ["/bin/sh"]], ids=repr)
@pytest.mark.attack(85)
def test_a_program_is_named_and_never_given(http: Any, project: Any, body: dict[str, Any], agent: Any) -> None:
    assert http("POST", SPAWN, body | {"agent": agent}).status == 400
    assert http.get(f"/api/sessions?projectId={project['id']}") == []


@pytest.mark.attack(85)
def test_a_command_line_in_a_spawn_means_nothing(http: Any, body: dict[str, Any]) -> None:
    given = {"command": ["/bin/sh", "-c", "id"], "argv": ["/bin/sh"], "args": ["-c"], "program": "/bin/sh"}
    made = http.make(SPAWN, body | given)
    assert "/bin/sh" not in json.dumps(made)
    assert "/bin/sh" not in Path(made["manifestPath"]).read_text()


@pytest.mark.attack(89)
def test_too_deep(http: Any, body: dict[str, Any]) -> None:
    parent: dict[str, Any] = {}
    for _ in range(4):
        made = http.make(SPAWN, body | parent)
        parent = {"spawnedBy": made["sessionId"]}
    assert made["session"]["rootSessionId"] != made["sessionId"]
    answer = http("POST", SPAWN, body | parent)
    assert (answer.status, answer.code) == (429, "spawn_depth_exceeded")
    assert "3" in answer.json["message"]
    assert "maxDepth" in answer.json["suggestion"]


@pytest.mark.attack(49, 89)
def test_too_many_a_minute(http: Any, body: dict[str, Any]) -> None:
    for _ in range(20):
        assert http("POST", SPAWN, body).status == 201
    answer = http("POST", SPAWN, body)
    assert (answer.status, answer.code) == (429, "spawn_rate_limited")
    assert "20" in answer.json["message"]
    assert "maxPerMinute" in answer.json["suggestion"]


@pytest.mark.attack(89)
def test_too_many_at_once(http: Any, project: Any, body: dict[str, Any]) -> None:
    for number in range(32):
        http.make("/api/sessions", {"projectId": project["id"], "name": f"S{number}"})
    answer = http("POST", SPAWN, body)
    assert (answer.status, answer.code) == (429, "spawn_limit_reached")
    assert "32" in answer.json["message"]
