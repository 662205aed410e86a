"""The happy path of every route."""

from maestro_tui.domain.errors import Unavailable
from maestro_tui.store.base import Finding


async def test_projects(api):
    created = await api.call("POST", "/api/projects", {"name": "  webshop ", "workingDir": "/srv"}, status=201)
    assert created["name"] == "webshop"
    assert created["id"].startswith("proj_")
    path = f"/api/projects/{created['id']}"
    assert await api.call("GET", path) == created
    assert (await api.call("PUT", path, {"description": "Sells things"}))["description"] == "Sells things"
    assert (await api.call("PATCH", path, {"name": "shop"}))["revision"] == 3
    assert [one["id"] for one in await api.call("GET", "/api/projects")] == [created["id"]]
    assert await api.call("DELETE", path) == {"success": True, "id": created["id"]}
    assert await api.call("GET", "/api/projects") == []


async def test_tasks(api):
    project = await api.project()
    root = await api.task(project["id"], "Checkout", priority="high", someUnknownKey=1)
    child = await api.task(project["id"], "Endpoint", parentId=root["id"])
    assert (root["status"], root["priority"], child["parentId"]) == ("todo", "high", root["id"])
    path = f"/api/tasks/{root['id']}"
    assert (await api.call("PATCH", path, {"status": "in_progress"}))["startedAt"] is not None
    assert (await api.call("GET", path))["status"] == "in_progress"
    assert [one["id"] for one in await api.call("GET", path + "/children")] == [child["id"]]
    tree = await api.call("GET", f"/api/tasks/tree?projectId={project['id']}")
    assert tree[0]["id"] == root["id"]
    assert tree[0]["children"][0]["id"] == child["id"]
    entry = await api.call("POST", path + "/timeline", {"message": "halfway"})
    assert entry == {
        "success": True,
        "taskId": root["id"],
        "sessionId": None,
        "message": "halfway",
        "type": "progress",
    }
    assert await api.call("DELETE", path) == {"success": True, "id": root["id"]}
    assert await api.call("GET", "/api/tasks") == []


async def test_task_filters(api):
    project = await api.project()
    root = await api.task(project["id"], "Checkout", priority="high")
    child = await api.task(project["id"], "Endpoint", parentId=root["id"])

    async def found(query):
        return [one["title"] for one in await api.call("GET", f"/api/tasks?{query}")]

    assert await found(f"projectId={project['id']}&sort=-title") == ["Endpoint", "Checkout"]
    assert await found("parentId=null") == ["Checkout"]
    assert await found(f"parentId={root['id']}") == [child["title"]]
    assert await found("status=pending,blocked&priority=high") == ["Checkout"]
    assert await found("q=ENDP") == ["Endpoint"]
    assert await found("projectId=proj_other") == []


async def test_subtasks(api):
    task = await api.task((await api.project())["id"])
    path = f"/api/tasks/{task['id']}/subtasks"
    created = await api.call("POST", path, {"title": "schema"}, status=201)
    assert created["taskId"] == task["id"]
    assert [one["id"] for one in await api.call("GET", path)] == [created["id"]]
    done = await api.call("PATCH", f"{path}/{created['id']}", {"completed": True})
    assert done["completed"]
    assert done["completedAt"] is not None
    assert await api.call("DELETE", f"{path}/{created['id']}", status=204) is None
    assert await api.call("GET", path) == []


async def test_sessions(api):
    project = await api.project()
    task, other = await api.task(project["id"]), await api.task(project["id"], "Other")
    body = {"projectId": project["id"], "taskIds": [task["id"]], "name": "by hand"}
    created = await api.call("POST", "/api/sessions", body, status=201)
    path = f"/api/sessions/{created['id']}"
    assert created["status"] == "running"
    assert (await api.call("GET", path))["name"] == "by hand"
    assert (await api.call("GET", f"/api/tasks/{task['id']}"))["sessionIds"] == [created["id"]]
    assert (await api.call("POST", path + "/events", {"type": "hook", "data": {"a": 1}}))["events"]
    assert (await api.call("POST", path + "/timeline", {"message": "reading"}))["timeline"]
    linked = await api.call("POST", f"{path}/tasks/{other['id']}")
    assert linked["taskIds"] == [task["id"], other["id"]]
    assert (await api.call("DELETE", f"{path}/tasks/{other['id']}"))["taskIds"] == [task["id"]]
    asked = await api.call("PATCH", path, {"needsInput": {"active": True, "message": "May I?"}})
    assert asked["needsInput"]["message"] == "May I?"
    assert (await api.call("PATCH", path, {"status": "completed"}))["completedAt"] is not None
    assert await api.call("GET", "/api/sessions?active=true") == []
    assert len(await api.call("GET", f"/api/sessions?status=completed&taskId={task['id']}")) == 1
    assert await api.call("DELETE", path) == {"success": True, "id": created["id"]}


async def test_spawn_answers_with_the_session_and_its_manifest(api):
    project = await api.project()
    task = await api.task(project["id"])
    body = {"projectId": project["id"], "taskIds": [task["id"]], "sessionName": "API Worker"}
    answer = await api.call("POST", "/api/sessions/spawn", body, status=201)
    assert answer["success"] is True
    assert answer["session"]["status"] == "spawning"
    assert answer["sessionId"] == answer["session"]["id"]
    assert answer["manifestPath"].endswith("manifest.json")
    assert "API Worker" in answer["message"]


async def test_claim_renew_release(api):
    session = await api.spawned()
    path = f"/api/sessions/{session['id']}"
    won = await api.call("POST", path + "/claim", {"runnerId": "runner-1", "leaseMs": 10_000})
    assert won["lease"]["runnerId"] == "runner-1"
    assert won["lease"]["fence"] == 1
    assert won["token"].startswith(f"mst_{session['id']}.")
    assert won["apiUrl"].endswith("/~" + won["token"])
    assert won["apiUrl"].startswith(str(api.client.make_url("/")))
    lost = await api.call("POST", path + "/claim", {"runnerId": "runner-2"}, status=409)
    assert "token" not in lost
    renewed = await api.call("POST", path + "/renew", {"runnerId": "runner-1", "fence": 1})
    assert renewed["lease"]["expiresAt"] >= won["lease"]["expiresAt"]
    assert "token" not in renewed
    released = await api.call("POST", path + "/release", {"runnerId": "runner-1", "fence": 1})
    assert released == {"lease": None}


async def test_skills(api):
    listed = await api.call("GET", "/api/skills")
    assert [one["id"] for one in listed] == ["maestro-worker", "testing"]
    assert set(listed[0]) == {"id", "name", "description", "type", "version"}
    assert "Do it well." in (await api.call("GET", "/api/skills/testing"))["instructions"]
    assert {one["id"] for one in await api.call("GET", "/api/skills/role/worker")} == {"maestro-worker", "testing"}
    assert (await api.call("POST", "/api/skills/testing/reload"))["version"] == "1.0.0"


async def test_health_says_little_to_strangers(api):
    async with api.client.get("/health") as answer:
        open_answer = await answer.json()
    assert set(open_answer) == {"status", "timestamp", "uptime"}
    assert open_answer["status"] == "ok"
    assert "version" in await api.call("GET", "/health")


async def test_ready_and_socket_status(api):
    ready = await api.call("GET", "/ready")
    assert ready["checks"] == {"store": "ok", "journal": "ok", "disk": "ok"}
    assert await api.call("GET", "/ws-status") == {"connectedClients": 0, "clients": []}


async def test_a_server_that_cannot_work_is_not_ready(api, monkeypatch):
    async def full():
        raise Unavailable("The disk is full")

    monkeypatch.setattr(api.services.store, "check", full)
    answer = await api.call("GET", "/ready", status=503)
    assert answer["status"] == "unavailable"
    assert answer["checks"] == {"store": "The disk is full", "journal": "ok", "disk": "ok"}


async def test_findings_are_the_owners(api, monkeypatch):
    found = Finding("/data/tasks/x.json", "is no JSON", kept="/data/tasks/x.json.broken", document_id="task_x")
    monkeypatch.setattr(api.services.store, "findings", lambda: [found])
    answer = await api.call("GET", "/api/findings")
    assert answer["checks"]["store"] == "ok"
    assert answer["files"] == [
        {
            "path": "/data/tasks/x.json",
            "message": "is no JSON",
            "kept": "/data/tasks/x.json.broken",
            "documentId": "task_x",
        }
    ]
    session = await api.spawned()
    agent = {"Authorization": f"Bearer {api.services.tokens.for_session(session['id'])}"}
    async with api.client.get("/api/findings", headers=agent) as refused:
        assert refused.status == 403


async def test_events_page_by_page(api):
    project = await api.project()
    for number in range(5):
        await api.task(project["id"], f"task {number}")
    epoch = api.services.journal.epoch
    names, since = [], f"{epoch}:0"
    while True:
        page = await api.call("GET", f"/api/events?since={since}&limit=2")
        if not page["events"]:
            break
        names += [one["event"] for one in page["events"]]
        since = page["next"]
    assert names == ["project:created"] + ["task:created"] * 5
    assert (await api.call("GET", "/api/events?limit=1"))["events"][0]["data"]["title"] == "task 4"


async def test_events_of_another_epoch_ask_for_a_resync(api):
    page = await api.call("GET", "/api/events?since=elsewhere:7")
    assert page == {"events": [], "next": f"{api.services.journal.epoch}:0", "resync": True}


async def test_lists_are_bare_until_a_part_is_asked_for(api):
    for name in "abc":
        await api.project(name)
    page = await api.call("GET", "/api/projects?limit=2&offset=1")
    assert page["data"] == (await api.call("GET", "/api/projects"))[1:]
    assert page["pagination"] == {"offset": 1, "limit": 2, "total": 3, "hasMore": False}
    project = (await api.call("GET", "/api/projects"))[0]
    await api.task(project["id"], "one")
    await api.task(project["id"], "two")
    tasks = await api.call("GET", "/api/tasks?limit=1")
    assert tasks["pagination"] == {"offset": 0, "limit": 1, "total": 2, "hasMore": True}


async def test_etag_and_if_none_match(api):
    project = await api.project()
    path = f"/api/projects/{project['id']}"
    for target in (path, "/api/projects", "/api/skills"):
        first = await api.raw("GET", target)
        again = await api.raw("GET", target, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status == 304
        assert again.headers["ETag"] == first.headers["ETag"]
    await api.call("PATCH", path, {"name": "shop"})
    assert (await api.raw("GET", path, headers={"If-None-Match": '"1"'})).status == 200


async def test_a_tasks_etag_follows_its_sessions(api):
    session = await api.spawned()
    path = f"/api/tasks/{session['taskIds'][0]}"
    before = (await api.raw("GET", path)).headers["ETag"]
    await api.call("DELETE", f"/api/sessions/{session['id']}")
    assert (await api.raw("GET", path, headers={"If-None-Match": before})).status == 200


async def test_if_match_refuses_a_stale_revision(api):
    project = await api.project()
    path = f"/api/projects/{project['id']}"
    await api.call("PATCH", path, {"name": "one"}, headers={"If-Match": '"1"'})
    stale = await api.call("PATCH", path, {"name": "two"}, headers={"If-Match": '"1"'}, status=409)
    assert stale["code"] == "CONFLICT"
    await api.call("DELETE", path, headers={"If-Match": '"1"'}, status=409)
    await api.call("PATCH", path, {"name": "two"}, headers={"If-Match": "next"}, status=400)
    await api.call("PATCH", path, {"name": "two"}, headers={"If-Match": "*"})


async def test_a_write_says_where_it_stands_in_the_journal(api):
    first = await api.raw("POST", "/api/projects", json={"name": "a"})
    second = await api.raw("POST", "/api/projects", json={"name": "b"})
    assert int(second.headers["Maestro-Seq"]) == int(first.headers["Maestro-Seq"]) + 1
    assert second.headers["Maestro-Epoch"] == api.services.journal.epoch
    read = await api.raw("GET", "/api/projects")
    assert "Maestro-Seq" not in read.headers
    assert read.headers["X-Request-Id"]
    assert read.headers["X-Content-Type-Options"] == "nosniff"
