"""The stream of everything that happens, over as many connections as it takes."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import aiohttp
import orjson

from maestro_tui.client.address import Locate
from maestro_tui.client.connection import Connection, Phase
from maestro_tui.client.errors import Incompatible, PositionLost, ProtocolError
from maestro_tui.client.heartbeat import Dead, Heartbeat, Ping
from maestro_tui.client.items import Item
from maestro_tui.client.reconnect import Again, Ending, Reconnect, Stop, delays_for
from maestro_tui.client.transport import Transport
from maestro_tui.client.wire import Hello, Pong, Wire
from maestro_tui.domain.order import Order
from maestro_tui.telemetry.metrics import CLIENT_RECONNECTS, CLIENT_RESYNCS

__all__ = ["EventStream", "Timing"]

LOG = logging.getLogger(__name__)

FRAME_BYTES = 16 * 1024 * 1024
RESUME = 4202
"""What we close with, and treat an ending as, when an event is missing."""


def _wall_seconds() -> float:
    return time.time()


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks and periods of a stream, in seconds.

    silence: until the server's hello names its own heartbeat; a server that says nothing
    for twice that is given up. gap: how long a missing event may take. close: how long a
    goodbye may take. look: between looks for another server while this one refuses us.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = _wall_seconds
    silence: float = 5.0
    connect: float = 10.0
    gap: float = 1.0
    close: float = 0.5
    look: float = 1.0


class EventStream:
    """Snapshots and events of one server, and orders to a runner, for ever: `async for item in stream`.

    Connections are made, watched and made again inside; every event comes once and in order.
    transport: how to reach it. on_connection: told of every change of the connection.
    runner_id: marks this connection as a runner's. filtered: our token shows us a part only,
    so numbers may be missing. locate: looks for the server before each further attempt, for
    one that came back may have another port and another token. delays: makes a series of
    seconds to wait between attempts.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        on_connection: Callable[[Connection], None],
        runner_id: str | None = None,
        filtered: bool = False,
        locate: Locate | None = None,
        delays: Callable[[], Iterator[float]] | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._transport = transport
        self._locate = locate
        self._on_connection = on_connection
        self._runner_id = runner_id
        self._timing = timing or Timing()
        self._reconnect = Reconnect(delays or delays_for(self._url))
        self._wire = Wire(filtered=filtered)
        self._connection = Connection(self._url)
        self._greeted_at: float | None = None
        self._gap_since: float | None = None
        self._try_now = asyncio.Event()

    @property
    def connection(self) -> Connection:
        """Where the connection stands, position included."""
        return replace(self._connection, epoch=self._wire.epoch, seq=self._wire.seq or None)

    @property
    def _url(self) -> str:
        return self._transport.address.url

    def retry_now(self) -> None:
        """Do not wait for the next attempt; also after the server refused us."""
        self._reconnect.forget()
        self._try_now.set()

    async def __aiter__(self) -> AsyncGenerator[Item | Order, None]:
        self._on_connection(self.connection)
        while True:
            items = self._connect_once()
            async with aclosing(items):
                try:
                    async for item in items:
                        yield item
                except _Ended as ended:
                    ending = ended.ending
            await self._pause(ending)

    async def _connect_once(self) -> AsyncGenerator[Item | Order, None]:
        """The items of one connection. Always ends by raising _Ended."""
        self._greeted_at = self._gap_since = None
        try:
            async with asyncio.timeout(self._timing.connect):
                socket = await self._open()
        except aiohttp.WSServerHandshakeError as error:
            raise self._ended(f"The server refused: {error.status} {error.message}", http=error.status) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._ended(f"Cannot reach {self._url}: {_reason(error)}") from None
        try:
            async with aclosing(self._read(socket)) as items:
                async for item in items:
                    yield item
        except PositionLost as error:
            raise self._ended(error.message, code=RESUME) from None
        except ProtocolError as error:
            raise self._ended(error.message, incompatible=isinstance(error, Incompatible)) from None
        finally:
            await self._close(socket)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        params = {"since": self._wire.open()}
        if self._runner_id is not None:
            params["runner"] = self._runner_id
        return await self._transport.sockets().ws_connect(
            f"{self._url}/ws",
            params=params,
            headers=self._transport.address.headers,
            max_msg_size=FRAME_BYTES,
            timeout=aiohttp.ClientWSTimeout(ws_close=self._timing.close),
        )

    async def _close(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Say goodbye; to a peer that does not read that would take for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * self._timing.close):
                await socket.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> AsyncGenerator[Item | Order, None]:
        clock = self._timing
        heart = Heartbeat(clock.silence, clock.monotonic(), clock.wall())
        while True:
            await self._beat(socket, heart)
            patience = self._patience(clock.monotonic())
            try:
                message = await socket.receive(min(patience, heart.wait(clock.monotonic())))
            except TimeoutError:
                continue
            heart.heard(clock.monotonic())
            if message.type is aiohttp.WSMsgType.TEXT:
                for found in self._wire.receive(message.data):
                    if isinstance(found, Hello | Pong):
                        self._note(found, heart)
                    else:
                        yield found
                self._note_caught_up()
            elif message.type is not aiohttp.WSMsgType.BINARY:
                if (
                    message.type is not aiohttp.WSMsgType.CLOSE
                ):  # no goodbye: the network may have lost the others too
                    await self._transport.begin_anew()
                raise self._closed(socket, message)

    def _patience(self, now: float) -> float:
        """Seconds to wait on for a missing event. Raises PositionLost when they are over."""
        if not self._wire.has_gap:
            self._gap_since = None
            return inf
        if self._gap_since is None:
            self._gap_since = now
        left = self._gap_since + self._timing.gap - now
        if left <= 0:
            raise PositionLost(f"An event after {self._wire.seq} is missing")
        return left

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, heart: Heartbeat) -> None:
        match heart.poll(self._timing.monotonic(), self._timing.wall()):
            case Ping(identifier):
                try:
                    await socket.send_str(orjson.dumps({"type": "ping", "id": identifier}).decode())
                except (aiohttp.ClientError, ConnectionError) as error:
                    raise self._ended(f"The connection broke: {error}") from None
            case Dead(reason):
                LOG.warning("The connection to %s is given up: %s", self._url, reason)
                # Those that are kept for requests are as dead, and the next request would wait on one in vain.
                await self._transport.begin_anew()
                raise self._ended(f"Given up: {reason}")

    def _note(self, found: Hello | Pong, heart: Heartbeat) -> None:
        if isinstance(found, Hello):
            self._greeted_at = self._timing.monotonic()
            CLIENT_RESYNCS.labels(found.mode).inc()
            self._try_now.clear()
            heart.adopt(found.heartbeat)
            self._move(Phase.RESYNCING, f"{found.mode} from server {found.server_version}", retry_at=None)
            return
        latency = heart.pong(found.id, self._timing.monotonic())
        if latency is not None:
            self._connection = replace(self._connection, latency_ms=latency)
            self._on_connection(self.connection)

    def _note_caught_up(self) -> None:
        if self._connection.phase is Phase.RESYNCING and self._wire.is_caught_up:
            self._move(Phase.ONLINE, attempt=0, last_error=None)

    def _closed(self, socket: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage) -> "_Ended":
        code = socket.close_code
        said = message.extra if message.type is aiohttp.WSMsgType.CLOSE else None
        detail = f": {said}" if said else ""
        return self._ended(f"The server closed the connection ({code or 'no code'}){detail}", code=code)

    def _ended(
        self, message: str, *, code: int | None = None, http: int | None = None, incompatible: bool = False
    ) -> "_Ended":
        since = self._greeted_at
        lived = None if since is None else self._timing.monotonic() - since
        return _Ended(Ending(message, code, http, lived, incompatible))

    async def _pause(self, ending: Ending) -> None:
        match self._reconnect.after(ending):
            case Stop(phase):
                self._move(phase, ending.message, last_error=ending.message, latency_ms=None, retry_at=None)
                await self._until_invited()
            case Again(delay, attempt) as again:
                CLIENT_RECONNECTS.inc()
                retry_at = round((self._timing.wall() + delay) * 1000)
                changes = {"attempt": attempt, "retry_at": retry_at, "last_error": ending.message}
                self._move(again.phase, ending.message, latency_ms=None, **changes)
                await self._wait(delay)
                self._connection = replace(self._connection, retry_at=None)
                await self._look_for_server()
        self._try_now.clear()

    async def _until_invited(self) -> None:
        """Refused: wait for the person, or for a server with another address."""
        while not self._try_now.is_set():
            if await self._look_for_server():
                self._reconnect.forget()
                return
            await self._wait(self._timing.look if self._locate else None)

    async def _look_for_server(self) -> bool:
        """Whether there is a server at another address than ours, which is now ours."""
        found = await asyncio.to_thread(self._locate) if self._locate else None
        if found is None or found == self._transport.address:
            return False
        self._transport.address = found
        self._connection = replace(self._connection, url=found.url)
        return True

    async def _wait(self, delay: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._try_now.wait()

    def _move(self, phase: Phase, message: str = "", **changes: Any) -> None:
        at = round(self._timing.wall() * 1000)
        self._connection = self._connection.moved(phase, at, message, **changes)
        self._on_connection(self.connection)


def _reason(error: Exception) -> str:
    """Why there is no connection, in the operating system's words where it has some."""
    if isinstance(error, OSError) and error.errno and not isinstance(error, TimeoutError):
        return os.strerror(error.errno)
    return str(error) or "no answer"


class _Ended(Exception):
    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.message)
        self.ending = ending
