"""Contract 2: each endpoint, its fields and their types."""

from typing import Any

import pytest

TEXT, NUMBER, LIST, OBJECT, FLAG = (str,), (int,), (list,), (dict,), (bool,)
NOTHING = (type(None),)

PROJECT = {"id": TEXT, "name": TEXT, "workingDir": TEXT, "description": TEXT}
DOCUMENT = {"revision": NUMBER, "schemaVersion": NUMBER, "createdAt": NUMBER, "updatedAt": NUMBER}
TASK = DOCUMENT | {
    "id": TEXT,
    "projectId": TEXT,
    "parentId": TEXT + NOTHING,
    "title": TEXT,
    "description": TEXT,
    "status": TEXT,
    "priority": TEXT,
    "reason": TEXT + NOTHING,
    "startedAt": NUMBER + NOTHING,
    "completedAt": NUMBER + NOTHING,
    "initialPrompt": TEXT,
    "subtasks": LIST,
    "timeline": LIST,
    "sessionIds": LIST,
    "skillIds": LIST,
    "agentIds": LIST,
    "dependencies": LIST,
    "taskSessionStatuses": OBJECT,
}
SUBTASK = {
    "id": TEXT,
    "taskId": TEXT,
    "title": TEXT,
    "description": TEXT,
    "completed": FLAG,
    "order": NUMBER,
    "createdAt": NUMBER,
    "updatedAt": NUMBER,
    "completedAt": NUMBER + NOTHING,
}
ENTRY = {"id": TEXT, "type": TEXT, "timestamp": NUMBER, "message": TEXT, "sessionId": TEXT + NOTHING}
SESSION = DOCUMENT | {
    "id": TEXT,
    "projectId": TEXT,
    "taskIds": LIST,
    "name": TEXT,
    "agent": TEXT + NOTHING,
    "role": TEXT,
    "status": TEXT,
    "parentSessionId": TEXT + NOTHING,
    "rootSessionId": TEXT + NOTHING,
    "skillIds": LIST,
    "env": OBJECT,
    "cwd": TEXT,
    "startedAt": NUMBER,
    "lastActivity": NUMBER,
    "completedAt": NUMBER + NOTHING,
    "exitCode": NUMBER + NOTHING,
    "hostname": TEXT + NOTHING,
    "pid": NUMBER + NOTHING,
    "needsInput": OBJECT,
    "lease": OBJECT + NOTHING,
    "events": LIST,
    "timeline": LIST,
    "metadata": OBJECT,
}


def check(document: Any, shape: dict[str, tuple[type, ...]]) -> None:
    for name, kinds in shape.items():
        assert name in document, name
        assert type(document[name]) in kinds, (name, document[name])


def test_health_is_open_and_tells_its_version_to_those_with_a_token(http: Any) -> None:
    stranger = http.as_(None)("GET", "/health")
    assert stranger.status == 200
    assert set(stranger.json) == {"status", "timestamp", "uptime"}
    assert stranger.json["status"] == "ok"
    assert type(stranger.json["timestamp"]) is int
    assert stranger.json["uptime"] > 0
    assert http.get("/health")["version"]


def test_ready(http: Any) -> None:
    ready = http.get("/ready")
    assert ready["status"] == "ok"
    assert ready["checks"] == {"store": "ok", "journal": "ok", "disk": "ok"}


def test_projects(http: Any) -> None:
    made = http("POST", "/api/projects", {"name": "  Webshop  ", "workingDir": "/src", "description": "All of it"})
    assert made.status == 201
    check(made.json, DOCUMENT | PROJECT)
    assert (made.json["name"], made.json["workingDir"]) == ("Webshop", "/src")
    one = f"/api/projects/{made.json['id']}"
    assert http.get(one) == made.json
    assert made.json in http.get("/api/projects")
    for method in ("PUT", "PATCH"):
        changed = http(method, one, {"description": method})
        assert changed.status == 200
        assert changed.json["description"] == method
        assert changed.json["name"] == "Webshop"
    for wrong in ({}, {"name": ""}, {"name": "x" * 201}, {"name": "x", "description": "x" * 2001}, {"name": None}):
        assert http("POST", "/api/projects", wrong).status == 400, wrong
    gone = http("DELETE", one)
    assert (gone.status, gone.json) == (200, {"success": True, "id": made.json["id"]})
    assert http("GET", one).status == 404
    assert http("DELETE", one).status == 404


def test_a_project_with_something_in_it_stays(http: Any, project: Any, task: Any, session: Any) -> None:
    one = f"/api/projects/{project['id']}"
    assert http("DELETE", one).status == 422
    assert http("DELETE", f"/api/tasks/{task['id']}").status == 200
    refused = http("DELETE", one)
    assert (refused.status, refused.code) == (422, "BUSINESS_RULE_ERROR")
    assert http("DELETE", f"/api/sessions/{session['id']}").json == {"success": True, "id": session["id"]}
    assert http("DELETE", one).status == 200


def test_a_new_task(http: Any, project: Any) -> None:
    made = http("POST", "/api/tasks", {"projectId": project["id"], "title": "T"})
    assert made.status == 201
    check(made.json, TASK)
    assert (made.json["status"], made.json["priority"]) == ("todo", "medium")
    whole = {
        "projectId": project["id"],
        "title": "U",
        "description": "D",
        "priority": "high",
        "parentId": made.json["id"],
        "initialPrompt": "Go",
        "skillIds": ["maestro-cli"],
        "dependencies": [made.json["id"]],
    }
    child = http.make("/api/tasks", whole)
    assert {name: child[name] for name in whole} == whole
    assert [one["id"] for one in http.get(f"/api/tasks/{made.json['id']}/children")] == [child["id"]]
    assert [one["id"] for one in http.get(f"/api/tasks?parentId={made.json['id']}")] == [child["id"]]
    roots = http.get(f"/api/tasks?projectId={project['id']}&parentId=null")
    assert [one["id"] for one in roots] == [made.json["id"]]
    high = http.get(f"/api/tasks?projectId={project['id']}&priority=high")
    assert [one["id"] for one in high] == [child["id"]]
    for wrong, status in (
        ({"projectId": "proj_none", "title": "T"}, 404),
        ({"projectId": project["id"], "title": "T", "parentId": "task_none"}, 404),
        ({"projectId": project["id"]}, 400),
        ({"title": "T"}, 400),
    ):
        assert http("POST", "/api/tasks", wrong).status == status, wrong


def test_what_a_task_goes_through(http: Any, task: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    started = http("PATCH", one, {"status": "in_progress"}).json
    assert started["startedAt"]
    assert started["completedAt"] is None
    blocked = http("PATCH", one, {"status": "blocked", "reason": "No key"}).json
    assert blocked["reason"] == "No key"
    resumed = http("PATCH", one, {"status": "in_progress"}).json
    assert resumed["startedAt"] == started["startedAt"]
    assert resumed["reason"] is None
    done = http("PATCH", one, {"status": "completed"}).json
    assert done["completedAt"] >= done["startedAt"]
    assert http("PATCH", one, {"status": "pending"}).json["status"] == "todo"
    for word in ("in_review", "cancelled"):
        assert http("PATCH", one, {"status": word}).json["status"] == word
    for wrong in ("done", "running", "", "TODO", None, 1):
        assert http("PATCH", one, {"status": wrong}).status == 400, wrong


def test_the_entry_after_a_block_is_its_reason(http: Any, task: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    http("PATCH", one, {"status": "blocked"})
    http.make(f"{one}/timeline", {"type": "blocked", "message": "No database"})
    assert http.get(one)["reason"] == "No database"


def test_changing_a_task(http: Any, project: Any, task: Any, session: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    other = http.make("/api/tasks", {"projectId": project["id"], "title": "Other"})
    change = {
        "title": "New",
        "description": "D",
        "priority": "low",
        "parentId": other["id"],
        "skillIds": ["maestro-worker"],
        "agentIds": ["claude"],
        "dependencies": [other["id"]],
    }
    changed = http("PATCH", one, change).json
    assert {name: changed[name] for name in change} == change
    assert http("PATCH", one, {"parentId": None}).json["parentId"] is None
    assert http("PATCH", one, {"sessionIds": []}).json["sessionIds"] == []
    assert http.get(f"/api/sessions/{session['id']}")["taskIds"] == []
    assert http("PATCH", one, {"sessionIds": [session["id"]]}).json["sessionIds"] == [session["id"]]
    assert http.get(f"/api/sessions/{session['id']}")["taskIds"] == [task["id"]]
    assert http("PATCH", one, {"parentId": task["id"]}).status in (409, 422)
    assert http("PATCH", one, {"dependencies": [task["id"]]}).status in (409, 422)


def test_a_session_reports_its_own_status_and_nothing_else(http: Any, task: Any, session: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    report = {
        "updateSource": "session",
        "sessionId": session["id"],
        "sessionStatus": "working",
        "title": "Not this",
    }
    reported = http("PATCH", one, report).json
    assert reported["taskSessionStatuses"] == {session["id"]: "working"}
    assert (reported["title"], reported["status"]) == (task["title"], "todo")


def test_deleting_takes_what_is_below(http: Any, project: Any, task: Any) -> None:
    child = http.make("/api/tasks", {"projectId": project["id"], "title": "C", "parentId": task["id"]})
    grandchild = http.make("/api/tasks", {"projectId": project["id"], "title": "G", "parentId": child["id"]})
    before = http.get("/api/events")["next"]
    gone = http("DELETE", f"/api/tasks/{task['id']}")
    assert gone.json == {"success": True, "id": task["id"]}
    for one in (task, child, grandchild):
        assert http("GET", f"/api/tasks/{one['id']}").status == 404
    told = http.get(f"/api/events?since={before}")["events"]
    deleted = [one["data"] for one in told if one["type"] == "task:deleted"]
    assert deleted == [{"id": grandchild["id"]}, {"id": child["id"]}, {"id": task["id"]}]


def test_the_tree(http: Any, project: Any, task: Any, session: Any) -> None:
    child = http.make("/api/tasks", {"projectId": project["id"], "title": "C", "parentId": task["id"]})
    http.make(f"/api/tasks/{child['id']}/subtasks", {"title": "Step"})
    (root,) = http.get(f"/api/tasks/tree?projectId={project['id']}")
    check(root, TASK)
    assert [one["id"] for one in root["sessions"]] == [session["id"]]
    (node,) = root["children"]
    assert node["id"] == child["id"]
    assert [one["title"] for one in node["subtasks"]] == ["Step"]
    http("PATCH", f"/api/sessions/{session['id']}", {"status": "completed"})
    (root,) = http.get(f"/api/tasks/tree?projectId={project['id']}")
    assert root["sessions"] == []
    assert http("GET", "/api/tasks/tree").status == 400
    assert http("GET", "/api/tasks/tree?projectId=proj_none").status == 404


def test_a_task_s_timeline(http: Any, task: Any, session: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    said = http("POST", f"{one}/timeline", {"message": "Half"})
    assert said.status in (200, 201)
    assert said.json == {
        "success": True,
        "taskId": task["id"],
        "sessionId": None,
        "message": "Half",
        "type": "progress",
    }
    http.make(f"{one}/timeline", {"message": "Odd", "type": "any_word", "sessionId": session["id"]})
    timeline = http.get(one)["timeline"]
    for entry in timeline:
        check(entry, ENTRY)
    assert [(e["type"], e["message"], e["sessionId"]) for e in timeline[-2:]] == [
        ("progress", "Half", None),
        ("any_word", "Odd", session["id"]),
    ]
    assert http("POST", f"{one}/timeline", {"type": "progress"}).status == 400
    assert http("POST", "/api/tasks/task_none/timeline", {"message": "x"}).status == 404


def test_subtasks(http: Any, task: Any) -> None:
    every = f"/api/tasks/{task['id']}/subtasks"
    made = http("POST", every, {"title": "One", "description": "D"})
    assert made.status == 201
    check(made.json, SUBTASK)
    assert (made.json["taskId"], made.json["order"], made.json["completed"]) == (task["id"], 0, False)
    two = http.make(every, {"title": "Two"})
    assert [one["title"] for one in http.get(every)] == ["One", "Two"]
    one = f"{every}/{two['id']}"
    done = http("PATCH", one, {"completed": True}).json
    assert done["completed"] is True
    assert done["completedAt"]
    assert http("PATCH", one, {"completed": False}).json["completedAt"] is None
    moved = http("PATCH", one, {"order": 0, "title": "Zwei", "description": "E"}).json
    assert (moved["order"], moved["title"], moved["description"]) == (0, "Zwei", "E")
    assert [step["title"] for step in http.get(every)] == ["Zwei", "One"]
    gone = http("DELETE", one)
    assert (gone.status, gone.raw) == (204, b"")
    assert gone.headers["x-request-id"]
    assert [step["title"] for step in http.get(f"/api/tasks/{task['id']}")["subtasks"]] == ["One"]
    assert http("DELETE", one).status == 404
    assert http("PATCH", one, {"completed": True}).status == 404
    assert http("POST", every, {"title": ""}).status == 400
    assert http("PATCH", f"{every}/{made.json['id']}", {"completed": "yes"}).status == 400


def test_a_session_by_hand(http: Any, project: Any, task: Any) -> None:
    mine = f"sess-mine-{task['id'][-9:]}"
    body = {
        "id": mine,
        "projectId": project["id"],
        "taskId": task["id"],
        "name": "Mine",
        "status": "working",
        "env": {"A": "1"},
        "metadata": {"mode": "worker"},
    }
    made = http("POST", "/api/sessions", body)
    assert made.status == 201
    check(made.json, SESSION)
    assert (made.json["id"], made.json["taskIds"], made.json["status"]) == (mine, [task["id"]], "running")
    assert (made.json["env"], made.json["metadata"]) == ({"A": "1"}, {"mode": "worker"})
    assert http.get(f"/api/tasks/{task['id']}")["sessionIds"] == [mine]
    assert http("POST", "/api/sessions", body).status == 409
    assert http("POST", "/api/sessions", body | {"id": "../x"}).status == 400
    assert http("POST", "/api/sessions", body | {"id": "o-1", "projectId": "proj_none"}).status == 404
    assert http("POST", "/api/sessions", body | {"id": "o-2", "taskId": "task_none"}).status == 404


def test_reporting_on_a_session(http: Any, task: Any, session: Any) -> None:
    one = f"/api/sessions/{session['id']}"
    first = http("PATCH", one, {"env": {"A": "1", "B": "2"}, "name": "Renamed"}).json
    assert first["name"] == "Renamed"
    merged = http("PATCH", one, {"env": {"B": "3"}}).json
    assert merged["env"] == {"A": "1", "B": "3"}
    said = {
        "events": [{"type": "tool_use", "data": {"tool": "Bash"}}],
        "timeline": [{"type": "progress", "message": "Half", "id": "evt-1", "timestamp": 1}],
    }
    appended = http("PATCH", one, said).json
    appended = http("PATCH", one, said).json
    assert [event["data"] for event in appended["events"]] == [{"tool": "Bash"}] * 2
    assert [entry["message"] for entry in appended["timeline"]] == ["Half"] * 2
    for entry in appended["timeline"]:
        check(entry, ENTRY)
    asked = http("PATCH", one, {"needsInput": {"active": True, "message": "Which?", "since": 5}}).json
    assert asked["needsInput"]["active"] is True
    assert asked["needsInput"]["message"] == "Which?"
    assert type(asked["needsInput"]["since"]) is int
    assert asked["status"] == "running"
    assert http("PATCH", one, {"needsInput": {"active": False}}).json["needsInput"]["active"] is False
    assert http("PATCH", one, {"status": "idle"}).json["status"] == "idle"
    ended = http("PATCH", one, {"status": "completed", "completedAt": 17}).json
    assert ended["completedAt"] > 1_600_000_000_000
    assert http("PATCH", one, {"status": "working"}).status == 422
    assert http("PATCH", one, {"status": "sleeping"}).status == 400


def test_events_and_timeline_of_a_session(http: Any, task: Any, session: Any) -> None:
    one = f"/api/sessions/{session['id']}"
    with_event = http("POST", f"{one}/events", {"type": "compact", "data": [1, {"a": None}]})
    assert with_event.status in (200, 201)
    assert with_event.json["events"][-1]["data"] == [1, {"a": None}]
    check(with_event.json["events"][-1], {"id": TEXT, "type": TEXT, "timestamp": NUMBER})
    entry = {"message": "Look", "type": "odd", "taskId": task["id"], "metadata": {"k": 1}}
    said = http("POST", f"{one}/timeline", entry).json["timeline"][-1]
    assert {name: said[name] for name in entry} == entry
    assert http("POST", f"{one}/timeline", {}).status == 400
    assert http("POST", f"{one}/events", {"data": 1}).status == 400


def test_linking(http: Any, project: Any, session: Any) -> None:
    other = http.make("/api/tasks", {"projectId": project["id"], "title": "Other"})
    path = f"/api/sessions/{session['id']}/tasks/{other['id']}"
    assert other["id"] in http("POST", path).json["taskIds"]
    assert http("POST", path).json["taskIds"].count(other["id"]) == 1
    assert http.get(f"/api/tasks/{other['id']}")["sessionIds"] == [session["id"]]
    assert other["id"] not in http("DELETE", path).json["taskIds"]
    assert http.get(f"/api/tasks/{other['id']}")["sessionIds"] == []
    assert http("POST", f"/api/sessions/{session['id']}/tasks/task_none").status == 404


def test_finding_sessions(http: Any, project: Any, task: Any, session: Any) -> None:
    base = f"/api/sessions?projectId={project['id']}"
    assert [one["id"] for one in http.get(base)] == [session["id"]]
    assert [one["id"] for one in http.get(f"/api/sessions?taskId={task['id']}")] == [session["id"]]
    for query, found in (
        ("status=running", True),
        ("status=working", True),
        ("status=completed,failed", False),
        ("active=true", True),
        ("active=false", False),
        ("parentSessionId=sess_none", False),
        (f"rootSessionId={session['id']}", True),
    ):
        assert bool(http.get(f"{base}&{query}")) is found, query


def test_claims(http: Any, project: Any, task: Any) -> None:
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    one = f"/api/sessions/{spawned['sessionId']}"
    won = http("POST", f"{one}/claim", {"runnerId": "r1", "leaseMs": 60_000})
    assert won.status == 200
    lease = won.json["lease"]
    check(lease, {"runnerId": TEXT, "fence": NUMBER, "expiresAt": NUMBER})
    assert lease["runnerId"] == "r1"
    lost = http("POST", f"{one}/claim", {"runnerId": "r2", "leaseMs": 60_000})
    assert (lost.status, lost.code) == (409, "CONFLICT")
    renewed = http("POST", f"{one}/renew", {"runnerId": "r1", "leaseMs": 60_000, "fence": lease["fence"]})
    assert renewed.json["lease"]["expiresAt"] >= lease["expiresAt"]
    stale = http("PATCH", one, {"status": "running", "fence": lease["fence"] + 1})
    assert (stale.status, stale.code) == (412, "PRECONDITION_FAILED")
    assert http("POST", f"{one}/renew", {"runnerId": "r2", "leaseMs": 60_000, "fence": 1}).status in (409, 412)
    assert http("POST", f"{one}/release", {"runnerId": "r1", "fence": lease["fence"]}).status == 200
    assert http("POST", f"{one}/claim", {"runnerId": "r2", "leaseMs": 60_000}).json["lease"]["runnerId"] == "r2"
    assert http("POST", f"{one}/claim", {"leaseMs": 60_000}).status == 400
    assert http("POST", "/api/sessions/sess_none/claim", {"runnerId": "r1"}).status == 404


@pytest.mark.parametrize("role", ["worker", "orchestrator"])
def test_skills(http: Any, role: str) -> None:
    names = {one["id"] for one in http.get("/api/skills")}
    assert {"maestro-cli", "maestro-worker", "maestro-orchestrator"} <= names
    given = http.get(f"/api/skills/role/{role}")
    assert [one["id"] for one in given[:2]] == ["maestro-cli", f"maestro-{role}"]
    for one in given:
        check(one, dict.fromkeys(("id", "name", "description", "type", "version"), TEXT))
    whole = http.get("/api/skills/maestro-cli")
    assert "maestro" in whole["instructions"]
    assert http("POST", "/api/skills/maestro-cli/reload").json == whole
    assert http("GET", "/api/skills/role/king").status == 400
    assert http("GET", "/api/skills/nothing").status == 404
    assert http("POST", "/api/skills/nothing/reload").status == 404
    assert http("GET", "/api/skills/..%2f..%2fetc").status == 400


def test_the_journal(http: Any, project: Any) -> None:
    start = http.get("/api/events")["next"]
    made = [http.make("/api/tasks", {"projectId": project["id"], "title": f"T{n}"}) for n in range(3)]
    told = http.get(f"/api/events?since={start}&limit=2")
    assert [one["data"]["id"] for one in told["events"]] == [one["id"] for one in made[:2]]
    rest = http.get(f"/api/events?since={told['next']}")
    assert rest["events"][0]["data"]["id"] == made[2]["id"]
    assert not rest.get("resync")
    assert http.get(f"/api/events?since={rest['next']}")["events"] == []
    for lost in ("other:5", start.split(":")[0] + ":99999999"):
        answer = http.get(f"/api/events?since={lost}")
        assert answer["resync"] is True
        assert answer["events"] == []
    for wrong in ("since=abc", "limit=0", "since=-1"):
        assert http("GET", f"/api/events?{wrong}").status == 400, wrong


def test_who_is_connected(http: Any) -> None:
    status = http.get("/ws-status")
    assert status["connectedClients"] == len(status["clients"])
