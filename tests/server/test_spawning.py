"""Policy, approvals, restarts and lineage as HTTP says them."""

import pytest

from maestro_tui.config.settings import Settings


@pytest.fixture
def settings() -> Settings:
    spawn = {"maxPerMinute": 5, "roles": {"orchestrator": "ask", "worker": "allow"}}
    return Settings.model_validate({"server": {"port": 0}, "spawn": spawn})


def agent_of(api, session):
    return {"Authorization": f"Bearer {api.services.tokens.for_session(session['id'])}"}


async def again(api, session, **options):
    body = {"projectId": session["projectId"], "taskIds": session["taskIds"]}
    return await api.call("POST", "/api/sessions/spawn", body | options.pop("body", {}), **options)


async def test_a_refusal_says_which_key_to_raise_and_when_to_come_back(api):
    session = await api.spawned()
    for _ in range(4):
        await again(api, session, status=201)
    body = {"projectId": session["projectId"], "taskIds": session["taskIds"]}
    answer = await api.raw("POST", "/api/sessions/spawn", json=body)
    refusal = await answer.json()
    assert (answer.status, refusal["code"]) == (429, "spawn_rate_limited")
    assert refusal["details"]["setting"] == "spawn.maxPerMinute"
    assert "maxPerMinute under [spawn] in config.toml" in refusal["suggestion"]
    assert answer.headers["Retry-After"] == str(refusal["details"]["retryAfter"])


async def test_a_session_waits_for_a_persons_word(api):
    session = await api.spawned()
    token = agent_of(api, session)
    answer = await again(api, session, body={"role": "orchestrator"}, status=201, headers=token)
    assert answer["session"]["approval"]["state"] == "pending"
    assert "approval" in answer["message"]
    path = f"/api/sessions/{answer['sessionId']}"
    await api.call("POST", f"{path}/claim", {"runnerId": "r"}, status=409)
    await api.call("POST", f"{path}/approve", status=403, headers=token)
    approved = await api.call("POST", f"{path}/approve")
    assert approved["approval"]["state"] == "approved"
    await api.call("POST", f"{path}/deny", {"reason": "late"}, status=409)
    await api.call("POST", f"{path}/claim", {"runnerId": "r"})


async def test_a_denial_carries_its_reason(api):
    session = await api.spawned()
    answer = await again(api, session, body={"role": "orchestrator"}, status=201, headers=agent_of(api, session))
    denied = await api.call("POST", f"/api/sessions/{answer['sessionId']}/deny", {"reason": "not today"})
    assert denied["status"] == "stopped"
    assert "not today" in denied["reason"]
    await api.call("POST", "/api/sessions/sess_none/deny", status=404)


async def test_spawning_is_paused_and_resumed(api):
    session = await api.spawned()
    standing = await api.call("POST", "/api/spawning/pause", {"reason": "enough"})
    assert (standing["paused"], standing["reason"], standing["live"]) == (True, "enough", 1)
    refusal = await again(api, session, status=429)
    assert refusal["code"] == "spawn_paused"
    token = agent_of(api, session)
    await api.call("POST", "/api/spawning/resume", status=403, headers=token)
    assert (await api.call("GET", "/api/spawning", headers=token))["paused"] is True
    assert (await api.call("POST", "/api/spawning/resume"))["paused"] is False
    await again(api, session, status=201)


async def test_how_spawning_stands_in_a_project(api):
    session = await api.spawned()
    await again(api, session, status=201, headers=agent_of(api, session))
    standing = await api.call("GET", f"/api/spawning?projectId={session['projectId']}")
    assert standing["limits"] == {
        "maxDepth": 3,
        "maxLive": 32,
        "maxPerParent": 16,
        "maxPerMinute": 5,
        "claimSeconds": 60,
        "briefBytes": 98_304,
        "roles": {"worker": "allow", "orchestrator": "ask"},
    }
    assert (standing["live"], standing["perMinute"]) == (2, 2)
    assert standing["perParent"] == {session["id"]: 1}
    assert (await api.call("GET", "/api/spawning"))["live"] == 2
    await api.call("GET", "/api/spawning?projectId=proj_none", status=404)
    await api.call("GET", "/api/spawning?projectId=../x", status=400)


async def test_a_restart_answers_as_a_spawn_does_and_once_per_key(api):
    session = await api.spawned()
    path = f"/api/sessions/{session['id']}"
    await api.call("POST", f"{path}/restart", status=409)
    await api.call("PATCH", path, {"status": "stopped"})
    await api.call("POST", f"{path}/restart", {"spawnSource": "web"}, status=400)
    key = {"Idempotency-Key": "k"}
    first = await api.call("POST", f"{path}/restart", {"spawnSource": "ui"}, status=201, headers=key)
    second = await api.call("POST", f"{path}/restart", {"spawnSource": "ui"}, status=201, headers=key)
    assert first == second
    assert (first["success"], first["session"]["restartOf"]) == (True, session["id"])
    assert (await api.call("POST", f"{path}/restart", status=409))["details"]["sessionId"] == first["sessionId"]


async def test_one_that_ends_at_once_is_told_to_wait(api):
    session = await api.spawned()
    path = f"/api/sessions/{session['id']}"
    await api.call("PATCH", path, {"status": "failed"})
    answer = await api.raw("POST", f"{path}/restart")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
    assert (await answer.json())["code"] == "restart_too_soon"


async def test_the_tree_of_a_project(api):
    session = await api.spawned()
    child = (await again(api, session, status=201, headers=agent_of(api, session)))["session"]
    other = await api.spawned()
    tree = await api.call("GET", f"/api/sessions/tree?projectId={session['projectId']}")
    assert [(node["id"], node["depth"]) for node in tree] == [(session["id"], 0)]
    assert [(node["id"], node["depth"]) for node in tree[0]["children"]] == [(child["id"], 1)]
    everything = await api.call("GET", "/api/sessions/tree")
    assert {node["id"] for node in everything} == {session["id"], other["id"]}
    own = await api.call("GET", "/api/sessions/tree", headers=agent_of(api, child))
    assert [node["id"] for node in own] == [session["id"]]
    await api.call("PATCH", f"/api/sessions/{child['id']}", {"status": "stopped"})
    (alive,) = await api.call(
        "GET", f"/api/sessions/tree?active=true&rootSessionId={session['id']}&projectId={session['projectId']}"
    )
    assert alive["children"] == []
