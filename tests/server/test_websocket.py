"""The socket of the real application: opening, resuming, falling behind, and ending."""

import asyncio
import contextlib
import json

import aiohttp
import pytest
from aiohttp import WSMsgType

from maestro_tui.domain.events import Event, EventName
from maestro_tui.server import connection
from maestro_tui.server.dependencies import SocketLimits
from maestro_tui.server.hub import QueueLimits


async def take(socket, count):
    """The next frames, without the socket's own heartbeats."""
    frames = []
    async with asyncio.timeout(10):
        while len(frames) < count:
            frame = await socket.receive_json()
            if frame["type"] != "heartbeat":
                frames.append(frame)
    return frames


async def closed_with(socket):
    async with asyncio.timeout(10):
        while True:
            message = await socket.receive()
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return socket.close_code


async def opening(socket):
    """hello, the whole snapshot if there is one, and its documents."""
    [hello] = await take(socket, 1)
    documents = {"projects": [], "tasks": [], "sessions": []}
    part = of = 0 if hello["data"]["mode"] == "replay" else 1
    while part <= of and of:
        [frame] = await take(socket, 1)
        assert frame["type"] == frame["event"] == "snapshot"
        assert frame["data"]["part"] == part
        of, part = frame["data"]["of"], part + 1
        for kind in documents:
            documents[kind] += frame["data"][kind]
    return hello, documents


@pytest.mark.parametrize("path", ["/ws", "/"])
async def test_a_plain_client_gets_live_events_only(api, path):
    await api.project("before")
    async with await api.socket(path=path) as socket:
        await socket.send_json({"type": "ping", "id": 1})
        assert (await take(socket, 1))[0]["type"] == "pong"
        project = await api.project("after")
        [frame] = await take(socket, 1)
        assert frame == {
            "type": "project:created",
            "event": "project:created",
            "data": project,
            "timestamp": frame["timestamp"],
            "epoch": api.services.journal.epoch,
            "seq": 2,
        }


async def test_since_0_gives_hello_the_state_and_then_what_happens(api):
    session = await api.spawned()
    async with await api.socket("?since=0") as socket:
        hello, documents = await opening(socket)
        assert set(hello["data"]) == {
            "epoch",
            "seq",
            "mode",
            "heartbeatMs",
            "serverVersion",
            "protocol",
            "limits",
        }
        assert (hello["data"]["mode"], hello["data"]["protocol"]) == ("snapshot", 1)
        assert hello["data"]["seq"] == api.services.journal.seq
        assert [one["id"] for one in documents["projects"]] == [session["projectId"]]
        assert [one["id"] for one in documents["tasks"]] == session["taskIds"]
        assert documents["tasks"][0]["sessionIds"] == [session["id"]]
        assert [one["status"] for one in documents["sessions"]] == ["spawning"]
        await api.project("later")
        assert (await take(socket, 1))[0]["seq"] == hello["data"]["seq"] + 1


async def test_a_large_state_comes_in_parts(api):
    project = await api.project()
    for number in range(12):
        await api.task(project["id"], f"task {number}", description="x" * 60_000)
    async with await api.socket("?since=0") as socket:
        _, documents = await opening(socket)
        assert sorted(one["title"] for one in documents["tasks"]) == sorted(
            f"task {number}" for number in range(12)
        )


async def test_a_known_position_is_continued(api):
    for name in "abcd":
        await api.project(name)
    epoch = api.services.journal.epoch
    for query in (f"?since={epoch}:2", f"?since=2&epoch={epoch}"):
        async with await api.socket(query) as socket:
            hello, *missed = await take(socket, 3)
            assert hello["data"]["mode"] == "replay"
            assert [frame["data"]["name"] for frame in missed] == ["c", "d"]


@pytest.mark.parametrize(
    "since",
    ["elsewhere:1", "{epoch}:99", "-1", "abc", "9223372036854775808", "{epoch}:-1", "x" * 5000 + ":1", ":", ""],
)
@pytest.mark.attack(59)
async def test_an_unknown_position_gets_the_state(api, since):
    await api.project()
    since = since.format(epoch=api.services.journal.epoch)
    async with await api.socket(f"?since={since}") as socket:
        hello, documents = await opening(socket)
        assert hello["data"]["mode"] == "snapshot"
        assert len(documents["projects"]) == 1


async def test_a_client_that_drops_and_resumes_misses_and_doubles_nothing(api):
    total, seen, epoch = 120, [], api.services.journal.epoch

    async def write():
        for number in range(total):
            await api.project(f"p{number}")

    async def listen():
        drops = 0
        while len(seen) < total:
            since = f"{epoch}:{seen[-1] if seen else 0}"
            async with await api.socket(f"?since={since}") as socket:
                await take(socket, 1)
                for _ in range(7):
                    if len(seen) < total:
                        seen.append((await take(socket, 1))[0]["seq"])
            drops += 1
        return drops

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(write())
        drops = group.create_task(listen())
    assert seen == list(range(1, total + 1))
    assert drops.result() > 10


async def test_subscriptions_filter_what_arrives(api):
    one, other = await api.project("one"), await api.project("other")
    async with await api.socket() as socket:
        await socket.send_json({"type": "subscribe", "projectId": one["id"]})
        assert await take(socket, 1) == [{"type": "subscribed", "projectId": one["id"]}]
        await api.task(other["id"], "not wanted")
        await api.task(one["id"], "wanted")
        assert (await take(socket, 1))[0]["data"]["title"] == "wanted"
        await socket.send_json({"type": "unsubscribe"})
        assert await take(socket, 1) == [{"type": "unsubscribed"}]
        await api.task(other["id"], "now wanted")
        assert (await take(socket, 1))[0]["data"]["title"] == "now wanted"


async def test_a_filtered_snapshot(api):
    one, other = await api.project("one"), await api.project("other")
    await api.task(other["id"])
    async with await api.socket(f"?since=0&projectId={one['id']}") as socket:
        _, documents = await opening(socket)
        assert [project["name"] for project in documents["projects"]] == ["one"]
        assert documents["tasks"] == []


async def test_what_is_not_understood_is_answered_and_the_connection_lives(api):
    async with await api.socket() as socket:
        await socket.send_str("{")
        await socket.send_bytes(b"\x00\xff")
        await socket.send_json({"type": "session:spawn_request", "data": {"spoofed": True}})
        frames = await take(socket, 3)
        assert {frame["type"] for frame in frames} == {"error"}
        await api.project()
        assert (await take(socket, 1))[0]["type"] == "project:created"
    assert api.services.journal.seq == 1


@pytest.mark.attack(62)
async def test_a_session_is_shown_its_own_project_only(api):
    session = await api.spawned()
    other = await api.project("other")
    won = await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "runner-1"})
    async with api.client.ws_connect(f"/~{won['token']}/ws?since=0") as socket:
        _, documents = await opening(socket)
        assert [one["id"] for one in documents["projects"]] == [session["projectId"]]
        await socket.send_json({"type": "subscribe", "projectId": other["id"]})
        assert [one["type"] for one in await take(socket, 1)] == ["subscribed"]
        await api.task(other["id"], "hidden")
        await socket.send_json({"type": "unsubscribe"})
        assert [one["type"] for one in await take(socket, 1)] == ["unsubscribed"]
    since = f"{api.services.journal.epoch}:0"
    async with api.client.ws_connect(f"/~{won['token']}/ws?since={since}") as socket:
        [hello] = await take(socket, 1)
        await api.task(session["projectId"], "shown")
        replayed = [hello]
        while replayed[-1]["data"].get("title") != "shown":
            replayed += await take(socket, 1)
        assert hello["data"]["mode"] == "replay"
        assert other["id"] not in json.dumps(replayed)
        await api.call("PATCH", f"/api/sessions/{session['id']}", {"status": "completed"})
        assert await closed_with(socket) == 4401


async def test_too_many_connections(api):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(await api.socket())
        assert (await api.call("GET", "/ws-status"))["connectedClients"] == 5
        one_more = await api.socket()
        assert await closed_with(one_more) == 4429
    await api.project()
    async with await api.socket() as socket:
        await socket.send_json({"type": "ping"})
        await take(socket, 1)


@pytest.mark.attack(61)
async def test_connections_that_come_and_go_leave_nothing_behind(api):
    before = len(asyncio.all_tasks())
    for number in range(60):
        async with await api.socket("?since=0" if number % 2 else ""):
            pass
    async with asyncio.timeout(10):
        while (await api.call("GET", "/ws-status"))["clients"] or len(asyncio.all_tasks()) > before + 2:
            await api.call("GET", "/health")


async def test_what_fails_in_us_ends_the_connection_with_words_for_the_log_alone(api, monkeypatch, caplog):
    async def broken(*_):
        raise RuntimeError("sesame")

    monkeypatch.setattr(connection, "snapshot_frames", broken)
    async with await api.socket("?since=0") as socket:
        [hello] = await take(socket, 1)
        assert hello["type"] == "hello"
        assert await closed_with(socket) == 4102
    assert "A WebSocket connection failed" in caplog.text
    async with await api.socket() as socket:
        await socket.send_json({"type": "ping"})
        assert (await take(socket, 1))[0]["type"] == "pong"


async def test_a_runner_is_known_as_one(api):
    async with await api.socket("?runner=runner-1") as socket:
        await socket.send_json({"type": "ping"})
        await take(socket, 1)
        status = await api.call("GET", "/ws-status")
        assert status["clients"] == [{"readyState": 1, "readyStateText": "OPEN", "runner": "runner-1"}]


@pytest.mark.attack(58)
async def test_a_flood_of_messages_ends_the_connection(api):
    async with await api.socket() as socket:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            for _ in range(500):
                await socket.send_json({"type": "ping"})
        assert await closed_with(socket) == 4429


@pytest.mark.attack(57)
@pytest.mark.parametrize(("size", "code"), [(300_000, 4413), (2_000_000, 1009)])
async def test_a_frame_too_large_ends_the_connection(api, size, code):
    async with await api.socket() as socket:
        await socket.send_str("x" * size)
        assert await closed_with(socket) == code


async def test_stopping_tells_every_client(api):
    sockets = [await api.socket("?since=0"), await api.socket()]
    await take(sockets[0], 2)
    listeners = [asyncio.create_task(closed_with(socket)) for socket in sockets]
    await api.client.server.close()
    assert await asyncio.gather(*listeners) == [1001, 1001]


class TestQuickHeartbeats:
    @pytest.fixture
    def socket_limits(self):
        return SocketLimits(heartbeat_seconds=3.0)  # who does not answer within half of it is gone

    async def test_an_idle_client_that_resumes_is_told_the_position(self, api):
        await api.project()
        async with await api.socket("?since=0") as socket:
            hello, _ = await take(socket, 2)
            assert hello["data"]["heartbeatMs"] == 3000
            async with asyncio.timeout(20):
                beat = await socket.receive_json()
            assert (beat["type"], beat["data"]) == ("heartbeat", {"seq": 1})

    async def test_a_plain_client_hears_nothing_of_it(self, api):
        async with await api.socket("?since=0") as idle, await api.socket() as plain:
            first_of_plain = asyncio.create_task(plain.receive_json())
            await take(idle, 2)
            for _ in range(2):
                assert (await idle.receive_json())["type"] == "heartbeat"
            await api.project()
            assert (await first_of_plain)["type"] == "project:created"


class TestSlowReaders:
    @pytest.fixture
    def socket_limits(self):
        return SocketLimits(last_words_seconds=20, queue=QueueLimits(events=20, soft_events=15))

    async def test_one_is_closed_and_the_others_get_everything(self, api):
        count, size = 300, 60_000
        slow = await api.socket("?since=0")
        await take(slow, 2)
        slow._response.connection.transport.pause_reading()
        hub_channels = len((await api.call("GET", "/ws-status"))["clients"])
        assert hub_channels == 1
        async with await api.socket() as reader:
            await reader.send_json({"type": "ping"})
            await take(reader, 1)
            seen = []
            for number in range(count):
                event = Event(EventName.TASK_CREATED, {"id": f"t{number}", "title": "x" * size}, 1, "proj_1")
                await api.services.bus.publish(event)
                seen += [frame["seq"] for frame in await take(reader, 1)]
            assert seen == list(range(1, count + 1))
            slow._response.connection.transport.resume_reading()
            last = 0
            async with asyncio.timeout(10):
                async for message in slow:
                    last = message.json()["seq"]
            assert slow.close_code == 4201
            assert last < count
        async with await api.socket(f"?since={api.services.journal.epoch}:{last}") as again:
            hello, *missed = await take(again, 1 + count - last)
            assert hello["data"]["mode"] == "replay"
            assert [frame["seq"] for frame in missed] == list(range(last + 1, count + 1))


class TestDeadReaders:
    @pytest.fixture
    def socket_limits(self):
        return SocketLimits(last_words_seconds=0.05, queue=QueueLimits(events=20, soft_events=15))

    async def test_one_that_never_reads_is_cut_off(self, api):
        dead = await api.socket()
        await dead.send_json({"type": "ping"})
        await take(dead, 1)
        dead._response.connection.transport.pause_reading()
        connected = 1
        async with asyncio.timeout(20):
            while connected:
                event = Event(EventName.TASK_CREATED, {"id": "t", "title": "x" * 200_000}, 1, "proj_1")
                await api.services.bus.publish(event)
                connected = (await api.call("GET", "/ws-status"))["connectedClients"]
        dead._response.connection.transport.resume_reading()
        assert await closed_with(dead) in (1006, 4201)
