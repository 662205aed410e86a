"""The clients that exist already: their addresses, their bodies, and every field they read.

They take a base URL from MAESTRO_API_URL, put `/api/...` behind it, send `Content-Type` on every
request and a header of their own, and never a token.
"""

import json
from typing import Any

import aiohttp
import pytest

HEADERS = {"Content_Type": "application/json", "X_Session_Id": "sess_x", "Accept": "*/*"}


class OldClient:
    """A base URL and string concatenation, as they do it."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http(method, path, body, **HEADERS)
        assert answer.status < 400, (method, path, answer.raw)
        return {} if answer.status == 204 else answer.json


@pytest.fixture
def pane(agent: tuple[Any, Any]) -> tuple[OldClient, Any]:
    http, session = agent
    return OldClient(http), session


def test_reading(pane: tuple[OldClient, Any]) -> None:
    call, session = pane
    (task_id,) = session["taskIds"]
    project_id = session["projectId"]
    task = call("GET", f"/api/tasks/{task_id}")
    assert all(task[name] is not None for name in ("id", "title", "status", "priority", "projectId"))
    assert isinstance(task["taskSessionStatuses"], dict)
    assert isinstance(task["dependencies"], list)
    assert isinstance(task["createdAt"], int)
    assert call("GET", f"/api/tasks/{task_id}/children") == []
    assert call("GET", f"/api/tasks?projectId={project_id}")[0]["id"] == task_id
    assert call("GET", f"/api/projects/{project_id}")["workingDir"]
    found = call("GET", f"/api/sessions?taskId={task_id}&projectId={project_id}&active=true")
    assert [one["id"] for one in found] == [session["id"]]
    assert call("GET", f"/api/sessions?parentSessionId={session['id']}&active=true") == []
    one = call("GET", f"/api/sessions/{session['id']}")
    for name in ("id", "name", "status", "projectId", "taskIds", "timeline", "needsInput", "metadata"):
        assert name in one, name


def test_working_on_a_task(pane: tuple[OldClient, Any]) -> None:
    call, session = pane
    (task_id,) = session["taskIds"]
    call("PATCH", f"/api/sessions/{session['id']}", {"status": "working"})
    call("PATCH", f"/api/tasks/{task_id}", {"status": "in_progress"})
    report = {"sessionStatus": "working", "updateSource": "session", "sessionId": session["id"]}
    call("PATCH", f"/api/tasks/{task_id}", report)
    said = {"type": "progress", "message": "Half", "taskId": task_id}
    call("POST", f"/api/sessions/{session['id']}/timeline", said)
    call("POST", f"/api/tasks/{task_id}/timeline", {"type": "progress", "message": "Half"})
    child = call(
        "POST",
        "/api/tasks",
        {
            "projectId": session["projectId"],
            "title": "C",
            "description": "",
            "priority": "high",
            "parentId": task_id,
        },
    )
    assert child["id"]
    step = call("POST", f"/api/tasks/{task_id}/subtasks", {"title": "Step", "description": ""})
    assert step["title"] == "Step"
    done = call("PATCH", f"/api/tasks/{task_id}/subtasks/{step['id']}", {"completed": True})
    assert done["completed"] is True
    assert call("GET", f"/api/tasks/{task_id}/subtasks")[0]["id"] == step["id"]
    assert call("DELETE", f"/api/tasks/{task_id}/subtasks/{step['id']}") == {}
    call("PATCH", f"/api/tasks/{task_id}", {"status": "blocked"})
    blocked = {"type": "task_status_changed", "message": "Status changed to blocked: no key", "taskId": task_id}
    call("POST", f"/api/sessions/{session['id']}/timeline", blocked)
    call("DELETE", f"/api/tasks/{child['id']}")
    call("PATCH", f"/api/tasks/{task_id}", report | {"sessionStatus": "completed"})
    assert call("GET", f"/api/tasks/{task_id}")["taskSessionStatuses"] == {session["id"]: "completed"}


def test_hooks(pane: tuple[OldClient, Any]) -> None:
    call, session = pane
    one = f"/api/sessions/{session['id']}"
    call("GET", one)
    question = {
        "needsInput": {"active": True, "message": "Session is waiting for user input", "since": 1770000000000},
        "timeline": [{"id": "evt-1", "type": "needs_input", "timestamp": 1770000000000, "message": "waiting"}],
    }
    assert call("PATCH", one, question)["needsInput"]["active"] is True
    resumed = call("PATCH", one, {"status": "working", "needsInput": {"active": False}})
    assert resumed["needsInput"]["active"] is False
    assert call("PATCH", one, {"status": "completed", "completedAt": 1770000000000})["completedAt"]


def test_registering(http: Any, project: Any, task: Any) -> None:
    """Of a session the server does not know yet, by the owner."""
    call = OldClient(http)
    identifier = f"session-{task['id'][-9:]}"
    assert http("GET", f"/api/sessions/{identifier}", **HEADERS).status == 404
    made = call(
        "POST",
        "/api/sessions",
        {
            "id": identifier,
            "projectId": project["id"],
            "taskIds": [task["id"]],
            "name": f"worker: {identifier}",
            "status": "working",
            "metadata": {"mode": "worker"},
        },
    )
    assert made["id"] == identifier


@pytest.mark.parametrize("mode", ["worker", "coordinator", "coordinated-worker", "coordinated-coordinator"])
def test_spawning(pane: tuple[OldClient, Any], mode: str) -> None:
    call, session = pane
    (task_id,) = session["taskIds"]
    task = call("GET", f"/api/tasks/{task_id}")
    spawn = {
        "projectId": session["projectId"],
        "taskIds": [task_id],
        "mode": mode,
        "spawnSource": "session",
        "sessionId": session["id"],
        "skills": ["maestro-worker" if mode.endswith("worker") else "maestro-orchestrator"],
        "sessionName": "Worker: Implement feature X",
        "context": {
            "primaryTask": task | {"acceptanceCriteria": [], "technicalNotes": ""},
            "workflowSteps": ["Work"],
            "initialCommands": ["maestro whoami"],
            "reason": "Execute task",
        },
        "launchConfig": {"provider": "claude", "model": "claude-opus-4-8", "reasoningEffort": "high"},
    }
    made = call("POST", "/api/sessions/spawn", spawn)
    assert made["success"] is True
    assert made["sessionId"]
    spawned = call("GET", f"/api/sessions/{made['sessionId']}")
    assert spawned["parentSessionId"] == session["id"]
    assert (spawned["agent"], spawned["model"]) == ("claude", "claude-opus-4-8")
    assert [one["id"] for one in call("GET", f"/api/sessions?parentSessionId={session['id']}&active=true")] == [
        made["sessionId"]
    ]


def test_what_they_read_of_an_error(agent: tuple[Any, Any]) -> None:
    http, _ = agent
    answer = http("GET", "/api/tasks/task_none", **HEADERS)
    assert answer.status == 404
    assert isinstance(answer.json["message"], str)
    assert isinstance(answer.json["code"], str)


def test_a_slash_too_many(agent: tuple[Any, Any]) -> None:
    http, session = agent
    assert http("GET", f"//api/sessions/{session['id']}", **HEADERS).status == 200
    assert http("GET", f"/api/sessions/{session['id']}/", **HEADERS).status == 200


async def test_watching(http: Any, agent: tuple[Any, Any]) -> None:
    """They turn http into ws in the base URL and connect to just that."""
    client, session = agent
    url = f"{http.url}{client.base}".replace("http", "ws", 1)
    async with aiohttp.ClientSession() as browser, browser.ws_connect(url) as socket:
        await socket.send_json({"type": "subscribe", "sessionIds": [session["id"]]})
        assert (await socket.receive_json(timeout=5))["type"] == "subscribed"
        http("PATCH", f"/api/sessions/{session['id']}", {"timeline": [{"type": "progress", "message": "Half"}]})
        message = await socket.receive_json(timeout=5)
        assert message["event"] == message["type"] == "session:updated"
        assert message["data"]["id"] == session["id"]
        assert message["data"]["status"] == "running"
        assert message["data"]["timeline"][-1]["message"] == "Half"
        assert isinstance(message["timestamp"], int)


async def test_the_desktop_client(http: Any, project: Any, task: Any) -> None:
    """It connects without a position, reads type, event and data, and speaks ping."""
    url = f"{http.url}/?token={http.token}".replace("http", "ws", 1)
    async with aiohttp.ClientSession() as browser, browser.ws_connect(url) as socket:
        await socket.send_str(json.dumps({"type": "ping"}))
        pong = await socket.receive_json(timeout=5)
        assert pong["type"] == "pong"
        assert isinstance(pong["timestamp"], int)
        http.make(
            "/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]], "spawnSource": "ui"}
        )
        seen = []
        while "session:spawn" not in seen:
            message = await socket.receive_json(timeout=5)
            seen.append(message["event"])
        for name in ("command", "cwd", "envVars", "manifest", "session", "taskIds", "name"):
            assert name in message["data"], name
