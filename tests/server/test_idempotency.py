"""A POST that is sent twice happens once."""

import asyncio

import pytest


async def send(api, body, key="key-1", path="/api/projects", **headers):
    return await api.raw("POST", path, json=body, headers={"Idempotency-Key": key, **headers})


async def test_the_same_key_and_body_give_the_same_answer(api):
    first = await send(api, {"name": "a", "description": "b"})
    again = await send(api, {"description": "b", "name": "a"})
    assert (first.status, again.status) == (201, 201)
    assert await first.json() == await again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(await api.call("GET", "/api/projects")) == 1


async def test_client_request_id_means_the_same(api):
    body = {"name": "a", "clientRequestId": "mine"}
    first = await api.call("POST", "/api/projects", body, status=201)
    assert await api.call("POST", "/api/projects", body, status=201) == first
    await api.call("POST", "/api/projects", {"name": "a", "clientRequestId": "x" * 201}, status=400)
    await api.call("POST", "/api/projects", {"name": "a", "clientRequestId": 5}, status=400)


@pytest.mark.attack(52)
async def test_another_body_under_the_same_key_is_refused(api):
    await send(api, {"name": "a"})
    refused = await send(api, {"name": "b"})
    assert (refused.status, (await refused.json())["code"]) == (422, "BUSINESS_RULE_ERROR")
    assert len(await api.call("GET", "/api/projects")) == 1


async def test_another_document_under_the_same_key_is_refused(api):
    project = await api.project()
    one, two = await api.task(project["id"], "one"), await api.task(project["id"], "two")
    assert (await send(api, {"message": "x"}, path=f"/api/tasks/{one['id']}/timeline")).status == 200
    assert (await send(api, {"message": "x"}, path=f"/api/tasks/{two['id']}/timeline")).status == 422


async def test_a_key_counts_per_route_and_per_identity(api):
    session = await api.spawned()
    won = await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "runner-1"})
    body = {"projectId": session["projectId"], "title": "same"}
    mine = await (await send(api, body, path="/api/tasks")).json()
    theirs = await send(api, body, path="/api/tasks", Authorization=f"Bearer {won['token']}")
    assert (await theirs.json())["id"] != mine["id"]
    assert (await send(api, {"name": "a"})).status == 201


async def test_a_refused_request_may_be_repaired_under_its_key(api):
    assert (await send(api, {})).status == 400
    assert (await send(api, {"name": "a"})).status == 201


@pytest.mark.attack(53)
async def test_many_at_once_have_one_effect(api):
    answers = await asyncio.gather(*(send(api, {"name": "a"}) for _ in range(20)))
    assert {answer.status for answer in answers} <= {201, 409}
    for answer in answers:
        if answer.status == 409:
            assert answer.headers["Retry-After"] == "1"
    assert len(await api.call("GET", "/api/projects")) == 1


async def test_the_capability_form_is_the_same_request(api):
    first = await (await send(api, {"name": "a"})).json()
    again = await send(api, {"name": "a"}, path=f"/~{api.token}/api/projects")
    assert await again.json() == first


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
@pytest.mark.attack(54)
async def test_a_key_that_is_none(api, key):
    assert (await send(api, {"name": "a"}, key=key)).status == 400
