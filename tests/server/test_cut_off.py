"""A keyed request that is cut off after its effect and sent again: the effect is there once."""

import asyncio

import pytest

from maestro_tui.domain.errors import Unavailable
from maestro_tui.services.event_bus import EventBus


async def prepared(api):
    project = await api.project()
    task = await api.task(project["id"])
    session = await api.call("POST", "/api/sessions", {"projectId": project["id"], "name": "s"}, status=201)
    return project["id"], task["id"], session["id"]


REQUESTS = {
    "project": lambda *_: ("/api/projects", {"name": "new"}),
    "task": lambda project, *_: ("/api/tasks", {"projectId": project, "title": "new"}),
    "subtask": lambda _, task, __: (f"/api/tasks/{task}/subtasks", {"title": "new"}),
    "task timeline": lambda _, task, __: (f"/api/tasks/{task}/timeline", {"message": "new"}),
    "session": lambda project, task, _: ("/api/sessions", {"projectId": project, "taskIds": [task]}),
    "session timeline": lambda _, __, session: (f"/api/sessions/{session}/timeline", {"message": "new"}),
    "session event": lambda _, __, session: (f"/api/sessions/{session}/events", {"type": "new"}),
    "spawn": lambda project, task, _: ("/api/sessions/spawn", {"projectId": project, "taskIds": [task]}),
}


async def everything(api, project, task, session):
    """How much there is of all that a request may make."""
    task = await api.call("GET", f"/api/tasks/{task}")
    session = await api.call("GET", f"/api/sessions/{session}")
    return (
        len(await api.call("GET", "/api/projects")),
        len(await api.call("GET", "/api/tasks")),
        len(await api.call("GET", "/api/sessions")),
        *(len(document[name]) for document in (task, session) for name in ("timeline",)),
        len(task["subtasks"]),
        len(session["events"]),
    )


@pytest.mark.parametrize("kind", REQUESTS)
async def test_what_failed_after_its_effect_is_made_once(api, kind, monkeypatch):
    """The journal refuses each of the request's announcements once, as on a disk that has just filled up."""
    ids = await prepared(api)
    path, body = REQUESTS[kind](*ids)
    before = await everything(api, *ids)
    real, seen, failures = EventBus.publish, [], 0

    async def refuse(bus, *events):
        await real(bus, *events)
        seen.append(events)
        if len(seen) == failures + 1:
            raise Unavailable("the disk is full")

    monkeypatch.setattr(EventBus, "publish", refuse)
    headers = {"Idempotency-Key": "once"}
    while (answer := await api.raw("POST", path, json=body, headers=headers)).status == 503:
        failures, _ = failures + 1, seen.clear()
    assert failures >= 1
    assert answer.status in (200, 201)
    after = await everything(api, *ids)
    monkeypatch.undo()
    another = await api.raw("POST", path, json=body, headers={"Idempotency-Key": "another"})
    assert another.status in (200, 201)
    twice = await everything(api, *ids)
    assert [b - a for a, b in zip(before, after, strict=True)] == [
        b - a for a, b in zip(after, twice, strict=True)
    ]
    assert after != before


async def test_an_answer_that_cannot_be_kept_does_not_block_its_key(api, monkeypatch):
    records = api.services.idempotency
    real = records.finish

    async def refuse(scope, key, answer):
        monkeypatch.setattr(type(records), "finish", lambda self, *rest: real(*rest))
        await records.suspend(scope, key)
        raise Unavailable("the disk is full")

    monkeypatch.setattr(type(records), "finish", lambda self, *rest: refuse(*rest))
    headers = {"Idempotency-Key": "once"}
    first = await api.raw("POST", "/api/projects", json={"name": "a"}, headers=headers)
    again = await asyncio.wait_for(api.raw("POST", "/api/projects", json={"name": "a"}, headers=headers), 5)
    assert (first.status, again.status) == (503, 201)
    assert len(await api.call("GET", "/api/projects")) == 1


async def test_a_restart_that_failed_after_its_effect_is_made_once(api, monkeypatch):
    session = await api.spawned()
    await api.call("PATCH", f"/api/sessions/{session['id']}", {"status": "stopped"})
    real = EventBus.publish

    async def refuse(bus, *events):
        await real(bus, *events)
        raise Unavailable("the disk is full")

    path, headers = f"/api/sessions/{session['id']}/restart", {"Idempotency-Key": "once"}
    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", refuse)
        await api.call("POST", path, {}, status=503, headers=headers)
    answer = await api.call("POST", path, {}, status=201, headers=headers)
    assert answer["session"]["restartOf"] == session["id"]
    assert len(await api.call("GET", "/api/sessions")) == 2
    task = await api.call("GET", f"/api/tasks/{session['taskIds'][0]}")
    started = [entry["sessionId"] for entry in task["timeline"] if entry["type"] == "session_started"]
    assert started == [session["id"], answer["sessionId"]]
