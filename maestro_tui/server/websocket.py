"""The WebSocket: one handler for `/ws` and `/`, and the life of one connection.

A connection has three parts that never wait for each other: the reader parses what the
client says, the writer sends the opening and then whatever its channel holds, and the guard
closes the socket when the channel says it has fallen behind or lost its right to listen.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from maestro_tui.domain.actor import Actor
from maestro_tui.server import queries
from maestro_tui.server.auth import SUBPROTOCOL
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.dialogue import answer
from maestro_tui.server.errors import UpgradeRequired
from maestro_tui.server.hub import Channel, Hub, Subscription
from maestro_tui.server.keys import DEPENDENCIES, HUB, SOCKETS, actor_of
from maestro_tui.server.queries import Position
from maestro_tui.server.replies import encode
from maestro_tui.server.snapshot import snapshot_frames
from maestro_tui.version import __version__

__all__ = ["CloseCode", "close_all", "upgrade"]

LOG = logging.getLogger(__name__)

PROTOCOL = 1
LAST_WORDS_SECONDS = 1.0


class CloseCode:
    """Why we close. The client acts on the range: 41xx reconnect with backoff, 42xx at once, 44xx stop."""

    INTERNAL_ERROR = 4102
    SLOW = 4201
    POSITION_LOST = 4202
    TOKEN_ENDED = 4401
    TOO_MANY = 4429


async def upgrade(request: web.Request) -> web.WebSocketResponse:
    """Turn a request into a connection and stay with it until it ends."""
    dependencies, hub = request.app[DEPENDENCIES], request.app[HUB]
    socket = web.WebSocketResponse(
        heartbeat=dependencies.socket.heartbeat_seconds,
        max_msg_size=dependencies.socket.frame_bytes,
        protocols=(SUBPROTOCOL,),
        compress=False,
    )
    if not socket.can_prepare(request):
        raise UpgradeRequired("This address speaks WebSocket only", suggestion="Connect to ws://HOST:PORT/ws")
    project_id = queries.identifier(request.query, "projectId")
    runner_id = queries.identifier(request.query, "runner")
    await socket.prepare(request)
    if hub.is_full or len(request.app[SOCKETS]) >= dependencies.settings.server.max_connections:
        await socket.close(code=CloseCode.TOO_MANY, message=b"too many connections")
        return socket
    request.app[SOCKETS].add(socket)
    try:
        connection = Connection(request, socket, dependencies, hub, actor_of(request), runner_id, project_id)
        await connection.run()
    finally:
        request.app[SOCKETS].discard(socket)
    return socket


async def close_all(app: web.Application) -> None:
    """Tell every client that the server goes away; without this a stop would wait for them."""
    sockets = tuple(app[SOCKETS])
    if sockets:
        await asyncio.wait([asyncio.create_task(_dismiss(socket)) for socket in sockets])


async def _dismiss(socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"server is stopping")


class Connection:
    """One client on its socket, from the opening frame to the close."""

    def __init__(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        dependencies: Dependencies,
        hub: Hub,
        actor: Actor,
        runner_id: str | None,
        project_id: str | None,
    ) -> None:
        self._request = request
        self._socket = socket
        self._services = dependencies.services
        self._clock = dependencies.clock
        self._limits = dependencies.socket
        self._hub = hub
        self._project_id = project_id
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._said: deque[float] = deque(maxlen=self._limits.messages_per_second)
        self._channel = Channel(
            actor=actor,
            resumable="since" in request.query,
            runner_id=runner_id,
            limits=self._limits.queue,
            wake=self._woken,
        )
        if project_id is not None:
            self._channel.subscriptions.append(Subscription(project_id))

    async def run(self) -> None:
        helpers = [asyncio.create_task(self._write()), asyncio.create_task(self._guard())]
        try:
            await self._read()
        finally:
            self._hub.leave(self._channel)
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def _woken(self) -> None:
        self._news.set()
        if self._channel.slow or self._channel.revoked:
            self._over.set()

    async def _guard(self) -> None:
        await self._over.wait()
        if self._channel.slow:
            LOG.warning("A client did not keep up with its events and was disconnected")
            await self._close(CloseCode.SLOW, b"too slow, resume")
        else:
            await self._close(CloseCode.TOKEN_ENDED, b"the session has ended")

    async def _close(self, code: int, reason: bytes) -> None:
        """Close, politely for a second: a peer that does not read would never let us finish."""
        transport = self._request.transport
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self._socket.close(code=code, message=reason)
        except TimeoutError:
            if transport is not None:
                transport.abort()

    # -- what we say ---------------------------------------------------------------------

    async def _write(self) -> None:
        try:
            await self._open()
            while True:
                await self._send_next()
        except ConnectionError:
            return  # the reader sees the end of the connection too, and ends it
        except Exception:
            LOG.exception("A WebSocket connection failed")
            await self._close(CloseCode.INTERNAL_ERROR, b"internal error")

    async def _open(self) -> None:
        if not self._channel.resumable:
            self._hub.join(self._channel)
            return
        journal = self._services.journal
        asked = queries.position(self._request.query)
        missed = None
        if asked is not None and asked.epoch == journal.epoch:
            missed = self._hub.join(self._channel, asked.seq)
        if missed is None:
            await self._send_state()
            return
        await self._say("hello", self._hello("replay"))
        for entry in missed:
            await self._socket.send_str(encode(entry.envelope).decode())

    async def _send_state(self) -> None:
        journal = self._services.journal
        position = Position(journal.epoch, journal.seq)
        await self._say("hello", self._hello("snapshot"))
        frames = await snapshot_frames(
            self._services, self._channel.actor, position, self._clock(), self._project_id
        )
        for text in frames:
            await self._socket.send_str(text)
        missed = self._hub.join(self._channel, position.seq)
        if missed is None:
            await self._close(CloseCode.POSITION_LOST, b"the state is outdated, ask again")
            return
        for entry in missed:
            await self._socket.send_str(encode(entry.envelope).decode())

    def _hello(self, mode: str) -> dict[str, Any]:
        journal = self._services.journal
        return {
            "epoch": journal.epoch,
            "seq": journal.seq,
            "mode": mode,
            "heartbeatMs": round(self._limits.heartbeat_seconds * 1000),
            "serverVersion": __version__,
            "protocol": PROTOCOL,
            "limits": {
                "maxFrame": self._limits.frame_bytes,
                "queueEvents": self._limits.queue.events,
                "queueBytes": self._limits.queue.size,
            },
        }

    async def _send_next(self) -> None:
        if (text := self._channel.pop()) is not None:
            await self._socket.send_str(text)
            return
        self._news.clear()
        try:
            async with asyncio.timeout(self._limits.heartbeat_seconds):
                await self._news.wait()
        except TimeoutError:
            if self._channel.resumable:
                await self._say("heartbeat", {"seq": self._hub.seq})

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        """A control frame: the shape of an event, without a place in the journal of its own."""
        envelope = {
            "type": kind,
            "event": kind,
            "data": data,
            "timestamp": self._clock(),
            "epoch": self._services.journal.epoch,
        }
        await self._socket.send_str(encode(envelope).decode())

    # -- what the client says ------------------------------------------------------------

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.ERROR:
                return
            if not self._may_speak():
                await self._close(CloseCode.TOO_MANY, b"too many messages")
                return
            with contextlib.suppress(ConnectionError):
                text = message.data if message.type is WSMsgType.TEXT else None
                await self._socket.send_str(encode(answer(text, self._channel, self._clock())).decode())

    def _may_speak(self) -> bool:
        now = time.monotonic()
        self._said.append(now)
        return len(self._said) < self._limits.messages_per_second or now - self._said[0] > 1.0
