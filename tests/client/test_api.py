import asyncio

import orjson
import pytest
from aiohttp import web

from maestro_tui.client.api import ApiClient
from maestro_tui.client.errors import ApiError, Unreachable
from maestro_tui.client.retries import RetryPolicy
from maestro_tui.client.transport import AT_ONCE
from maestro_tui.domain.requests.tasks import CreateTask, UpdateTask

FAST = RetryPolicy(retries=3, base=0.01, cap=0.02)


@pytest.fixture
async def api(server):
    client = ApiClient(server.url, "secret", retries=FAST, seconds=5)
    yield client
    await client.aclose()


async def test_a_request_carries_token_type_and_params(server, api):
    assert await api.request("GET", "/api/tasks", params={"projectId": "p q"}) == {"ok": True}
    ((method, path, headers, body),) = server.requests
    assert (method, path, body) == ("GET", "/api/tasks?projectId=p+q", b"")
    assert headers["Authorization"] == "Bearer secret"
    assert "Idempotency-Key" not in headers


@pytest.mark.parametrize("fault", ["drop", 500, 502, 503])
async def test_a_post_is_repeated_under_one_key(server, api, answer_with, fault):
    server.script.extend([fault if fault == "drop" else answer_with(fault), {"id": "t"}])
    assert await api.request("POST", "/api/tasks", {"title": "x"}) == {"id": "t"}
    first, second = server.requests
    assert first[2]["Idempotency-Key"] == second[2]["Idempotency-Key"]
    assert first[3] == second[3] == b'{"title":"x"}'


async def test_two_wishes_have_two_keys(server, api):
    await api.request("POST", "/api/tasks", {})
    await api.request("POST", "/api/tasks", {})
    await api.request("POST", "/api/tasks", {}, idempotency_key="mine")
    keys = [request[2]["Idempotency-Key"] for request in server.requests]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 429])
async def test_a_refusal_is_final_and_speaks_the_servers_words(server, api, answer_with, status):
    server.script.append(answer_with(status, "SOME_CODE", "Because"))
    with pytest.raises(ApiError, match="Because") as caught:
        await api.request("POST", "/api/tasks", {})
    error = caught.value
    assert (error.code, error.http_status, error.suggestion) == ("SOME_CODE", status, "try this")
    assert len(server.requests) == 1


async def test_a_request_still_under_way_is_waited_for(server, api, answer_with):
    server.script.extend([answer_with(409, "CONFLICT", Retry_After="0"), {"id": "t"}])
    assert await api.request("POST", "/api/tasks", {}) == {"id": "t"}


async def test_it_gives_up_after_the_retries(server, api, answer_with):
    server.script.extend([answer_with(503) for _ in range(9)])
    with pytest.raises(ApiError):
        await api.request("GET", "/api/tasks")
    assert len(server.requests) == 4


async def test_a_change_at_a_revision_is_not_repeated_after_a_lost_answer(server, api):
    server.script.append("drop")
    with pytest.raises(Unreachable) as caught:
        await api.request("PATCH", "/api/tasks/t", {}, revision=3)
    assert caught.value.sent
    assert len(server.requests) == 1
    assert server.requests[0][2]["If-Match"] == '"3"'


async def test_nobody_there(server, api):
    await server.stop()
    with pytest.raises(Unreachable, match="Nobody answers") as caught:
        await api.request("POST", "/api/tasks", {})
    assert not caught.value.sent


async def test_no_answer_in_time(server):
    client = ApiClient(server.url, "secret", retries=RetryPolicy(retries=0), seconds=0.05)
    server.script.append(web.json_response({}, headers={"Content-Length": "100"}))
    with pytest.raises(Unreachable):
        await client.request("GET", "/api/tasks")
    await client.aclose()


async def test_what_is_no_json_is_an_error_of_the_server(server, api):
    server.script.extend([web.Response(text="<html>") for _ in range(4)])
    with pytest.raises(ApiError, match="not JSON"):
        await api.request("GET", "/api/tasks")
    server.script.append(web.Response(status=418, text="<html>"))
    with pytest.raises(ApiError, match="418"):
        await api.request("GET", "/api/tasks")


async def test_an_empty_answer_is_none(server, api):
    server.script.append(web.Response(status=204))
    assert await api.request("DELETE", "/api/tasks/t/subtasks/s") is None


async def test_the_position_of_our_writes_is_remembered(server, api):
    server.seq = 7
    await api.request("POST", "/api/tasks", {})
    server.seq = 3
    await api.request("GET", "/api/tasks")
    assert api.position == 7


async def test_models_go_in_and_come_out(server, api):
    server.script.append(server.put("task", "t", title="Login"))
    task = await api.create_task(CreateTask(project_id="p", title="Login"))
    assert (task.id, task.title) == ("t", "Login")
    assert orjson.loads(server.requests[0][3]) == {"projectId": "p", "title": "Login"}
    server.script.append(server.put("task", "t", status="blocked"))
    await api.update_task("t", UpdateTask(reason=None, status="blocked"), revision=1)
    assert orjson.loads(server.requests[1][3]) == {"reason": None, "status": "blocked"}


async def test_a_claim_has_a_lease_and_for_the_winner_a_token(server, api):
    lease = {"runnerId": "r", "fence": 2, "expiresAt": 99}
    server.script.append({"lease": lease, "token": "mst_x", "apiUrl": "http://x/~mst_x"})
    claim = await api.claim("sess_1", "r", 10_000)
    assert (claim.lease.fence, claim.token, claim.api_url) == (2, "mst_x", "http://x/~mst_x")
    server.script.append({"lease": lease})
    assert (await api.renew("sess_1", "r", 2, 10_000)).expires_at == 99
    await api.release("sess_1", "r", 2)
    assert [request[1] for request in server.requests] == [
        f"/api/sessions/sess_1/{verb}" for verb in ("claim", "renew", "release")
    ]


async def test_ids_cannot_leave_their_place_in_a_path(server, api):
    server.script.append({})
    await api.delete_task("../projects?x")
    assert server.requests[0][1] == "/api/tasks/..%2Fprojects%3Fx"


async def test_many_requests_at_once_share_few_connections(server, api):
    answers = await asyncio.gather(*(api.request("GET", "/api/tasks") for _ in range(40)))
    assert answers == [{"ok": True}] * 40
    assert len(server.runner.server.connections) <= AT_ONCE
