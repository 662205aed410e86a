"""What an event costs: from the POST to every client, with 1 to 1,000 of them connected.

Ours and a plain broadcaster (aiohttp, a list of sockets, no journal, nothing stored) run as
processes of their own; their CPU time per event is what the fan-out costs. The clients of
this process read and forget, but for one, which measures.
"""

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.report import percentiles, row
from maestro_tui import discovery
from maestro_tui.paths import Home

CLIENTS = (1, 10, 100, 1000)
EVENTS = 300
PLAIN = "plain broadcaster"
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server: where, with which headers, and what it has used of the processor."""

    def __init__(self, url: str, token: str, pid: int) -> None:
        self.url, self.pid = url, pid
        self.headers = {"Authorization": f"Bearer {token}"}

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def megabytes(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096 / 1_048_576


def main() -> None:
    if not Path("/proc/self/stat").exists():
        print("processor time of another process is read from /proc; there is none here")
        return
    allow_many_files()
    asyncio.run(measure())


async def measure() -> None:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        ours = await stack.enter_async_context(our_server())
        plain = await stack.enter_async_context(plain_server())
        for clients in CLIENTS:
            mine, other = await run(http, ours, clients), await run(http, plain, clients)
            what = f"{clients} connected"
            row(f"{what}: POST to event, p50", mine["p50"], other["p50"], "ms", PLAIN)
            row(f"{what}: POST to event, p99", mine["p99"], other["p99"], "ms", PLAIN)
            row(f"{what}: server CPU per event", mine["cpu"], other["cpu"], "ms", PLAIN)
            share = (mine["cpu"] / clients * 1000, other["cpu"] / clients * 1000)
            row(f"{what}: server CPU per event and client", *share, "µs", PLAIN)
            row(f"{what}: server memory", mine["memory"], other["memory"], "MB", PLAIN)


async def run(http: aiohttp.ClientSession, server: Server, clients: int) -> dict[str, float]:
    """One event after the other; the next POST leaves when the event of the last one has come."""
    async with AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(listener(server)) for _ in range(clients - 1)]
        socket = await stack.enter_async_context(http.ws_connect(f"{server.url}/ws", headers=server.headers))
        assert len(listeners) == clients - 1
        project = (await post(http, server, "/api/projects", {"name": "p"}))["id"]
        await until(socket, "project:created")
        used, seconds = server.cpu_seconds(), []
        for number in range(EVENTS):
            body = {"projectId": project, "title": f"Task {number}", "description": "What has to be done. " * 10}
            began = time.perf_counter()
            answer = asyncio.create_task(post(http, server, "/api/tasks", body))
            await until(socket, "task:created")
            seconds.append(time.perf_counter() - began)
            await answer
        cpu = (server.cpu_seconds() - used) / EVENTS * 1000
        p50, p99 = percentiles(seconds)
        return {"p50": p50, "p99": p99, "cpu": cpu, "memory": server.megabytes()}


async def post(http: aiohttp.ClientSession, server: Server, path: str, body: dict[str, Any]) -> Any:
    async with http.post(server.url + path, json=body, headers=server.headers) as answer:
        answer.raise_for_status()
        return await answer.json()


async def until(socket: aiohttp.ClientWebSocketResponse, name: str) -> None:
    while (await socket.receive_json())["type"] != name:
        pass


@asynccontextmanager
async def listener(server: Server) -> AsyncIterator[None]:
    """A client that takes in all bytes and looks at none."""
    address = server.url.removeprefix("http://")
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {address}\r\nAuthorization: {server.headers['Authorization']}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    reading = asyncio.create_task(forget(reader))
    try:
        yield
    finally:
        reading.cancel()
        writer.close()


async def forget(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


@asynccontextmanager
async def our_server() -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "HOME": directory, "MAESTRO_HOME": f"{directory}/home"}
        home = Home.from_environment(environment)
        home.root.mkdir(mode=0o700)
        home.config.write_text("[server]\nmaxConnections = 2000\nheartbeatSeconds = 120\n")
        command = (sys.executable, "-m", "maestro_tui", "serve", "--port", "0")
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=quiet, stderr=quiet)
        try:
            while (found := discovery.read(home)) is None:  # noqa: ASYNC110 - only the file says that it is ready
                await asyncio.sleep(0.01)
            yield Server(found.url, found.token, process.pid)
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def plain_server() -> AsyncIterator[Server]:
    command = (sys.executable, "-m", "benchmarks.events", "--plain")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        yield Server(url, "none", process.pid)
    finally:
        process.terminate()
        await process.wait()


async def broadcast() -> None:
    """The plain broadcaster: what is posted is sent to everybody, one after the other."""
    sockets: list[web.WebSocketResponse] = []

    async def create(request: web.Request) -> web.Response:
        document = {"id": "1", **await request.json()}
        kind = "project" if request.path.endswith("projects") else "task"
        for socket in sockets:
            await socket.send_json({"type": f"{kind}:created", "data": document})
        return web.json_response(document)

    async def listen(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.append(socket)
        try:
            async for _ in socket:
                pass
        finally:
            sockets.remove(socket)
        return socket

    app = web.Application()
    app.add_routes([web.post("/api/{kind}", create), web.get("/ws", listen)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


def allow_many_files() -> None:
    """A thousand connections need more files than many systems allow at first; children inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    if "--plain" in sys.argv:
        allow_many_files()
        asyncio.run(broadcast())
    else:
        main()
