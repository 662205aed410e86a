"""Today's cockpit at an older host: what that one says is written out, as hosts live for weeks."""

import asyncio
import json
import struct

import pytest

from maestro_tui.runner.news import Exited
from maestro_tui.runner.terminals import Terminals

EXIT = {"sessionId": "sess_1", "exitCode": 0, "signal": None, "stoppedBy": "user"}


class FirstVersion:
    """A host of version 1, without a program: it echoes what is typed, and ends when it is told to stop."""

    def __init__(self, protocol=1):
        self.protocol = protocol
        self.heard = []

    async def serve(self, reader, writer):
        output = b""

        def say(kind, payload):
            writer.write(kind + struct.pack(">I", len(payload)) + payload)

        state = {"phase": "running", "step": None, "failure": None, "owner": True}
        while True:
            try:
                kind, length = struct.unpack(">cI", await reader.readexactly(5))
            except (asyncio.IncompleteReadError, ConnectionError):
                return writer.close()
            payload = await reader.readexactly(length)
            self.heard.append(kind)
            match kind:
                case b"H":
                    about = {"sessionId": "sess_1", "hostPid": 1, "agentPid": 2, "columns": 80, "rows": 24}
                    where = {"since": 0, "start": 0, "end": 0}
                    say(b"W", json.dumps({"protocol": self.protocol, **about, **where, **state}).encode())
                    say(b"Z", struct.pack(">HH", 80, 24))
                case b"I":
                    say(b"O", struct.pack(">Q", len(output)) + payload[4:])
                    say(b"D", payload[:4])
                    output += payload[4:]
                case b"S":
                    say(b"T", json.dumps({**state, "phase": "stopping", "step": "HUP"}).encode())
                    end = {"endOffset": len(output), "startedAt": 1, "at": 2}
                    say(b"X", json.dumps({**EXIT, **end}).encode())
                case b"R" | b"F" | b"A" | b"K":
                    continue
                case _:
                    say(b"E", json.dumps({"code": "protocol_error", "message": f"what is {kind!r}"}).encode())
            await writer.drain()


@pytest.fixture
async def older(place):
    async def serve(host):
        server = await asyncio.start_unix_server(host.serve, place.root / "old.sock")
        servers.append(server)
        return host, str(place.root / "old.sock")

    servers = []
    yield serve
    for server in servers:
        server.close()


async def test_todays_cockpit_works_with_a_host_of_version_1(older, place, until):
    host, path = await older(FirstVersion())
    terminals, news = Terminals(), []
    terminals.subscribe(news.append)
    live = await terminals.attach("sess_1", place.root, path)
    await until(live.caught_up.is_set)
    await live.deliver(b"hello")
    await until(lambda: live.terminal.text() == "hello")
    live.focus(True)
    live.resize(100, 30)
    live.stop()
    await live.ended.wait()
    assert live.exited == "stopped"
    assert isinstance(news[-1], Exited)
    assert set(host.heard) <= {b"H", b"I", b"F", b"R", b"S", b"A"}
    terminals.close_all()


async def test_a_host_of_a_version_nobody_speaks_is_left(older, place, until, caplog):
    _, path = await older(FirstVersion(protocol=0))
    terminals = Terminals()
    live = await terminals.attach("sess_1", place.root, path)
    await until(lambda: not live.is_attached)
    assert "version 0" in caplog.text
    terminals.close_all()
