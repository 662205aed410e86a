"""Contract 1: the rules every endpoint keeps."""

import json
import re
from typing import Any

import pytest

ID = re.compile(r"^(proj|task|sub|sess|evt)_[0-9]{13}_[0-9a-z]{9}$")


def test_ids_times_and_casing(http: Any, project: Any, task: Any, session: Any) -> None:
    for document in (project, task, session):
        assert ID.match(document["id"])
        assert document["revision"] >= 1
        for key in document:
            assert re.match(r"^[a-z][A-Za-z0-9]*$", key)
        for key in ("createdAt", "updatedAt"):
            if document is not session or key in document:
                assert 1_600_000_000_000 < document[key] < 4_000_000_000_000


@pytest.mark.parametrize(
    "identifier",
    [
        *("a%20b", "%2e%2e", "%2e%2e%5c", "....%2f%2f", "..%2f..%2fetc%2fpasswd", "a%0a", "a%09", "x" * 129),
        *("%00", "a.b", "a.", "a%20", "%E2%80%AEx", "%E2%80%8Bx", "%F0%9F%98%80", "%C3%A9", "~root", "%2dx%2f"),
    ],
    ids=lambda value: value[:12],
)
@pytest.mark.parametrize(
    "path", ["/api/tasks/{}", "/api/projects/{}", "/api/sessions/{}", "/api/tasks/{}/children"]
)
@pytest.mark.attack(27, 28)
def test_an_id_in_a_path_is_checked(http: Any, path: str, identifier: str) -> None:
    answer = http("GET", path.format(identifier))
    assert answer.status == 400
    assert answer.code == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "identifier",
    ["../../x", "/etc", "a b", "a\n", "", "x" * 129, 7, None, ["a"]],
    ids=lambda value: repr(value)[:12],
)
@pytest.mark.attack(29)
def test_an_id_in_a_body_is_checked(http: Any, identifier: Any) -> None:
    for path, body in (("/api/tasks", {"title": "T"}), ("/api/sessions", {"name": "S"})):
        answer = http("POST", path, body | {"projectId": identifier})
        assert answer.status == 400
        assert answer.json["details"][0]["path"] == "projectId"


@pytest.mark.parametrize(
    ("method", "path", "raw", "kind", "status", "code"),
    [
        ("GET", "/nothing/here", None, None, 404, "NOT_FOUND"),
        ("GET", "/api", None, None, 404, "NOT_FOUND"),
        ("PUT", "/api/tasks", b"{}", "application/json", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/health", b"{}", "application/json", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/api/projects", b"x" * 1_048_577, "application/json", 413, "PAYLOAD_TOO_LARGE"),
        ("POST", "/api/projects", b'{"name":"x"}', "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/api/projects", b"name=x", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/api/projects", b'{"name":', "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b"", "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b"[]", "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b"null", "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b'{"name":NaN}', "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b'{"name":"\xff"}', "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b"{}{}", "application/json", 400, "VALIDATION_ERROR"),
        ("POST", "/api/projects", b'{"a":' * 50_000, "application/json", 400, "VALIDATION_ERROR"),
    ],
    ids=lambda value: "body" if isinstance(value, bytes) else None,
)
@pytest.mark.attack(15, 37, 41, 43)
def test_every_answer_is_json(
    http: Any, method: str, path: str, raw: bytes | None, kind: str | None, status: int, code: str
) -> None:
    headers = {} if kind is None else {"Content_Type": kind}
    answer = http(method, path, raw=raw, **headers)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"].startswith("application/json")


def test_charset_and_case_of_the_content_type(http: Any) -> None:
    body = json.dumps({"name": "Größe"}).encode()
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
        answer = http("POST", "/api/projects", raw=body, Content_Type=kind)
        assert answer.status == 201, kind


def test_unknown_keys_are_ignored_and_known_ones_strict(http: Any, project: Any) -> None:
    base = {"projectId": project["id"], "title": "T"}
    made = http.make("/api/tasks", base | {"nonsense": {"deep": [1]}, "teamMemberId": "tm_1"})
    assert "nonsense" not in made
    for wrong, path in (
        ({"title": 7}, "title"),
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"priority": "urgent"}, "priority"),
        ({"priority": True}, "priority"),
        ({"description": []}, "description"),
        ({"skillIds": "maestro-cli"}, "skillIds"),
        ({"dependencies": [1]}, "dependencies.0"),
    ):
        answer = http("POST", "/api/tasks", base | wrong)
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), wrong
        detail = answer.json["details"][0]
        assert detail["path"] == path
        assert set(detail) == {"path", "message"}
    message = http("POST", "/api/tasks", base | {"priority": "urgent"}).json["message"]
    assert all(word in message for word in ("low", "medium", "high"))


def test_errors_suggest_what_to_type(http: Any) -> None:
    answer = http("GET", "/api/tasks/task_x")
    assert answer.status == 404
    assert answer.code == "NOT_FOUND"
    assert answer.json["message"] == "Task with id 'task_x' not found"
    assert answer.json["suggestion"] == "maestro task list"


def test_a_request_id_is_kept_or_made(http: Any) -> None:
    assert http("GET", "/api/projects", X_Request_Id="mine-1").headers["x-request-id"] == "mine-1"
    made = http("GET", "/api/projects", X_Request_Id="bad id\t").headers["x-request-id"]
    assert re.match(r"^[A-Za-z0-9_-]{8,}$", made)
    assert http.as_(None)("GET", "/api/projects").headers["x-request-id"]
    assert http("DELETE", "/api/projects/proj_none").headers["x-request-id"]


def test_a_key_makes_a_post_happen_once(http: Any, project: Any) -> None:
    body = {"projectId": project["id"], "title": "Once"}
    first = http("POST", "/api/tasks", body, Idempotency_Key="k-once-1")
    again = http("POST", "/api/tasks", dict(reversed(body.items())), Idempotency_Key="k-once-1")
    assert first.status == again.status == 201
    assert first.raw == again.raw
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = http("POST", "/api/tasks", body | {"title": "Twice"}, Idempotency_Key="k-once-1")
    assert other.status == 422
    assert other.code
    assert len(http.get(f"/api/tasks?projectId={project['id']}")) == 1


def test_the_body_may_carry_the_key(http: Any, project: Any) -> None:
    body = {"projectId": project["id"], "title": "Once", "clientRequestId": "c-1"}
    assert http.make("/api/tasks", body)["id"] == http.make("/api/tasks", body)["id"]
    assert http("POST", "/api/tasks", body | {"title": "Other"}).status == 422
    for wrong in ("x" * 201, "", 7):
        answer = http("POST", "/api/tasks", body | {"clientRequestId": wrong})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    for wrong in ("x" * 256, ""):
        assert http("POST", "/api/tasks", body, Idempotency_Key=wrong).status == 400


def test_a_refused_request_leaves_its_key_free(http: Any, project: Any) -> None:
    body = {"projectId": project["id"], "title": ""}
    assert http("POST", "/api/tasks", body, Idempotency_Key="k-free-1").status == 400
    assert http("POST", "/api/tasks", body | {"title": "Right"}, Idempotency_Key="k-free-1").status == 201


def test_every_post_knows_the_key(http: Any, task: Any, session: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    for number, (path, body) in enumerate(
        (
            (f"{one}/subtasks", {"title": "Step"}),
            (f"{one}/timeline", {"message": "said"}),
            (f"/api/sessions/{session['id']}/timeline", {"message": "said"}),
            (f"/api/sessions/{session['id']}/events", {"type": "said"}),
            (f"/api/sessions/{session['id']}/tasks/{task['id']}", None),
            ("/api/projects", {"name": "P"}),
        )
    ):
        first = http("POST", path, body, Idempotency_Key=f"k-{task['id']}-{number}")
        again = http("POST", path, body, Idempotency_Key=f"k-{task['id']}-{number}")
        assert first.status == again.status, path
        assert first.raw == again.raw, path
        assert again.headers["idempotent-replayed"] == "true", path
    assert len(http.get(f"{one}/subtasks")) == 1
    assert len(http.get(one)["timeline"]) == 1
    assert len(http.get(f"/api/sessions/{session['id']}")["timeline"]) == 1


def test_a_stale_revision_is_refused(http: Any, project: Any, task: Any, session: Any) -> None:
    for path, document in (
        (f"/api/projects/{project['id']}", project),
        (f"/api/tasks/{task['id']}", task),
        (f"/api/sessions/{session['id']}", session),
    ):
        field = "title" if "title" in document else "name"
        revision = http.get(path)["revision"]
        fresh = http("PATCH", path, {field: "New"}, If_Match=f'"{revision}"')
        assert fresh.status == 200, path
        assert fresh.json["revision"] == revision + 1
        stale = http("PATCH", path, {field: "Newer"}, If_Match=f'"{revision}"')
        assert (stale.status, stale.code) == (409, "CONFLICT"), path
        if document is not project:  # which has tasks, and is refused for that
            assert http("DELETE", path, If_Match=f'"{revision}"').status == 409, path
        assert http.get(path)[field] == "New"
        assert http("PATCH", path, {field: "Any"}, If_Match="*").status == 200
        assert http("PATCH", path, {field: "Bad"}, If_Match="seven").status == 400
        given = http("GET", path).headers["etag"]
        assert http("PATCH", path, {field: "By tag"}, If_Match=given).status == 200
    empty = f"/api/projects/{http.make('/api/projects', {'name': 'Empty'})['id']}"
    assert http("PUT", empty, {"name": "Put"}, If_Match='"1"').json["revision"] == 2
    assert http("PUT", empty, {"name": "Put again"}, If_Match='"1"').status == 409
    assert http("DELETE", empty, If_Match='"1"').status == 409
    assert http("DELETE", empty, If_Match='"2"').status == 200


def test_what_is_known_is_not_sent_again(http: Any, project: Any, task: Any, session: Any) -> None:
    for path in (
        "/api/projects",
        f"/api/projects/{project['id']}",
        f"/api/tasks?projectId={project['id']}",
        f"/api/tasks?projectId={project['id']}&limit=5",
        f"/api/tasks/{task['id']}",
        f"/api/tasks/{task['id']}/children",
        f"/api/tasks/{task['id']}/subtasks",
        f"/api/tasks/tree?projectId={project['id']}",
        f"/api/sessions?projectId={project['id']}",
        f"/api/sessions/{session['id']}",
        "/api/skills",
        "/api/skills/maestro-cli",
    ):
        first = http("GET", path)
        assert first.status == 200, path
        tag = first.headers["etag"]
        known = http("GET", path, If_None_Match=tag)
        assert (known.status, known.raw) == (304, b""), path
        assert known.headers["etag"] == tag
        assert http("GET", path, If_None_Match='"other"').status == 200
    http("PATCH", f"/api/tasks/{task['id']}", {"title": "Changed"})
    assert http("GET", f"/api/tasks/{task['id']}", If_None_Match='"1"').status == 200


def test_lists_are_arrays_until_a_part_is_asked_for(http: Any, project: Any) -> None:
    for number in range(5):
        http.make("/api/tasks", {"projectId": project["id"], "title": f"T{number}"})
    base = f"/api/tasks?projectId={project['id']}"
    assert [one["title"] for one in http.get(base)] == ["T0", "T1", "T2", "T3", "T4"]
    part = http.get(f"{base}&limit=2&offset=1")
    assert [one["title"] for one in part["data"]] == ["T1", "T2"]
    assert part["pagination"] == {"offset": 1, "limit": 2, "total": 5, "hasMore": True}
    assert http.get(f"{base}&offset=4")["pagination"] == {"offset": 4, "limit": 500, "total": 5, "hasMore": False}
    assert http.get(f"{base}&limit=500")["pagination"]["hasMore"] is False
    assert http.get(f"{base}&offset=99") == {
        "data": [],
        "pagination": {"offset": 99, "limit": 500, "total": 5, "hasMore": False},
    }
    for wrong in ("limit=0", "limit=501", "limit=x", "offset=-1", "limit=1.5", "offset=1e3", "limit=%D9%A3"):
        assert http("GET", f"{base}&{wrong}").status == 400, wrong


@pytest.mark.parametrize(
    "path",
    [
        "/api/projects",
        "/api/sessions",
        "/api/skills",
        "/api/skills/role/worker",
        "/api/tasks/{task}/children",
        "/api/tasks/{task}/subtasks",
    ],
)
def test_every_list_can_be_had_in_parts(http: Any, task: Any, path: str) -> None:
    address = path.format(task=task["id"])
    assert isinstance(http.get(address), list)
    assert set(http.get(f"{address}?limit=1")) == {"data", "pagination"}


def test_a_write_says_where_it_stands_in_the_journal(http: Any, project: Any, task: Any) -> None:
    made = http("POST", "/api/tasks", {"projectId": project["id"], "title": "T"})
    seq = int(made.headers["maestro-seq"])
    changed = http("PATCH", f"/api/tasks/{task['id']}", {"title": "U"})
    assert int(changed.headers["maestro-seq"]) > seq
    gone = http("DELETE", f"/api/tasks/{made.json['id']}")
    assert int(gone.headers["maestro-seq"]) > int(changed.headers["maestro-seq"])
    assert "maestro-seq" not in http("GET", "/api/projects").headers
    assert "maestro-seq" not in http("PATCH", f"/api/tasks/{task['id']}", {"title": 7}).headers


def test_head_is_get_without_a_body(http: Any, project: Any, task: Any) -> None:
    for path in (
        f"/api/tasks/{task['id']}",
        "/api/projects",
        "/health",
        "/ready",
        f"/api/projects/{project['id']}",
    ):
        answer = http("HEAD", path)
        assert (answer.status, answer.raw) == (200, b""), path
        assert answer.headers["content-type"].startswith("application/json")
    assert http("HEAD", "/api/tasks/task_none").status == 404
    assert http("HEAD", "/api/tasks/task_none").raw == b""


def test_a_trailing_slash_changes_nothing(http: Any, project: Any, task: Any) -> None:
    assert http.get("/api/projects/") == http.get("/api/projects")
    assert http.get(f"/api/tasks/{task['id']}/")["id"] == task["id"]
    assert http.get(f"/api/tasks/?projectId={project['id']}") == http.get(f"/api/tasks?projectId={project['id']}")
    assert http("POST", "/api/tasks/", {"projectId": project["id"], "title": "T"}).status == 201
    assert http("PUT", "/api/tasks/", {}).status == 405
    assert http.as_(None)("GET", "/api/projects/").status == 401
    assert http.as_(None)("GET", "/health/").status == 200
    assert http("GET", "/nothing/").status == 404


def test_query_oddities(http: Any, project: Any) -> None:
    base = f"/api/tasks?projectId={project['id']}"
    for status in ("todo", "blocked", "completed"):
        made = http.make("/api/tasks", {"projectId": project["id"], "title": status})
        http("PATCH", f"/api/tasks/{made['id']}", {"status": status})

    def titles(query: str) -> list[str]:
        return [one["title"] for one in http.get(base + query)]

    assert titles("&status=todo,blocked") == ["todo", "blocked"]
    assert titles("&status=todo&status=blocked") == ["todo", "blocked"]
    assert titles("&status=pending") == ["todo"]
    assert titles("&status=") == ["todo", "blocked", "completed"]
    assert titles("&status=todo,,") == ["todo"]
    assert titles("&unknown=1&status=%62locked") == ["blocked"]
    assert titles("&parentId=null") == ["todo", "blocked", "completed"]
    assert titles("&q=LOCK") == ["blocked"]
    assert titles("&q=") == ["todo", "blocked", "completed"]
    for wrong in ("status=done", "priority=urgent", "sort=nothing", "parentId=a%20b", "q=" + "x" * 501):
        assert http("GET", f"{base}&{wrong}").status == 400, wrong
    assert http("GET", "/api/tasks?projectId=..%2f").status == 400
    assert http.get("/api/tasks?projectId=proj_unknown") == []
    assert http("GET", "/api/sessions?active=perhaps").status == 400
    assert http("GET", "/api/sessions?status=sleeping").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/ready",
        "/ws-status",
        "/api/projects",
        "/api/projects/{project}",
        "/api/tasks?limit=5",
        "/api/tasks/{task}",
        "/api/tasks/{task}/children",
        "/api/tasks/{task}/subtasks",
        "/api/tasks/tree?projectId={project}",
        "/api/sessions",
        "/api/sessions/{session}",
        "/api/sessions/tree",
        "/api/skills",
        "/api/skills/maestro-cli",
        "/api/skills/role/worker",
        "/api/events",
        "/api/spawning",
        "/api/findings",
    ],
)
def test_whatever_is_read_has_an_etag(http: Any, project: Any, task: Any, session: Any, path: str) -> None:
    path = path.format(project=project["id"], task=task["id"], session=session["id"])
    tag = http("GET", path).headers["etag"]
    assert tag.startswith('"')
    assert tag.endswith('"')
    assert http("GET", path, If_None_Match='"of something else"').status == 200
    had = http("GET", path, If_None_Match="*")
    assert (had.status, had.raw) == (304, b"")
    assert had.headers["etag"]
    assert had.headers["x-request-id"]


def test_a_revision_wanted_counts_for_parts_and_links_too(http: Any, task: Any, session: Any) -> None:
    step = http.make(f"/api/tasks/{task['id']}/subtasks", {"title": "Step"})
    whole = http.get(f"/api/tasks/{task['id']}")
    one = f"/api/tasks/{task['id']}/subtasks/{step['id']}"
    link = f"/api/sessions/{session['id']}/tasks/{task['id']}"
    for method, path, body in (("PATCH", one, {"title": "X"}), ("DELETE", one, None), ("DELETE", link, None)):
        stale = http(method, path, body, If_Match='"999"')
        assert (stale.status, stale.code) == (409, "CONFLICT"), (method, path)
        assert http(method, path, body, If_Match="seven").status == 400, (method, path)
    assert http.get(f"/api/tasks/{task['id']}") == whole
    assert http("PATCH", one, {"title": "Y"}, If_Match=f'"{whole["revision"]}"').status == 200
    assert http("DELETE", one, If_Match=f'"{whole["revision"] + 1}"').status == 204
    assert http("DELETE", link, If_Match=f'"{session["revision"]}"').json["taskIds"] == []


def test_limits_are_said_in_words(http: Any, project: Any, task: Any) -> None:
    body = {"projectId": project["id"], "taskIds": [task["id"]], "name": "x" * 201}
    answer = http("POST", "/api/sessions/spawn", body)
    assert answer.json["details"] == [{"path": "name", "message": "must be at most 200 characters"}]
    made = http.make("/api/sessions/spawn", body | {"name": "x"})
    answer = http("POST", f"/api/sessions/{made['sessionId']}/claim", {"runnerId": "r", "leaseMs": 1})
    assert answer.json["details"] == [{"path": "leaseMs", "message": "must be at least 1000"}]
