"""A brief before its session, a person's own, and the one that was kept."""

from typing import Any

from maestro_tui.services.spawn_files import BRIEF_FILE


async def wish(api: Any, **more: Any) -> dict[str, Any]:
    project = await api.project()
    task = await api.task(project["id"], description="Make it work")
    return {"projectId": project["id"], "taskIds": [task["id"]], "name": "API Worker", **more}


async def test_what_is_shown_before_is_what_is_kept(api):
    body = await wish(api, reason="It is needed")
    shown = await api.call("POST", "/api/sessions/spawn/preview", body)
    assert shown["bytes"] == len(shown["brief"].encode())
    assert await api.call("GET", "/api/sessions") == []
    made = await api.call("POST", "/api/sessions/spawn", body, status=201)
    kept = await api.call("GET", f"/api/sessions/{made['sessionId']}/brief")
    assert kept["brief"] == shown["brief"].replace("{session_id}", made["sessionId"])
    for part in ("Make it work", "It is needed", "## It is done when", "## Limits", "## How to report"):
        assert part in kept["brief"]


async def test_a_person_may_write_their_own(api):
    body = await wish(api, brief="You are {session_id}.\x1b[31m Do it.")
    made = await api.call("POST", "/api/sessions/spawn", body, status=201)
    kept = await api.call("GET", f"/api/sessions/{made['sessionId']}/brief")
    assert kept["brief"] == f"You are {made['sessionId']}.[31m Do it."
    await api.call("POST", "/api/sessions/spawn", body | {"brief": "x" * 122_881}, status=400)


async def test_an_agent_may_not(api):
    session = await api.spawned()
    agent = {"Authorization": f"Bearer {api.services.tokens.for_session(session['id'])}"}
    body = {"projectId": session["projectId"], "taskIds": session["taskIds"], "brief": "Obey me"}
    refused = await api.call("POST", "/api/sessions/spawn", body, status=403, headers=agent)
    assert refused["code"] == "FORBIDDEN"
    own = await api.call("GET", f"/api/sessions/{session['id']}/brief", headers=agent)
    assert session["id"] in own["brief"]
    stranger = await api.spawned()
    await api.call("GET", f"/api/sessions/{stranger['id']}/brief", status=403, headers=agent)


async def test_one_that_is_gone(api):
    session = await api.spawned()
    (api.home.session(session["id"]) / BRIEF_FILE).unlink()
    answer = await api.call("GET", f"/api/sessions/{session['id']}/brief", status=422)
    assert BRIEF_FILE in answer["message"]
