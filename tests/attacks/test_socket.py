"""What a client says on the socket stays between it and the server."""

import asyncio
import json
import zlib
from typing import Any

import aiohttp
import pytest

from tests.contract.test_hostile import RawSocket, masked


@pytest.mark.attack(63)
async def test_events_a_client_makes_up(http: Any, session: Any) -> None:
    url = f"{http.url}/ws?token={http.token}".replace("http", "ws", 1)
    async with (
        aiohttp.ClientSession() as browser,
        browser.ws_connect(url) as forger,
        browser.ws_connect(url) as other,
    ):
        for kind in ("session:spawn_request", "task:deleted", "hello", "snapshot", "order", "heartbeat"):
            await forger.send_json({"type": kind, "event": kind, "data": {"id": session["id"], "seq": 1}})
            said = await forger.receive_json(timeout=10)
            assert (said["type"], said["code"]) == ("error", "VALIDATION_ERROR"), kind
        await asyncio.to_thread(http.make, "/api/projects", {"name": "Real"})
        events = []
        while not events or events[-1] != "project:created":
            events.append((await other.receive_json(timeout=10))["type"])
        assert not {"session:spawn_request", "task:deleted", "hello", "snapshot", "order"} & set(events)


@pytest.mark.attack(56)
def test_fragments_without_end(http: Any) -> None:
    """A hundred thousand empty fragments: the connection may go, the server stays."""
    raw = RawSocket(http)
    try:
        raw.peer.sendall(masked(0x01, b""))
        raw.peer.sendall(masked(0x00, b"") * 100_000)
        raw.peer.sendall(masked(0x80, b'{"type":"ping"}'))
        raw.peer.recv(4096)
    except ConnectionError:
        pass
    finally:
        raw.peer.close()
    assert http.get("/health")["status"] == "ok"


@pytest.mark.attack(56)
@pytest.mark.parametrize(
    "frame",
    [masked(0x82, b'{"type":"ping"}'), b"\x81\x02[]", masked(0x81, b""), masked(0x81, b"[[[[")],
    ids=["binary", "unmasked", "empty", "no JSON"],
)
def test_a_frame_that_says_nothing_gets_an_error(http: Any, frame: bytes) -> None:
    raw = RawSocket(http)
    raw.peer.sendall(frame)
    said = raw.peer.recv(4096)
    raw.peer.close()
    assert json.loads(said[2:] if said[1] < 126 else said[4:])["code"] == "VALIDATION_ERROR"


@pytest.mark.attack(57)
def test_a_deflate_bomb_is_no_valid_frame(http: Any) -> None:
    """Compression is never agreed on, so a compressed frame has a reserved bit set."""
    packed = zlib.compressobj(wbits=-15)
    bomb = packed.compress(json.dumps({"type": " " * 1_000_000}).encode()) + packed.flush(zlib.Z_SYNC_FLUSH)
    raw = RawSocket(http)
    raw.peer.sendall(masked(0xC1, bomb[:120]))
    assert raw.close_code() == 1002
