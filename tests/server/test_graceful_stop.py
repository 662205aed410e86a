"""SIGTERM: what was asked is answered, clients are told to come back, nothing is forgotten."""

import asyncio
import json
import os
import signal
import socket
import sys

import aiohttp
import pytest
from aiohttp import web

from maestro_tui import discovery
from maestro_tui.paths import Home
from maestro_tui.server.protocol import Runner


async def started(environment):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "maestro_tui",
        "serve",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    line = await asyncio.wait_for(process.stdout.readline(), 50)
    assert line.startswith(b"maestro-tui: serving")
    return process


@pytest.mark.timeout(120)
async def test_a_stop_cuts_nobody_off(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "m"), "MAESTRO_PORT": "0"}
    home = Home.from_environment(environment)
    process = await started(environment)
    found = discovery.read(home)
    host, port = found.url.removeprefix("http://").split(":")
    headers = {"Authorization": f"Bearer {found.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.ws_connect(f"{found.url}/ws?since=0") as socket,
    ):
        async with http.post(f"{found.url}/api/projects", json={"name": "before"}) as answer:
            assert answer.status == 201
        reader, writer = await asyncio.open_connection(host, int(port))
        body = b'{"name":"in the middle"}'
        head = f"POST /api/projects HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {found.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body[:5])
        await writer.drain()
        async with http.get(f"{found.url}/health") as answer:  # by now the half request is in hand
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert socket.close_code == 1001, message
        writer.write(body[5:])
        status = await asyncio.wait_for(reader.readline(), 30)
        assert b" 201 " in status
        writer.close()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    assert not home.discovery.exists()
    again = await started(environment)
    try:
        after = discovery.read(home)
        assert after.epoch == found.epoch, "the journal goes on"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {after.token}"}) as http:
            async with http.get(f"{after.url}/api/events?since={found.epoch}:0&limit=500") as answer:
                events = json.loads(await answer.text())["events"]
            async with http.get(f"{after.url}/api/projects") as answer:
                names = {one["name"] for one in await answer.json()}
    finally:
        again.send_signal(signal.SIGTERM)
        await again.wait()
    assert names == {"before", "in the middle"}
    assert [event["seq"] for event in events] == [1, 2]


class Listener(socket.socket):
    """A listening socket that tells how many it has let in."""

    def __init__(self):
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.accepted = 0
        self.bind(("127.0.0.1", 0))
        self.listen()

    def accept(self):
        let_in = super().accept()
        self.accepted += 1
        return let_in


@pytest.fixture
async def small():
    """A server of one route that is about to stop."""

    async def hello(_):
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = Runner(app, shutdown_timeout=1.0, sockets=5)
    await runner.setup()
    yield runner
    await runner.cleanup()


@pytest.mark.parametrize("turns", range(8))
async def test_whoever_was_accepted_is_answered_however_soon_the_stop_comes(small, turns):
    listener = Listener()
    await web.SockSite(small, listener).start()
    with socket.create_connection(listener.getsockname()) as client:
        client.settimeout(30)
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for _ in range(turns):
            await asyncio.sleep(0)
        await small.cleanup()
        if listener.accepted:
            assert (await asyncio.to_thread(client.recv, 1000)).endswith(b"hello")
        else:
            with pytest.raises(ConnectionResetError):
                client.recv(1)
    assert listener.accepted or turns < 3


async def test_a_handshake_that_ends_after_the_stop_leaves_no_connection(small):
    server = small.server
    await small.cleanup()
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.settimeout(5)
        await asyncio.get_running_loop().connect_accepted_socket(server, ours)
        assert await asyncio.to_thread(theirs.recv, 1) == b""
