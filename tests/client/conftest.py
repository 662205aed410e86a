"""A small real server that speaks the protocol, and can be as unreliable as a test needs."""

import asyncio
import itertools
from collections import deque
from contextlib import asynccontextmanager, suppress

import orjson
import pytest
from aiohttp import WSMsgType, web

from maestro_tui.client.events import Timing
from maestro_tui.client.feed import Feed
from maestro_tui.server.protocol import Runner

EMPTY = {"projects": {}, "tasks": {}, "sessions": {}}


class SmallServer:
    """Documents, a numbered journal, a socket that replays or snapshots, and faults on request."""

    def __init__(self):
        self.epoch, self.seq, self.journal = "e1", 0, deque(maxlen=10_000)
        self.documents = {kind: {} for kind in EMPTY}
        self.heartbeat_ms = 15_000
        self.sockets, self.transports, self.upgrades, self.requests = {}, {}, [], []
        self.modes = []
        self.script = deque()
        self.refuse_upgrade = None
        self.mute = False
        self.protocol = 1
        self.skip = set()
        self.runner, self.port = None, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def start(self):
        app = web.Application()
        app.router.add_get("/ws", self._socket)
        app.router.add_route("*", "/api/{rest:.*}", self._answer)
        self.runner = Runner(app, shutdown_timeout=0.1, sockets=100)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", self.port or 0)
        await site.start()
        self.port = self.runner.addresses[0][1]

    async def stop(self):
        await self.close_all(1001)
        await self.runner.cleanup()

    # -- documents -----------------------------------------------------------------------

    def put(self, kind, identifier, **fields):
        """Save a document and tell everyone, as the real services do."""
        documents = self.documents[kind + "s"]
        before = documents.get(identifier)
        document = {**_BLANK[kind], "createdAt": 1, "updatedAt": 1, **(before or {}), **fields, "id": identifier}
        document["revision"] = before["revision"] + 1 if before else 1
        documents[identifier] = document
        self.publish(f"{kind}:{'updated' if before else 'created'}", document)
        return document

    def delete(self, kind, identifier):
        del self.documents[kind + "s"][identifier]
        self.publish(f"{kind}:deleted", {"id": identifier})

    def publish(self, name, data):
        self.seq += 1
        envelope = {
            "type": name,
            "event": name,
            "data": data,
            "timestamp": 1,
            "epoch": self.epoch,
            "seq": self.seq,
        }
        self.journal.append(orjson.dumps(envelope).decode())
        if self.seq in self.skip:
            return
        for queue in self.sockets.values():
            queue.put_nowait(self.journal[-1])

    # -- faults --------------------------------------------------------------------------

    async def close_all(self, code):
        await asyncio.gather(*(socket.close(code=code) for socket in tuple(self.sockets)))

    def drop_all(self):
        """The cable is cut: no goodbye."""
        for socket in tuple(self.sockets):
            self.transports[socket].abort()

    def say(self, text):
        for queue in self.sockets.values():
            queue.put_nowait(text)

    # -- serving -------------------------------------------------------------------------

    async def _socket(self, request):
        self.upgrades.append(request)
        if self.refuse_upgrade:
            return web.Response(status=self.refuse_upgrade)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        queue = asyncio.Queue()
        for text in self._opening(request.query.get("since", "0")):
            queue.put_nowait(text)
        self.sockets[socket] = queue
        self.transports[socket] = request.transport
        writer = asyncio.create_task(self._write(socket, queue))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not self.mute:
                    ping = orjson.loads(message.data)
                    queue.put_nowait(orjson.dumps({"type": "pong", "timestamp": 1, "id": ping["id"]}).decode())
        finally:
            self.sockets.pop(socket, None)
            self.transports.pop(socket, None)
            writer.cancel()
        return socket

    async def _write(self, socket, queue):
        with suppress(ConnectionError):
            while True:
                await socket.send_str(await queue.get())

    def _opening(self, since):
        epoch, _, number = since.rpartition(":")
        seq = int(number)
        oldest = self.seq - len(self.journal)
        replay = epoch == self.epoch and oldest <= seq <= self.seq
        self.modes.append("replay" if replay else "snapshot")
        hello = {
            "epoch": self.epoch,
            "seq": self.seq,
            "mode": self.modes[-1],
            "heartbeatMs": self.heartbeat_ms,
            "serverVersion": "1",
            "protocol": self.protocol,
            "limits": {},
        }
        yield orjson.dumps({"type": "hello", "event": "hello", "data": hello, "timestamp": 1}).decode()
        if replay:
            yield from itertools.islice(self.journal, seq - oldest, None)
            return
        for part, kind in enumerate(self.documents, start=1):
            data = {"part": part, "of": 3, **{name: [] for name in EMPTY}, kind: [*self.documents[kind].values()]}
            yield orjson.dumps({"type": "snapshot", "data": data, "seq": self.seq, "epoch": self.epoch}).decode()

    async def _answer(self, request):
        body = await request.read()
        self.requests.append((request.method, request.path_qs, dict(request.headers), body))
        step = self.script.popleft() if self.script else {"ok": True}
        if step == "drop":
            request.transport.abort()
            return web.Response()
        if isinstance(step, web.Response):
            return step
        return web.json_response(step, headers={"Maestro-Seq": str(self.seq)})


_BLANK = {
    "project": {"name": "P"},
    "task": {"projectId": "p", "title": "T"},
    "session": {"projectId": "p", "name": "S", "startedAt": 1, "lastActivity": 1},
}


def failing(status, code="INTERNAL_ERROR", message="no", **headers):
    body = {"error": True, "code": code, "message": message, "suggestion": "try this", "details": None}
    return web.json_response(body, status=status, headers={key.replace("_", "-"): v for key, v in headers.items()})


@pytest.fixture
async def server():
    server = SmallServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def answer_with():
    """An error answer for a server's script."""
    return failing


@pytest.fixture
def at_once():
    """Delays of one hundredth of a second."""
    return lambda: itertools.repeat(0.01)


@pytest.fixture
def connect(at_once):
    """A feed on a server, online."""

    @asynccontextmanager
    async def connect(server, *, ready=True, timing=None, **options):
        async with Feed(server.url, "secret", delays=at_once, timing=timing or Timing(), **options) as feed:
            if ready:
                await feed.ready()
            yield feed

    return connect
