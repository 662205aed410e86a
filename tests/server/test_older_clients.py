"""What existing clients ask for under names of their own."""

import asyncio
from typing import Any


async def test_digests_of_what_was_said(api):
    session = await api.spawned()
    one = f"/api/sessions/{session['id']}"
    for number in range(7):
        await api.call("POST", f"{one}/timeline", {"type": "progress", "message": f"{number} " + "x" * 200})
    digest = await api.call("GET", f"{one}/log-digest?last=3")
    assert (digest["sessionId"], digest["state"]) == (session["id"], "active")
    assert digest["taskIds"] == session["taskIds"]
    assert [entry["text"][0] for entry in digest["entries"]] == ["4", "5", "6"]
    assert all(len(entry["text"]) == 150 for entry in digest["entries"])
    whole = await api.call("GET", f"{one}/log-digest?maxLength=0")
    assert len(whole["entries"]) == 5
    assert len(whole["entries"][-1]["text"]) == 202
    await api.call("PATCH", one, {"needsInput": {"active": True, "message": "?", "since": 1}})
    several = await api.call("GET", f"/api/sessions/log-digests?sessionIds={session['id']}")
    assert [digest["state"] for digest in several] == ["needs_input"]
    assert await api.call("GET", f"/api/sessions/log-digests?parentSessionId={session['id']}") == []
    await api.call("GET", "/api/sessions/log-digests", status=400)


async def test_documents_of_sessions_and_tasks(api):
    session = await api.spawned()
    (task_id,) = session["taskIds"]
    one, task = f"/api/sessions/{session['id']}/docs", f"/api/tasks/{task_id}/docs"
    plan: dict[str, Any] = {"title": "Plan", "filePath": "/src/plan.md", "content": "# Plan"}
    made = await api.call("POST", one, plan, status=201)
    assert made | plan == made
    assert made["id"]
    assert made["addedAt"]
    other = await api.call("POST", task, plan | {"title": "Notes", "sessionId": session["id"]}, status=201)
    assert [document["id"] for document in await api.call("GET", one)] == [made["id"], other["id"]]
    assert [document["title"] for document in await api.call("GET", task)] == ["Plan", "Notes"]
    await api.call("POST", task, plan, status=400)
    await api.call("POST", one, {"title": "x"}, status=400)
    await api.call("GET", "/api/tasks/task_none/docs", status=404)


async def test_a_prompt_is_typed_by_the_runner(api):
    session = await api.spawned()
    one = f"/api/sessions/{session['id']}"
    await api.call("POST", f"{one}/claim", {"runnerId": "r1", "leaseMs": 60_000})
    await api.call("PATCH", one, {"status": "running", "fence": 1})
    async with await api.socket("?since=0&runner=r1") as socket:
        for mode, enter in (("send", True), ("paste", False)):
            asked = asyncio.create_task(api.call("POST", f"{one}/prompt", {"content": "Go on", "mode": mode}))
            async with asyncio.timeout(30):
                while (frame := await socket.receive_json())["type"] != "order":
                    pass
            order = frame["data"]
            assert (order["text"], order["enter"]) == ("Go on", enter)
            await api.call("POST", f"{one}/orders/{order['orderId']}", {"fence": 1, "done": True})
            assert (await asked)["success"] is True
    await api.call("POST", f"{one}/prompt", {"content": "Go on", "mode": "shout"}, status=400)


async def test_whom_a_task_was_given_to_does_it(api):
    project = await api.project()
    where = {"projectId": project["id"]}
    member = await api.call(
        "POST", "/api/team-members", {**where, "name": "M", "model": "own", "agentTool": "codex"}, status=201
    )
    team = await api.call("POST", "/api/teams", {**where, "name": "T", "leaderId": member["id"]}, status=201)

    async def spawned(given: dict[str, Any], **asked: Any) -> tuple[Any, ...]:
        task = await api.call("POST", "/api/tasks", {**where, "title": "Do", **given}, status=201)
        body = {**where, "taskIds": [task["id"]], **asked}
        session = (await api.call("POST", "/api/sessions/spawn", body, status=201))["session"]
        return session["teamMemberId"], session["role"], session["agent"], session["model"]

    launch = {"launchConfig": {"provider": "claude", "model": "m", "reasoningEffort": "high"}}
    assert await spawned({}) == (None, "worker", None, None)
    assert await spawned({"teamMemberId": member["id"]}) == (member["id"], "worker", "codex", "own")
    assert await spawned({"teamId": team["id"]}) == (member["id"], "orchestrator", "codex", "own")
    assert await spawned({"teamId": team["id"]}, role="worker") == (member["id"], "worker", "codex", "own")
    assert await spawned({"teamMemberId": member["id"], **launch}) == (member["id"], "worker", "claude", "m")
    assert await spawned(launch, agent="gemini") == (None, "worker", "gemini", None)
    assert await spawned({"teamMemberId": "tm_gone", "teamId": "team_gone"}) == (None, "worker", None, None)


async def test_a_letter_wakes_who_waits_for_it(api):
    """The sender is below: it may not write to the session that waits, and need not."""
    lead = await api.spawned()
    body = {"projectId": lead["projectId"], "taskIds": lead["taskIds"], "parentSessionId": lead["id"]}
    worker = (await api.call("POST", "/api/sessions/spawn", body, status=201))["session"]
    waiting = asyncio.create_task(api.call("GET", f"/api/mail/wait/{lead['id']}?timeout=20000"))
    letter = {"fromSessionId": worker["id"], "toSessionId": lead["id"], "type": "query", "subject": "Which?"}
    while not waiting.done():  # a letter that came before it waited is none that it waits for
        await api.call("POST", "/api/mail", letter, status=201)
    assert {one["subject"] for one in await waiting} == {"Which?"}
    inbox = await api.call("GET", f"/api/mail/inbox/{lead['id']}")
    assert inbox[0]["fromSessionId"] == worker["id"]
    await api.call("POST", "/api/mail", {**letter, "toSessionId": None, "scope": "moon"}, status=400)
    await api.call("POST", "/api/mail", {"subject": "x"}, status=400)
