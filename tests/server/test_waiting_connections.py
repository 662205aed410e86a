"""Connections that say nothing, or not enough: each has its deadline, and all together their number."""

import asyncio
import time

import pytest

from maestro_tui.server import protocol

HALF = b"GET /api/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
ASK = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def connect(api):
    return await asyncio.open_connection(api.client.host, api.client.port)


async def answer(reader):
    """The status of one answer, its body read."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
    await reader.readexactly(length)
    return int(head.split()[1])


async def ended(reader):
    """Whether the server hung up, without a word."""
    async with asyncio.timeout(30):
        try:
            return await reader.read() == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)


@pytest.mark.attack(50)
@pytest.mark.parametrize("said", [b"", HALF], ids=["nothing", "half a head"])
async def test_a_head_that_does_not_come_ends_its_connection(hasty, api, said):
    reader, writer = await connect(api)
    writer.write(said)
    assert await ended(reader)
    writer.close()
    assert await api.call("GET", "/api/projects") == []


@pytest.mark.attack(50)
async def test_a_head_that_comes_byte_by_byte_has_the_same_time(hasty, api):
    reader, writer = await connect(api)

    async def drip():
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    writer.write(HALF)
    dripping = asyncio.create_task(drip())
    assert await ended(reader)
    dripping.cancel()
    writer.close()


@pytest.mark.attack(50)
async def test_later_heads_have_their_deadline_and_the_time_between_requests_none(hasty, api):
    reader, writer = await connect(api)
    writer.write(ASK)
    assert await answer(reader) == 200
    await asyncio.sleep(3 * protocol.HEAD_SECONDS)  # nothing is to happen in this time
    writer.write(ASK)
    assert await answer(reader) == 200
    writer.write(HALF)
    assert await ended(reader)
    writer.close()


async def test_a_head_that_came_in_time_is_served_by_a_loop_that_stood_still(hasty, api):
    def ask_and_stand_still():
        writer.write(ASK)
        time.sleep(1.2 * protocol.HEAD_SECONDS)

    reader, writer = await connect(api)
    assert await api.call("GET", "/api/projects") == []  # so the connection was let in
    ask_and_stand_still()
    assert await answer(reader) == 200
    writer.close()


async def test_a_slow_body_is_no_slow_head(hasty, api):
    """Its own deadline is longer, and its answer a proper one."""
    reader, writer = await connect(api)
    body = b'{"name":"slow"}'
    writer.write(
        f"POST /api/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {api.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    for byte in body:
        writer.write(bytes([byte]))
        await asyncio.sleep(2 * protocol.HEAD_SECONDS / len(body))
    assert await answer(reader) == 201
    writer.close()


async def test_a_socket_is_no_slow_head(hasty, api):
    socket = await api.socket()
    await asyncio.sleep(3 * protocol.HEAD_SECONDS)  # nothing is to happen in this time
    await socket.send_json({"type": "ping"})
    assert (await socket.receive_json(timeout=20))["type"] == "pong"
    await socket.close()


@pytest.mark.attack(50, 61)
async def test_beyond_the_most_the_longest_waiting_makes_room(monkeypatch, api):
    """Whoever asks is served; whoever has asked and waits for an answer is not cut off."""
    monkeypatch.setattr(api.client.server.runner.server, "_most", 6)
    asking = asyncio.create_task(api.call("GET", "/api/projects"))
    assert await asking == []
    waiting = [await connect(api) for _ in range(12)]
    for reader, _ in waiting[:6]:
        assert await ended(reader)
    reader, writer = waiting[-1]
    writer.write(ASK)
    assert await answer(reader) == 200
    for _, writer in waiting:
        writer.close()
