"""The life of one WebSocket connection.

It has three parts that never wait for each other: the reader answers what the client says,
the writer sends the opening and then whatever the channel holds, and the guard closes the
socket as soon as there is a reason to.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from typing import Any, NamedTuple

from aiohttp import WSMsgType, web

from maestro_tui.domain.events import JournalEntry
from maestro_tui.server import queries
from maestro_tui.server.dialogue import answer
from maestro_tui.server.hub import Channel
from maestro_tui.server.keys import DEPENDENCIES, HUB
from maestro_tui.server.queries import Position
from maestro_tui.server.replies import encode
from maestro_tui.server.snapshot import snapshot_frames
from maestro_tui.version import __version__

__all__ = ["CloseCode", "Connection"]

LOG = logging.getLogger(__name__)

PROTOCOL = 1


class CloseCode:
    """Why we close. The client acts on the range: 41xx reconnect with backoff, 42xx at once, 44xx stop."""

    INTERNAL_ERROR = 4102
    SLOW = 4201
    POSITION_LOST = 4202
    TOKEN_ENDED = 4401
    TOO_MANY = 4429


class Verdict(NamedTuple):
    """Why the connection ends. reason: for people, at most 123 bytes, nothing from users."""

    code: int
    reason: bytes


class Connection:
    """One client on its socket, from the opening frame to the close."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, channel: Channel) -> None:
        dependencies = request.app[DEPENDENCIES]
        self._query = request.query
        self._transport = request.transport
        self._socket = socket
        self._channel = channel
        self._hub = request.app[HUB]
        self._services = dependencies.services
        self._now_ms = dependencies.clock
        self._limits = dependencies.socket
        self._news = asyncio.Event()
        self._verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._said: deque[float] = deque(maxlen=self._limits.messages_per_second)

    async def run(self) -> None:
        """Returns when the connection is over, whoever ended it."""
        self._channel.wake = self._woken
        if not self._channel.resumable:
            self._hub.join(self._channel)
        writer, guard = asyncio.create_task(self._write()), asyncio.create_task(self._guard())
        try:
            await self._read()
        finally:
            self._hub.leave(self._channel)
            writer.cancel()
            if not self._verdict.done():
                guard.cancel()
            await asyncio.gather(writer, guard, return_exceptions=True)

    def _woken(self) -> None:
        self._news.set()
        if self._channel.slow:
            LOG.warning("A client did not keep up with its events", extra={"actor": self._channel.actor.scope})
            self._end(CloseCode.SLOW, b"too slow, resume")
        elif self._channel.revoked:
            self._end(CloseCode.TOKEN_ENDED, b"the session has ended")

    def _end(self, code: int, reason: bytes) -> None:
        if not self._verdict.done():
            self._verdict.set_result(Verdict(code, reason))

    async def _guard(self) -> None:
        """Close when there is a verdict; a peer that does not read may delay that for a moment only."""
        code, reason = await self._verdict
        try:
            async with asyncio.timeout(self._limits.last_words_seconds):
                await self._socket.close(code=code, message=reason)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    # -- what we say ---------------------------------------------------------------------

    async def _write(self) -> None:
        try:
            if self._channel.resumable:
                await self._open()
            while not self._verdict.done():
                await self._send_next()
        except ConnectionError:
            return  # the reader sees the end of the connection too, and ends it
        except Exception:
            LOG.exception("A WebSocket connection failed")
            self._end(CloseCode.INTERNAL_ERROR, b"internal error")

    async def _open(self) -> None:
        """Bring the client up to date, and join the live connections without a gap."""
        journal = self._services.journal
        asked = queries.position(self._query)
        missed = None
        if asked is not None and asked.epoch == journal.epoch:
            missed = self._hub.join(self._channel, asked.seq)
        if missed is not None:
            await self._say("hello", self._hello("replay"))
            await self._replay(missed)
        else:
            await self._send_state()

    async def _send_state(self) -> None:
        position = Position(self._services.journal.epoch, self._services.journal.seq)
        await self._say("hello", self._hello("snapshot"))
        for text in await snapshot_frames(self._services, self._channel, position, self._now_ms()):
            await self._socket.send_str(text)
        missed = self._hub.join(self._channel, position.seq)
        if missed is not None:
            await self._replay(missed)
        else:
            self._end(CloseCode.POSITION_LOST, b"the state is outdated, ask again")

    async def _replay(self, entries: list[JournalEntry]) -> None:
        for entry in entries:
            await self._socket.send_str(encode(entry.envelope).decode())

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
            "timestamp": self._now_ms(),
            "epoch": self._services.journal.epoch,
        }
        await self._socket.send_str(encode(envelope).decode())

    def _hello(self, mode: str) -> dict[str, Any]:
        return {
            "epoch": self._services.journal.epoch,
            "seq": self._services.journal.seq,
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

    # -- what the client says ------------------------------------------------------------

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.ERROR:
                return
            if not self._may_speak():
                self._end(CloseCode.TOO_MANY, b"too many messages")
                return
            text = message.data if message.type is WSMsgType.TEXT else None
            with contextlib.suppress(ConnectionError):
                await self._socket.send_str(encode(answer(text, self._channel, self._now_ms())).decode())

    def _may_speak(self) -> bool:
        now = time.monotonic()
        self._said.append(now)
        return len(self._said) < self._limits.messages_per_second or now - self._said[0] > 1.0
