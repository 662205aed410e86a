"""Floods, bombs and broken frames: each is refused, and everybody else is served on."""

import asyncio
import base64
import gzip
import json
import os
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest


@pytest.mark.attack(3)
def test_guessing_tokens_is_slowed_and_others_are_not(fresh: Any) -> None:
    http = fresh.start()
    wrong = http.as_("wrong")
    statuses = [wrong("GET", "/api/projects").status for _ in range(30)]
    assert set(statuses[:20]) == {401}
    assert set(statuses[20:]) == {429}
    limited = wrong("GET", "/api/projects")
    assert limited.code == "LIMIT_REACHED"
    assert int(limited.headers["retry-after"]) > 0
    assert http("GET", "/api/projects").status == 200


@pytest.mark.attack(37)
def test_an_endless_body_is_cut_off(http: Any) -> None:
    head = (
        f"POST /api/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {http.token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection((http.host, http.port), timeout=10) as peer:
        peer.sendall(head.encode())
        sent = 0
        try:
            for _ in range(400):
                peer.sendall(chunk)
                sent += 1
            answer = peer.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    assert sent < 400 or b" 413 " in answer.splitlines()[0]


@pytest.mark.attack(38)
def test_a_compressed_bomb(http: Any) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    answer = http("POST", "/api/projects", raw=bomb, Content_Encoding="gzip")
    assert answer.status in (400, 413)
    assert answer.code


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "1e400", "9" * 5000, "18446744073709551616", '"\\ud800"', "\ufeff1"],
    ids=lambda value: ascii(value)[:12],
)
@pytest.mark.attack(40, 41, 43)
def test_what_no_document_can_hold(http: Any, session: Any, value: str) -> None:
    raw = f'{{"type":"x","data":{value}}}'.encode()
    answer = http("POST", f"/api/sessions/{session['id']}/events", raw=raw)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    for broken in (b"\xef\xbb\xbf{}", '{"name":"x"}'.encode("utf-16"), b'{"name":"x"} tail'):
        assert http("POST", "/api/projects", raw=broken).status == 400


@pytest.mark.attack(39)
def test_depth(http: Any, session: Any) -> None:
    path = f"/api/sessions/{session['id']}/events"
    for depth, status in ((20, 200), (33, 400), (1000, 400)):
        raw = b'{"type":"x","data":' + b"[" * depth + b"]" * depth + b"}"
        answer = http("POST", path, raw=raw)
        assert answer.status in (status, 201 if status == 200 else status), depth


@pytest.mark.attack(53)
def test_one_key_fifty_times_at_once(http: Any, project: Any) -> None:
    body = {"projectId": project["id"], "title": "Once"}

    def post(_: int) -> Any:
        while (answer := http("POST", "/api/tasks", body, Idempotency_Key=f"p-{project['id']}")).status == 409:
            assert answer.headers["retry-after"]
        return answer.json["id"]

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(post, range(50)))) == 1
    assert len(http.get(f"/api/tasks?projectId={project['id']}")) == 1


@pytest.mark.attack(55)
def test_a_key_is_of_its_owner_only(http: Any, agent: tuple[Any, Any]) -> None:
    client, session = agent
    body = {"projectId": session["projectId"], "title": "Mine"}
    mine = http.make("/api/tasks", body, Idempotency_Key="same")
    assert client.make("/api/tasks", body, Idempotency_Key="same")["id"] != mine["id"]


class RawSocket:
    """A WebSocket client that can send what no library would."""

    def __init__(self, http: Any) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.peer = socket.create_connection((http.host, http.port), timeout=10)
        self.peer.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {http.token}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = self.peer.recv(4096)
        assert b" 101 " in head.splitlines()[0]
        assert b"permessage-deflate" not in head

    def close_code(self) -> int | None:
        """The code the server closes with; None when it just hangs up."""
        data = b""
        try:
            while part := self.peer.recv(65536):
                data += part
                if len(data) >= 4 and data[0] == 0x88:
                    return int(struct.unpack("!H", data[2:4])[0])
        except ConnectionResetError:
            pass
        finally:
            self.peer.close()
        return None


def masked(first: int, payload: bytes, *, length: bytes | None = None) -> bytes:
    mask = b"\x01\x02\x03\x04"
    size = length if length is not None else bytes([0x80 | len(payload)])
    return bytes([first]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


@pytest.mark.parametrize(
    ("frame", "codes"),
    [
        (masked(0xC1, b"{}"), (1002,)),  # a reserved bit
        (masked(0x81, b"\xff\xfe"), (1007,)),  # not UTF-8
        (masked(0x80, b"tail"), (1002,)),  # a continuation of nothing
        (masked(0x83, b"x"), (1002, 1003)),  # an unknown opcode
        (masked(0x81, b"", length=b"\xff" + struct.pack("!Q", 2 << 20)), (1009, 4413)),  # 2 MiB announced
    ],
    ids=["reserved", "utf8", "continuation", "opcode", "large"],
)
@pytest.mark.attack(56, 57)
def test_broken_frames(http: Any, frame: bytes, codes: tuple[int, ...]) -> None:
    raw = RawSocket(http)
    raw.peer.sendall(frame)
    assert raw.close_code() in codes
    assert http.get("/health")["status"] == "ok"


@pytest.mark.attack(61)
async def test_the_sixty_fifth_connection(fresh: Any) -> None:
    http = await asyncio.to_thread(fresh.start)
    url = f"{http.url}/ws?token={http.token}".replace("http", "ws", 1)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as browser:
        held = [await browser.ws_connect(url) for _ in range(64)]
        assert http.get("/ws-status")["connectedClients"] == 64
        one_more = await browser.ws_connect(url)
        assert (await one_more.receive(timeout=5)).data == 4429
        await held[0].send_str(json.dumps({"type": "ping"}))
        assert (await held[0].receive_json(timeout=5))["type"] == "pong"
        await asyncio.gather(*(one.close() for one in held))


@pytest.mark.attack(58)
async def test_a_flood_of_words(http: Any) -> None:
    url = f"{http.url}/ws?token={http.token}".replace("http", "ws", 1)
    async with (
        aiohttp.ClientSession() as browser,
        browser.ws_connect(url) as flood,
        browser.ws_connect(url) as other,
    ):
        sending = asyncio.create_task(_ping_without_end(flood))
        while (message := await flood.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 4429
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await other.send_str('{"type":"ping","id":1}')
        assert (await other.receive_json(timeout=5))["id"] == 1


async def _ping_without_end(socket: Any) -> None:
    while True:
        await socket.send_str('{"type":"ping"}')
        await asyncio.sleep(0)
