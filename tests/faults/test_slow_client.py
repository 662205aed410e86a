"""A client that never reads beside twenty that do: it is closed and resumes, and nobody else notices."""

import asyncio
import json
import statistics
import time
from pathlib import Path

import pytest

from maestro_tui.client.feed import Feed
from maestro_tui.client.items import WireEvent
from tests.platforms import needs_proc

GOOD = 20
AT_ONCE = 8
SIZE = 15_000
"""Of an event, in bytes: five hundred of them fill every buffer, and the journal's memory holds a thousand."""


@needs_proc
@pytest.mark.attack(60)
async def test_one_that_never_reads_beside_twenty_that_do(server_process, http, within, report, long):
    events = 900 if long else 500
    # No heartbeat for so long that only the full queue can be what ends it, however busy the machine is.
    server_process.configure("[server]\nmaxConnections = 100\nheartbeatSeconds = 240\n")
    await server_process.start()
    address = server_process.address
    project = await server_process.ask(http, "POST", "/api/projects", {"name": "p"}, "project")
    alone = await load(server_process, http, project["id"], 100, "alone", address)
    before = memory_of(server_process.process.pid)
    async with within(60, "the upgrade of the one that never reads"):
        sleeper = await Sleeper.connect(address)
    beside = await load(server_process, http, project["id"], events, "beside", address)
    grown = memory_of(server_process.process.pid) - before
    async with within(60, "the goodbye to the one that never reads"):
        code = await sleeper.code()
    async with within(60, "the events it missed"):
        resumed = await sleeper.resume(http, address)
    await sleeper.close()
    quiet, busy = percentile(alone, 50), percentile(beside, 50)
    report(
        good_clients=GOOD,
        events=events,
        code=code,
        resumed_without_gap=resumed,
        good_p50_ms=round(busy, 1),
        good_p99_ms=round(percentile(beside, 99), 1),
        good_p50_ms_without_the_slow_one=round(quiet, 1),
        server_grown_mb=round(grown, 1),
    )
    assert code in (4201, 1006), "one that does not even read the goodbye is cut off"
    assert "did not keep up" in server_process.log
    assert resumed
    assert busy < 2 * quiet + 20 or not long, "that all of it has come is what counts on a busy machine"
    assert grown < (64 if long else 32)


async def load(server, http, project, events, name, address):
    """Make so many events, and watch twenty clients take them in. Returns the delays in milliseconds."""
    began, delays = {}, []

    def note(item, _changes):
        if isinstance(item, WireEvent) and (sent := began.get(item.data.get("title"))):
            delays.append((time.perf_counter() - sent) * 1000)

    feeds = [Feed(address.url, address.token) for _ in range(GOOD)]
    try:
        for feed in feeds:
            await feed.__aenter__()
            await feed.ready()
            feed.subscribe(note)
        titles = iter([f"{name}-{number}" for number in range(events)])

        async def write():
            for title in titles:
                began[title] = time.perf_counter()
                body = {"projectId": project, "title": title, "description": "d" * SIZE}
                answer = await server.ask(http, "POST", "/api/tasks", body, title)
                assert answer["title"] == title

        await asyncio.gather(*(write() for _ in range(AT_ONCE)))
        for feed in feeds:
            await feed.until(lambda feed: len(feed.mirror.tasks) == len(feeds[0].mirror.tasks), 30)
            assert not any("4201" in moment.message for moment in feed.connection.history)
        await feeds[0].until(lambda _: len(delays) == GOOD * events, 30)
        return delays
    finally:
        for feed in feeds:
            await feed.__aexit__(None, None, None)


class Sleeper:
    """A client that opens a socket and reads not one byte after the answer to the upgrade."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, address):
        host, _, port = address.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(
            f"GET /ws?since=0 HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Authorization: {address.headers['Authorization']}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()
        return cls(reader, writer)

    async def code(self):
        """Wake up and read all that is there. Returns the close code; the position is the last event's."""
        self._writer.transport.resume_reading()
        self.position = None
        try:
            while True:
                kind, payload = await self._frame()
                if kind == 8:
                    return int.from_bytes(payload[:2])
                if kind == 1 and "seq" in (frame := json.loads(payload)):
                    self.position = f"{frame['epoch']}:{frame['seq']}"
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006

    async def _frame(self):
        first, size = await self._reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self._reader.readexactly(2))
        elif size == 127:
            size = int.from_bytes(await self._reader.readexactly(8))
        return first & 15, await self._reader.readexactly(size)

    async def resume(self, http, address):
        """Whether everything after what it read comes, without a gap, when it connects with its position."""
        seq = int(self.position.rpartition(":")[2])
        url = f"{address.url}/ws?since={self.position}"
        async with http.ws_connect(url, headers=address.headers, max_msg_size=0) as socket:
            hello = (await socket.receive_json())["data"]
            while seq < hello["seq"]:
                frame = await socket.receive_json()
                if frame["seq"] != seq + 1:
                    return False
                seq = frame["seq"]
        return hello["mode"] == "replay"

    async def close(self):
        self._writer.close()


def percentile(delays, which):
    return statistics.quantiles(delays, n=100, method="inclusive")[which - 1]


def memory_of(pid):
    """Resident memory in MB; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1_048_576
