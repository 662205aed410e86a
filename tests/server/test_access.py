"""Who may talk to the server, and in which forms a token may come."""

import logging

import pytest
from aiohttp import WSServerHandshakeError

from maestro_tui.server.failures import FailureLimit


async def status_of(api, method="GET", path="/api/projects", **kwargs):
    async with api.client.request(method, path, **kwargs) as answer:
        assert not any(name.startswith("Access-Control") for name in answer.headers)
        return answer.status


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Bearer  {}", "Basic {}", "{}", "Bearer {}x"]
)
@pytest.mark.attack(2)
async def test_a_wrong_token_is_refused(api, header):
    assert await status_of(api, headers={"Authorization": header.format(api.token)}) == 401


@pytest.mark.attack(2)
async def test_the_query_carries_no_token_but_on_the_socket(api):
    assert await status_of(api, path=f"/api/projects?token={api.token}") == 401
    async with api.client.ws_connect(f"/ws?token={api.token}") as socket:
        assert not socket.closed


async def test_the_capability_form_reaches_every_kind_of_route(api):
    prefix = f"/~{api.token}"
    async with api.client.post(f"{prefix}/api/projects", json={"name": "a"}) as answer:
        project = await answer.json()
        assert answer.status == 201
        assert answer.headers["Maestro-Seq"] == "1"
    assert await status_of(api, path=f"{prefix}/api/projects/{project['id']}") == 200
    assert await status_of(api, path=f"{prefix}/api/projects?limit=1") == 200
    assert await status_of(api, path=f"{prefix}//api/projects") == 200
    assert await status_of(api, path=f"{prefix}/health") == 200
    assert await status_of(api, path=f"{prefix}/api/nothing") == 404
    assert await status_of(api, "DELETE", f"{prefix}/api/projects") == 405
    assert await status_of(api, path="/~wrong/api/projects") == 401
    assert await status_of(api, path=f"{prefix}/~{api.token}/api/projects") == 404
    for path in (f"{prefix}/ws", prefix, f"{prefix}/"):
        async with api.client.ws_connect(path) as socket:
            await socket.send_json({"type": "ping"})
            assert (await socket.receive_json())["type"] == "pong"


async def test_messages_never_repeat_the_capability(api):
    async with api.client.get(f"/~{api.token}/api/nothing") as answer:
        assert api.token not in await answer.text()


async def test_the_subprotocol_carries_a_token_for_browsers(api):
    async with api.client.ws_connect("/ws", protocols=("maestro.v1", f"bearer.{api.token}")) as socket:
        assert socket.protocol == "maestro.v1"


@pytest.mark.parametrize("path", ["/ws", "/", "/ws?token=wrong", "/pty"])
@pytest.mark.attack(13)
async def test_no_upgrade_without_a_token(api, path):
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.client.ws_connect(path)
    assert refused.value.status == 401


@pytest.mark.attack(3)
async def test_guessing_is_slowed_down_and_the_owner_is_not(api):
    wrong = {"Authorization": "Bearer wrong"}
    answers = [await status_of(api, headers=wrong) for _ in range(1000)]
    assert answers == [401] * 20 + [429] * 980
    await api.call("GET", "/api/projects")
    async with api.client.get("/api/projects", headers=wrong) as answer:
        assert answer.headers["Retry-After"] == "60"
        assert (await answer.json())["code"] == "LIMIT_REACHED"


def test_failures_are_forgotten_after_a_minute_and_peers_after_many_others():
    now = [0.0]
    limit = FailureLimit(lambda: now[0], per_minute=2)
    assert [limit.record("a") for _ in range(3)] == [False, False, True]
    now[0] = 61.0
    assert limit.record("a") is False
    for number in range(2000):
        assert limit.record(f"peer {number}") is False


@pytest.mark.attack(2)
async def test_tokens_are_never_logged(api, caplog):
    caplog.set_level(logging.DEBUG)
    await status_of(api, path=f"/~{api.token}/api/nothing")
    await status_of(api, headers={"Authorization": "Bearer wrong-token-value"})
    assert api.token not in caplog.text
    assert "wrong-token-value" not in caplog.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "[::1]x",
        "127.1",
        "0",
        "0x7f000001",
        "rebind.test:4567",
        "localhost:port",
        "localhost:",
        "a b",
        "x" * 4000,
        "127.0.0.1:1:2",
        "127.0.0.1:123456",
        "::1",
        "[::1",
    ],
)
@pytest.mark.attack(4, 5, 7)
async def test_a_foreign_host_is_misdirected(api, host):
    for path in ("/api/projects", "/health", "/nothing"):
        status = await status_of(api, path=path, headers=api.headers | {"Host": host})
        assert status in (400, 421)
    await api.call("GET", "/api/projects")


@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST:1", "[::1]:4567", "[::1]"])
async def test_our_own_names_are_let_in(api, host):
    assert await status_of(api, headers=api.headers | {"Host": host}) == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:9999", "http://[", "", "x" * 4000, "file://"]
)
@pytest.mark.attack(8, 9, 10, 11, 12, 16)
async def test_a_foreign_origin_is_refused(api, origin):
    for method in ("GET", "POST", "OPTIONS"):
        assert await status_of(api, method, headers=api.headers | {"Origin": origin}) == 403
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.client.ws_connect("/ws", headers=api.headers | {"Origin": origin})
    assert refused.value.status == 403


async def test_our_own_origin_is_let_in(api):
    origin = str(api.client.make_url("/")).rstrip("/")
    assert await status_of(api, headers=api.headers | {"Origin": origin}) == 200


@pytest.mark.attack(17)
async def test_requests_a_foreign_page_makes_are_refused(api):
    headers = api.headers | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}
    async with api.client.get("/api/projects", headers=headers) as answer:
        assert answer.status == 403
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.attack(18, 25)
async def test_forwarding_headers_change_nothing(api):
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "x", "Forwarded": "for=1", "X-Real-IP": "1"}
    assert await status_of(api, headers=headers) == 401
    override = api.headers | {"X-HTTP-Method-Override": "DELETE"}
    assert await status_of(api, headers=override) == 200


@pytest.mark.attack(3, 18)
async def test_who_guesses_cannot_say_that_he_is_another(api):
    """Without a proxy in front, only the connection itself says who asks."""
    forged = [
        {"Authorization": "Bearer wrong", name: f"203.0.113.{number}"}
        for number in range(10)
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded")
    ]
    assert [await status_of(api, headers=headers) for headers in forged] == [401] * 20 + [429] * 10


@pytest.mark.attack(23, 24)
async def test_a_sessions_own_token(api):
    session = await api.spawned()
    other = await api.project("other")
    foreign = await api.task(other["id"], "secret")
    won = await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "runner-1"})
    api.headers = {"Authorization": f"Bearer {won['token']}"}
    assert [one["id"] for one in await api.call("GET", "/api/projects")] == [session["projectId"]]
    task = f"/api/tasks/{session['taskIds'][0]}"
    assert (await api.call("PATCH", task, {"status": "in_progress"}))["status"] == "in_progress"
    await api.call("GET", f"/api/tasks/{foreign['id']}", status=403)
    await api.call("POST", "/api/projects", {"name": "x"}, status=403)
    await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "me"}, status=403)
    await api.call("PATCH", f"/api/sessions/{session['id']}", {"status": "completed"})
    await api.call("GET", task, status=401)


async def test_the_request_id_of_a_client_is_kept(api):
    answer = await api.raw("GET", "/api/nothing", headers={"X-Request-Id": "mine-1"})
    assert answer.headers["X-Request-Id"] == (await answer.json())["requestId"] == "mine-1"
    answer = await api.raw("GET", "/api/nothing", headers={"X-Request-Id": "bad id <script>"})
    assert answer.headers["X-Request-Id"] != "bad id <script>"
