"""Orders and output on the wire."""

import asyncio
import json

import pytest

from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.recording import output_directory


@pytest.fixture
async def session(api):
    """One that a runner holds and runs."""
    session = await api.spawned()
    await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "r1", "leaseMs": 60_000})
    body = {"status": "running", "fence": 1}
    return await api.call("PATCH", f"/api/sessions/{session['id']}", body)


async def next_order(socket):
    async with asyncio.timeout(10):
        while (frame := await socket.receive_json())["type"] != "order":
            pass
    return frame


async def answer(api, frame, **body):
    order = frame["data"]
    path = f"/api/sessions/{order['sessionId']}/orders/{order['orderId']}"
    return await api.call("POST", path, {"fence": order["fence"], "done": True} | body)


async def test_an_order_goes_to_the_runners_connection_and_comes_back_as_an_answer(api, session):
    path = f"/api/sessions/{session['id']}/input"
    async with await api.socket("?since=0&runner=r1") as socket, await api.socket("?since=0&runner=r2") as other:
        body = {"text": "y", "keys": ["up", "ctrl+c"], "enter": True}
        sending = asyncio.create_task(api.call("POST", path, body))
        frame = await next_order(socket)
        assert "seq" not in frame
        assert frame["event"] == "order"
        data = frame["data"]
        assert {name: data[name] for name in body} == body
        assert (data["kind"], data["sessionId"], data["fence"]) == ("input", session["id"], 1)
        done = await answer(api, frame)
        assert done == {"success": True, "sessionId": session["id"], "orderId": data["orderId"]}
        assert await sending == {**done, "delivered": True}
        await other.send_json({"type": "ping", "id": 1})
        async with asyncio.timeout(10):
            while (seen := await other.receive_json())["type"] != "pong":
                assert seen["type"] != "order"


async def test_a_runner_that_comes_back_is_told_again(api, session):
    path = f"/api/sessions/{session['id']}/stop"
    async with await api.socket("?runner=r1") as socket:
        stopping = asyncio.create_task(api.call("POST", path))
        first = await next_order(socket)
    async with await api.socket("?runner=r1") as socket:
        again = await next_order(socket)
        assert again["data"] == first["data"]
        assert again["data"]["kind"] == "stop"
        await answer(api, again)
        assert (await stopping)["delivered"] is True


async def test_one_of_a_runners_connections_carries_an_order(api, session):
    path = f"/api/sessions/{session['id']}/input?wait=false"
    async with await api.socket("?runner=r1") as older:
        async with await api.socket("?runner=r1") as newer:
            accepted = await api.call("POST", path, {"text": "x"}, status=202)
            assert accepted["delivered"] is False
            frame = await next_order(newer)
        assert (await next_order(older))["data"] == frame["data"]
        await answer(api, frame)


async def test_agents_are_no_runners(api, session):
    token = api.services.tokens.for_session(session["id"])
    answer = await api.raw(
        "GET", "/ws?runner=r1", headers={"Authorization": f"Bearer {token}", "Upgrade": "websocket"}
    )
    assert answer.status in (403, 426)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"fence": 1, "done": True}
    await api.call("POST", f"/api/sessions/{session['id']}/orders/ord_1", body, status=403, headers=headers)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "one of text, keys and enter"),
        ({"text": ""}, "one of text, keys and enter"),
        ({"text": "a\0b"}, "must not contain NUL"),
        ({"text": "é" * 32_769}, "at most 65536 bytes"),
        ({"text": 1}, "must be a string"),
        ({"keys": ["not a key"]}, "keys.0"),
        ({"keys": ["y"] * 101}, "keys"),
        ({"enter": "yes"}, "must be true or false"),
    ],
)
async def test_what_cannot_be_typed_is_refused(api, session, body, said):
    refused = await api.call("POST", f"/api/sessions/{session['id']}/input", body, status=400)
    assert said in refused["message"]


async def test_refusals(api, session):
    one = f"/api/sessions/{session['id']}"
    await api.call("POST", f"{one}/orders/ord_none", {"fence": 1, "done": True}, status=404)
    await api.call("POST", f"{one}/orders/ord_none", {"fence": 2, "done": True}, status=412)
    await api.call("POST", f"{one}/input?wait=perhaps", {"text": "x"}, status=400)
    await api.call("POST", "/api/sessions/sess_none/input", {"text": "x"}, status=404)
    await api.call("POST", f"{one}/release", {"runnerId": "r1", "fence": 1})
    refused = await api.call("POST", f"{one}/input", {"text": "x"}, status=503)
    assert refused["code"] == "UNAVAILABLE"
    await api.call("PATCH", one, {"status": "completed"})
    await api.call("POST", f"{one}/stop", status=409)


async def test_a_server_that_stops_waits_for_no_runner(api, session):
    path = f"/api/sessions/{session['id']}/input"
    sending = asyncio.create_task(api.call("POST", path, {"text": "x"}, status=503))
    given = asyncio.Event()
    api.services.orders.book.subscribe(lambda _: given.set())
    async with asyncio.timeout(5):
        await given.wait()
        await api.client.server.app.shutdown()
        assert "stopping" in (await sending)["message"]


@pytest.fixture
def log(api, session):
    log = OutputLog(output_directory(api.home.session(session["id"])))
    log.append(b"\x1b[1mone\x1b[0m\r\ntwo\r\n")
    yield log
    log.close()


async def test_output_comes_as_text_bytes_or_json(api, session, log):
    path = f"/api/sessions/{session['id']}/output"
    plain = await api.raw("GET", path)
    assert plain.content_type == "text/plain"
    assert await plain.text() == "one\ntwo\n"
    assert (plain.headers["Maestro-Output-Start"], plain.headers["Maestro-Output-End"]) == ("0", str(log.end))
    assert "Maestro-Output-Next" not in plain.headers
    for query, headers in (("?raw=1", {}), ("", {"Accept": "application/octet-stream"})):
        async with api.client.get(path + query, headers=api.headers | headers) as raw:
            assert raw.content_type == "application/octet-stream"
            assert await raw.read() == b"\x1b[1mone\x1b[0m\r\ntwo\r\n"
    document = await api.raw("GET", f"{path}?tail=1", headers={"Accept": "application/json"})
    assert await document.json() == {
        "sessionId": session["id"],
        "text": "two\n",
        "start": 13,
        "end": 18,
        "next": None,
        "gaps": [],
        "ended": False,
    }
    await api.call("GET", f"{path}?since=-1", status=400)
    await api.call("GET", f"{path}?tail=many", status=400)


async def test_a_recording_comes_as_an_asciicast(api, session, log):
    path = f"/api/sessions/{session['id']}/recording"
    log.resized(100, 30)
    log.append(b"wide" * 100_000)
    answer = await api.raw("GET", path)
    assert answer.content_type == "application/x-asciicast"
    header, *events = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert (header["version"], header["title"]) == (2, session["name"])
    assert [event[2] for event in events if event[1] == "r"] == ["100x30"]
    shown = "".join(event[2] for event in events if event[1] == "o")
    assert shown == "\x1b[1mone\x1b[0m\r\ntwo\r\n" + "wide" * 100_000
    later = await api.raw("GET", f"{path}?since={log.end - 4}")
    assert json.loads((await later.text()).splitlines()[-1])[2] == "wide"
    assert (await api.raw("GET", "/api/sessions/sess_none/recording")).status == 404
