"""Whatever goes wrong is answered in one shape, with words that help."""

import gzip
import io
import json

import pytest

SHAPE = {"error", "code", "message", "requestId"}


async def test_every_route_needs_a_token_and_answers_in_the_one_shape(api):
    routes = [route for route in api.client.app.router.routes() if route.method != "HEAD"]
    assert len(routes) > 35
    for route in routes:
        path = route.resource.canonical.translate({ord("{"): None, ord("}"): None})
        if path == "/health":
            continue
        async with api.client.request(route.method, path) as answer:
            body = await answer.json()
            assert answer.status == 401, (route.method, path)
            assert body["code"] == "UNAUTHORIZED"
            assert set(body) >= SHAPE
            assert body["requestId"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/projects/proj_gone", 404, "NOT_FOUND"),
        ("GET", "/api/tasks/task_gone", 404, "NOT_FOUND"),
        ("GET", "/api/tasks/task_gone/children", 404, "NOT_FOUND"),
        ("GET", "/api/tasks/task_gone/subtasks", 404, "NOT_FOUND"),
        ("GET", "/api/tasks/tree", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks/tree?projectId=proj_gone", 404, "NOT_FOUND"),
        ("GET", "/api/sessions/sess_gone", 404, "NOT_FOUND"),
        ("GET", "/api/skills/gone", 404, "NOT_FOUND"),
        ("GET", "/api/skills/role/boss", 400, "VALIDATION_ERROR"),
        ("DELETE", "/api/tasks/task_gone", 404, "NOT_FOUND"),
        ("DELETE", "/api/tasks", 405, "METHOD_NOT_ALLOWED"),
        ("TRACE", "/api/tasks", 405, "METHOD_NOT_ALLOWED"),
        ("OPTIONS", "/api/tasks", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/ws", 426, "UPGRADE_REQUIRED"),
        ("GET", "/", 426, "UPGRADE_REQUIRED"),
        ("GET", "/api/tasks?status=done", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks?priority=urgent", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks?sort=mood", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks?limit=0", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks?limit=501", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks?offset=-1", 400, "VALIDATION_ERROR"),
        ("GET", "/api/tasks?projectId=../x", 400, "VALIDATION_ERROR"),
        ("GET", "/api/sessions?active=maybe", 400, "VALIDATION_ERROR"),
        ("GET", "/api/sessions?status=asleep", 400, "VALIDATION_ERROR"),
        ("GET", "/api/events?since=yesterday", 400, "VALIDATION_ERROR"),
    ],
)
async def test_one_shape_for_every_error(api, method, path, status, code):
    body = await api.call(method, path, status=status)
    assert set(body) >= SHAPE
    assert (body["error"], body["code"]) == (True, code)
    assert body["message"]


async def test_an_unknown_word_is_answered_with_the_known_ones(api):
    body = await api.call("GET", "/api/tasks?status=done", status=400)
    assert "todo, in_progress, in_review, blocked, completed, cancelled" in body["message"]
    assert body["details"][0]["path"] == "status"


async def test_405_names_what_is_allowed(api):
    answer = await api.raw("DELETE", "/api/tasks")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "identifier",
    [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%5cx",
        "a%00b",
        "a%0ab",
        "a%09b",
        "%E2%80%AEabc",
        "%F0%9F%98%80",
        "x" * 300,
        "~root",
        "CON.",
        "x%20",
        "%252e%252e",
    ],
)
async def test_an_id_that_is_none_is_refused_before_anything_else(api, identifier):
    from yarl import URL

    for path in ("/api/tasks/", "/api/projects/", "/api/sessions/", "/api/skills/"):
        url = URL(str(api.client.make_url("/")).rstrip("/") + path + identifier, encoded=True)
        async with api.client.session.get(url, headers=api.headers) as answer:
            assert answer.status == 400, await answer.text()
            assert (await answer.json())["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"true",
        b"{",
        b'{"name": "a"} {}',
        b'{"name": "a"}x',
        b'{"name": NaN}',
        b'{"name": "a", "x": 1e400}',
        b'{"name": "a", "x": ' + b"9" * 5000 + b"}",
        b'{"name": "a", "x": 18446744073709551616}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'\xef\xbb\xbf{"name": "a"}',
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "a", "x": ' + b"[" * 33 + b"]" * 33 + b"}",
        b"[" * 100_000,
        b'{"a":' * 1000,
    ],
)
async def test_malformed_bodies(api, body):
    answer = await api.raw("POST", "/api/projects", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400, await answer.text()
    assert (await answer.json())["code"] == "VALIDATION_ERROR"
    assert await api.call("GET", "/api/projects") == []


async def test_a_body_may_be_deep_and_wide_within_limits(api):
    deep = b'{"name": "a", "__proto__": {}, "x": ' + b"[" * 31 + b"]" * 31 + b"}"
    headers = {"Content-Type": "application/json"}
    assert (await api.raw("POST", "/api/projects", data=deep, headers=headers)).status == 201
    wide = json.dumps({"name": "b"} | {f"k{number}": number for number in range(10_000)}).encode()
    assert (await api.raw("POST", "/api/projects", data=wide, headers=headers)).status == 201


async def test_a_body_too_large(api):
    body = b'{"name": "' + b"x" * 1_048_576 + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = await api.raw("POST", "/api/projects", data=io.BytesIO(body), headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (413, "PAYLOAD_TOO_LARGE")
    bomb = gzip.compress(b'{"name": "' + b"x" * 50_000_000 + b'"}')
    answer = await api.raw("POST", "/api/projects", data=bomb, headers=headers | {"Content-Encoding": "gzip"})
    assert answer.status == 413


async def test_a_body_of_another_kind(api):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"):
        answer = await api.raw("POST", "/api/projects", data=b'{"name":"a"}', headers={"Content-Type": kind})
        assert (answer.status, (await answer.json())["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert await api.call("GET", "/api/projects") == []


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({}, "name", "is required"),
        ({"name": 1}, "name", "must be a string"),
        ({"name": "  "}, "name", "must not be empty"),
        ({"name": "x" * 201}, "name", "at most 200 characters"),
        ({"name": "a", "workingDir": ["x"]}, "workingDir", "must be a string"),
    ],
)
async def test_a_wrong_field_is_named(api, body, path, words):
    answer = await api.call("POST", "/api/projects", body, status=400)
    assert answer["details"] == [{"path": path, "message": answer["details"][0]["message"]}]
    assert words in answer["details"][0]["message"]
    assert answer["message"].startswith(f"{path}: ")


async def test_a_project_with_tasks_stays(api):
    project = await api.project()
    await api.task(project["id"])
    refused = await api.call("DELETE", f"/api/projects/{project['id']}", status=422)
    assert refused["code"] == "BUSINESS_RULE_ERROR"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing_project_id"),
        ({"projectId": "P", "taskIds": "x"}, 400, "invalid_task_ids"),
        ({"projectId": "P", "taskIds": ["task_gone"]}, 404, "task_not_found"),
        ({"projectId": "P", "taskIds": ["T"], "spawnSource": "moon"}, 400, "invalid_spawn_source"),
        ({"projectId": "P", "taskIds": ["T"], "role": "boss"}, 400, "invalid_role"),
        ({"projectId": "P", "taskIds": ["T"], "skill": "gone"}, 404, "skill_not_found"),
        ({"projectId": "P", "taskIds": ["T"], "agent": "gone"}, 400, "invalid_agent"),
    ],
)
async def test_spawn_has_codes_of_its_own(api, body, status, code):
    project = await api.project()
    task = await api.task(project["id"])
    names = {"P": project["id"], "T": task["id"]}
    if "projectId" in body:
        body = body | {"projectId": names[body["projectId"]]}
    if isinstance(body.get("taskIds"), list):
        body = body | {"taskIds": [names.get(one, one) for one in body["taskIds"]]}
    answer = await api.call("POST", "/api/sessions/spawn", body, status=status)
    assert set(answer) >= SHAPE
    assert answer["code"] == code
    assert await api.call("GET", "/api/sessions") == []


async def test_an_unexpected_failure_tells_nothing_but_is_logged(api, caplog, monkeypatch):
    async def broken(*_):
        raise RuntimeError("/secret/path is broken")

    monkeypatch.setattr(api.services.store.projects, "find", broken)
    body = await api.call("GET", "/api/projects", status=500)
    assert body["code"] == "INTERNAL_ERROR"
    assert "secret" not in json.dumps(body)
    assert "secret" in caplog.text
