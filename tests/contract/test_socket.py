"""Contract 3: what is said on the socket, and in which order."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest

Connect = Callable[..., AbstractAsyncContextManager[Any]]
SECONDS = 5


@pytest.fixture
async def connect(http: Any) -> AsyncIterator[Connect]:
    """Open a socket: `connect(query, path="/ws", client=http)`."""
    async with aiohttp.ClientSession() as browser:

        @asynccontextmanager
        async def opened(
            query: str = "", path: str = "/ws", client: Any = http, **headers: str
        ) -> AsyncIterator[Any]:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if client.token:
                sent.setdefault("Authorization", f"Bearer {client.token}")
            url = f"{http.url}{client.base}{path}{query}".replace("http", "ws", 1)
            async with browser.ws_connect(url, headers=sent) as socket:
                yield socket

        yield opened


async def read(socket: Any, *, until: Callable[[Any], bool]) -> list[Any]:
    """Every frame up to the first that fits; each is one object."""
    frames = []
    while not frames or not until(frames[-1]):
        message = await socket.receive(timeout=SECONDS)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        frames.append(json.loads(message.data))
        assert isinstance(frames[-1], dict)
    return frames


def is_(kind: str) -> Callable[[Any], bool]:
    return lambda frame: frame["type"] == kind


async def settled(socket: Any) -> list[Any]:
    """What has been sent until the answer to a ping."""
    await socket.send_json({"type": "ping", "id": "settled"})
    return (await read(socket, until=lambda frame: frame.get("id") == "settled"))[:-1]


async def change(http: Any, *request: Any) -> Any:
    answer = await asyncio.to_thread(http, *request)
    assert answer.status < 300, answer
    return answer


async def test_a_plain_client_gets_live_events_only(http: Any, connect: Connect, project: Any, task: Any) -> None:
    for path in ("/ws", "/", "/ws/"):
        async with connect(path=path) as socket:
            assert await settled(socket) == []
            answer = await change(http, "PATCH", f"/api/tasks/{task['id']}", {"title": f"At {path}"})
            (frame,) = await read(socket, until=is_("task:updated"))
            assert set(frame) == {"type", "event", "data", "timestamp", "epoch", "seq"}
            assert frame["type"] == frame["event"]
            assert frame["data"] == answer.json
            assert frame["seq"] == int(answer.headers["maestro-seq"])
            assert type(frame["timestamp"]) is int


async def test_the_whole_state(http: Any, connect: Connect, project: Any, task: Any, session: Any) -> None:
    async with connect("?since=0") as socket:
        hello, *rest = await read(
            socket, until=lambda f: f["type"] == "snapshot" and f["data"]["part"] == f["data"]["of"]
        )
        assert hello["type"] == hello["event"] == "hello"
        assert set(hello["data"]) == {"epoch", "seq", "mode", "heartbeatMs", "serverVersion", "protocol", "limits"}
        assert hello["data"]["mode"] == "snapshot"
        assert [frame["data"]["part"] for frame in rest] == list(range(1, len(rest) + 1))
        for kind, document in (("projects", project), ("sessions", session)):
            held = {one["id"]: one for frame in rest for one in frame["data"][kind]}
            assert held[document["id"]] == http.get(f"/api/{kind}/{document['id']}")
        tasks = [one for frame in rest for one in frame["data"]["tasks"] if one["id"] == task["id"]]
        assert tasks[0]["sessionIds"] == [session["id"]]
        answer = await change(http, "PATCH", f"/api/tasks/{task['id']}", {"title": "Live"})
        live = await read(socket, until=is_("task:updated"))
        assert live[-1]["seq"] == int(answer.headers["maestro-seq"])


async def test_replay_is_everything_after_a_position(http: Any, connect: Connect, project: Any) -> None:
    start = http.get("/api/events")["next"]
    epoch, seq = start.split(":")
    for number in range(5):
        http.make("/api/tasks", {"projectId": project["id"], "title": f"T{number}"})
    for query in (f"?since={start}", f"?since={seq}&epoch={epoch}"):
        async with connect(query) as socket:
            hello, *missed = await settled(socket)
            assert hello["data"]["mode"] == "replay"
            assert hello["data"]["epoch"] == epoch
            assert [frame["seq"] for frame in missed] == list(range(int(seq) + 1, hello["data"]["seq"] + 1))
            http.make("/api/tasks", {"projectId": project["id"], "title": "Live"})
            (live,) = await read(socket, until=is_("task:created"))
            assert live["seq"] == hello["data"]["seq"] + 1
            seq = str(int(seq))


@pytest.mark.parametrize("since", ["other:3", "abc", "-1", "9" * 30, "{epoch}:99999999", "%00", ""])
async def test_a_position_nobody_knows_gives_the_state(http: Any, connect: Connect, since: str) -> None:
    epoch = http.get("/api/events")["next"].split(":")[0]
    async with connect("?since=" + since.format(epoch=epoch)) as socket:
        hello, *_ = await read(socket, until=is_("snapshot"))
        assert hello["data"]["mode"] == "snapshot"


async def test_ping(connect: Connect) -> None:
    async with connect() as socket:
        for identifier in (None, 7, "x"):
            await socket.send_json({"type": "ping"} | ({} if identifier is None else {"id": identifier}))
            pong = await socket.receive_json(timeout=SECONDS)
            assert pong["type"] == "pong"
            assert type(pong["timestamp"]) is int
            assert pong.get("id") == identifier


async def test_subscribing(http: Any, connect: Connect, project: Any, task: Any, session: Any) -> None:
    other = http.make("/api/tasks", {"projectId": project["id"], "title": "Other"})
    elsewhere = http.make("/api/projects", {"name": "Elsewhere"})
    async with connect() as socket:
        for wish, seen in (
            ({"projectId": project["id"]}, {task["id"], other["id"], session["id"]}),
            ({"taskIds": [task["id"]]}, {task["id"], session["id"]}),
            ({"sessionIds": [session["id"]]}, {session["id"]}),
        ):
            await socket.send_json({"type": "subscribe", **wish})
            answer = await socket.receive_json(timeout=SECONDS)
            assert answer["type"] == "subscribed"
            for kind, one in (("tasks", task), ("tasks", other), ("sessions", session), ("projects", elsewhere)):
                field = "title" if kind == "tasks" else "name"
                await change(http, "PATCH", f"/api/{kind}/{one['id']}", {field: f"For {sorted(wish)}"})
            assert {frame["data"]["id"] for frame in await settled(socket)} == seen, wish
            await socket.send_json({"type": "unsubscribe"})
            assert (await socket.receive_json(timeout=SECONDS))["type"] == "unsubscribed"
        await change(http, "PATCH", f"/api/projects/{elsewhere['id']}", {"name": "All again"})
        assert [frame["data"]["id"] for frame in await settled(socket)] == [elsewhere["id"]]


@pytest.mark.parametrize(
    "said",
    [
        "not json",
        "[]",
        '"x"',
        "{}",
        '{"type":"session:spawn_request","data":{}}',
        '{"type":7}',
        '{"type":"subscribe","taskIds":"x"}',
        '{"type":"subscribe","projectId":"../x"}',
        b"\x00\x01",
    ],
    ids=repr,
)
async def test_anything_else_is_an_error_and_the_connection_lives(connect: Connect, said: str | bytes) -> None:
    async with connect() as socket, connect() as witness:
        await (socket.send_bytes(said) if isinstance(said, bytes) else socket.send_str(said))
        answer = await socket.receive_json(timeout=SECONDS)
        assert answer["type"] == "error"
        assert answer["code"] == "VALIDATION_ERROR"
        assert answer["message"]
        assert await settled(socket) == []
        assert await settled(witness) == []


async def test_the_events_of_every_change(http: Any, connect: Connect) -> None:
    """Each change and what is told of it, in order, without a number left out."""
    async with connect() as socket:
        project = http.make("/api/projects", {"name": "P"})
        task = http.make("/api/tasks", {"projectId": project["id"], "title": "T"})
        one = f"/api/tasks/{task['id']}"
        step = http.make(f"{one}/subtasks", {"title": "S"})
        http("PATCH", f"{one}/subtasks/{step['id']}", {"completed": True})
        http("DELETE", f"{one}/subtasks/{step['id']}")
        session = http.make("/api/sessions", {"projectId": project["id"], "name": "S"})
        link = f"/api/sessions/{session['id']}/tasks/{task['id']}"
        http("POST", link)
        http("DELETE", link)
        http("PATCH", one, {"status": "blocked", "reason": "R"})
        http("PATCH", one, {"status": "completed"})
        http("PATCH", f"/api/sessions/{session['id']}", {"needsInput": {"active": True, "message": "?"}})
        http("PATCH", f"/api/sessions/{session['id']}", {"status": "failed"})
        http("DELETE", f"/api/sessions/{session['id']}")
        http("DELETE", one)
        http("PATCH", f"/api/projects/{project['id']}", {"name": "Q"})
        http("DELETE", f"/api/projects/{project['id']}")
        frames = await read(socket, until=is_("project:deleted"))
    numbers = [frame["seq"] for frame in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    told = [frame["type"] for frame in frames]
    linked = {"task:session_added", "session:task_added"}
    parted = {"task:session_removed", "session:task_removed"}
    assert told[:8] == [
        "project:created",
        "task:created",
        "subtask:created",
        "task:updated",
        "subtask:updated",
        "task:updated",
        "subtask:deleted",
        "task:updated",
    ]
    assert told[8] == "session:created"
    assert linked <= set(told)
    assert parted <= set(told)
    for name in ("notify:task_blocked", "notify:task_completed", "notify:needs_input", "notify:session_failed"):
        assert name in told, name
    assert [name for name in told if name.endswith(":deleted")] == [
        "subtask:deleted",
        "session:deleted",
        "task:deleted",
        "project:deleted",
    ]
    data = {frame["type"]: frame["data"] for frame in frames}
    assert set(data["subtask:created"]) == {"taskId", "subtask"}
    assert data["subtask:deleted"] == {"taskId": task["id"], "subtaskId": step["id"]}
    assert data["session:deleted"] == {"id": session["id"]}
    assert data["task:deleted"] == {"id": task["id"]}
    assert data["project:deleted"] == {"id": project["id"]}
    assert data["task:session_added"] == {"taskId": task["id"], "sessionId": session["id"]}
    assert data["project:updated"]["name"] == "Q"


async def test_a_session_s_timeline_in_an_event_is_short(http: Any, connect: Connect, session: Any) -> None:
    one = f"/api/sessions/{session['id']}"
    http("PATCH", one, {"timeline": [{"message": str(number)} for number in range(30)]})
    async with connect() as socket:
        http("PATCH", one, {"name": "N"})
        (frame,) = await read(socket, until=is_("session:updated"))
    assert [entry["message"] for entry in frame["data"]["timeline"]] == [str(number) for number in range(10, 30)]
    assert len(http.get(one)["timeline"]) == 30


async def test_claiming_is_told(http: Any, connect: Connect, project: Any, task: Any) -> None:
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    async with connect() as socket:
        http.make(f"/api/sessions/{spawned['sessionId']}/claim", {"runnerId": "r", "leaseMs": 60_000})
        frames = await read(socket, until=is_("session:claimed"))
    assert "token" not in json.dumps(frames)
    assert frames[-1]["data"]["lease"]["runnerId"] == "r"


async def test_lost_output_is_told(http: Any, connect: Connect, session: Any) -> None:
    async with connect() as socket:
        report = {"type": "output_gap", "data": {"start": 5, "end": 9}}
        http.make(f"/api/sessions/{session['id']}/events", report)
        *_, gap = await read(socket, until=is_("session:output_gap"))
        http("PATCH", f"/api/sessions/{session['id']}", {"name": "Renamed"})
        later = [frame["type"] for frame in await settled(socket)]
    assert gap["data"] == {"sessionId": session["id"], "start": 5, "end": 9}
    assert later == ["session:updated"]


async def test_who_may_connect(http: Any, connect: Connect, agent: tuple[Any, Any]) -> None:
    client, _ = agent
    stranger = http.as_(None)
    token = client.base.removeprefix("/~")
    async with connect(f"?token={token}", client=stranger) as socket:
        assert await settled(socket) == []
    async with connect(client=client) as socket:
        assert await settled(socket) == []
    for refused, status in (
        ({"client": stranger}, 401),
        ({"client": stranger, "query": "?token=wrong"}, 401),
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "evil.example"}, 421),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            async with connect(**refused):
                pass
        assert caught.value.status == status, refused


async def test_an_agent_sees_its_own_project_only(http: Any, connect: Connect, agent: tuple[Any, Any]) -> None:
    client, session = agent
    other = http.make("/api/projects", {"name": "Other"})
    async with connect("?since=0", client=client) as socket:
        state = await read(
            socket, until=lambda f: f["type"] == "snapshot" and f["data"]["part"] == f["data"]["of"]
        )
        await socket.send_json({"type": "subscribe", "projectId": other["id"]})
        http("PATCH", f"/api/projects/{other['id']}", {"name": "Secret"})
        seen = json.dumps([*state, *await settled(socket)][1:])
    assert session["projectId"] in seen
    assert "Secret" not in seen


async def test_the_end_of_a_session_ends_its_connection(
    http: Any, connect: Connect, agent: tuple[Any, Any]
) -> None:
    client, session = agent
    async with connect(client=client) as socket:
        await settled(socket)
        http("PATCH", f"/api/sessions/{session['id']}", {"status": "completed"})
        message = await socket.receive(timeout=SECONDS)
        while message.type is aiohttp.WSMsgType.TEXT:
            message = await socket.receive(timeout=SECONDS)
        assert socket.close_code == 4401


async def test_a_stopping_server_says_so_and_its_clients_resume(fresh: Any) -> None:
    http = await asyncio.to_thread(fresh.start)
    project = http.make("/api/projects", {"name": "P"})
    position = http.get("/api/events")["next"]
    url = f"{http.url}/ws?token={http.token}".replace("http", "ws", 1)
    async with aiohttp.ClientSession() as browser, browser.ws_connect(url) as socket:
        stopped = asyncio.create_task(asyncio.to_thread(fresh.stop))
        goodbye = await socket.receive(timeout=SECONDS)
        assert goodbye.data in (1001, 4101)
        await stopped
    http = await asyncio.to_thread(fresh.start)
    http("PATCH", f"/api/projects/{project['id']}", {"name": "Q"})
    url = f"{http.url}/ws?token={http.token}&since={position}".replace("http", "ws", 1)
    async with aiohttp.ClientSession() as browser, browser.ws_connect(url) as socket:
        hello = await socket.receive_json(timeout=SECONDS)
        assert hello["data"]["mode"] == "replay"
        assert (await socket.receive_json(timeout=SECONDS))["data"]["name"] == "Q"
