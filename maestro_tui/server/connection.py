"""The life of one WebSocket connection.

Its two halves never wait for each other: the reader answers what the client says, the writer
sends the opening and then whatever the channel holds. Whoever finds a reason to end it says
so once, with `end`; both halves stop, and the socket is closed with that reason's code.
"""

import asyncio
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
from maestro_tui.telemetry.metrics import SOCKETS_CLOSED, SOCKETS_OPENED
from maestro_tui.version import __version__

__all__ = ["CloseCode", "Connection", "control_frame"]

LOG = logging.getLogger(__name__)

PROTOCOL = 1


class CloseCode:
    """Why we close. The range says what to do: 41xx reconnect later, 42xx at once, 44xx stop."""

    GOING_AWAY = 1001
    INTERNAL_ERROR = 4102
    SLOW = 4201
    POSITION_LOST = 4202
    TOKEN_ENDED = 4401
    TOO_LARGE = 4413
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
        self._ending: asyncio.Future[Verdict | None] = asyncio.get_running_loop().create_future()
        self._said: deque[float] = deque(maxlen=self._limits.messages_per_second)

    async def run(self) -> None:
        """Returns when the connection is over, whoever ended it."""
        self._channel.wake = self._woken
        if not self._channel.resumable:
            self._hub.join(self._channel)
            SOCKETS_OPENED.labels("live").inc()
        halves = asyncio.create_task(self._read()), asyncio.create_task(self._write())
        try:
            verdict = await self._ending
        finally:
            self._hub.leave(self._channel)
            for half in halves:
                half.cancel()
            await asyncio.gather(*halves, return_exceptions=True)
        if verdict is not None:
            await self._close(verdict)

    def end(self, code: int, reason: bytes) -> None:
        """Close the socket with this code, unless it is ending already."""
        self._decide(Verdict(code, reason))

    def _decide(self, verdict: Verdict | None) -> None:
        if not self._ending.done():
            self._ending.set_result(verdict)

    def _woken(self) -> None:
        self._news.set()
        if self._channel.slow:
            LOG.warning("A client did not keep up with its events", extra={"actor": self._channel.actor.scope})
            self.end(CloseCode.SLOW, b"too slow, resume")
        elif self._channel.revoked:
            self.end(CloseCode.TOKEN_ENDED, b"this token is no longer valid")

    async def _close(self, verdict: Verdict) -> None:
        """Say goodbye and wait for the answer; a peer that does not read may delay that for a moment only."""
        SOCKETS_CLOSED.labels(verdict.code).inc()
        try:
            async with asyncio.timeout(self._limits.last_words_seconds):
                await self._socket.close(code=verdict.code, message=verdict.reason)
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    # -- what we say ---------------------------------------------------------------------

    async def _write(self) -> None:
        try:
            if self._channel.resumable:
                await self._open()
            while True:
                await self._send_next()
        except ConnectionError:
            return  # the reader sees the end of the connection too, and ends it
        except Exception:
            LOG.exception("A WebSocket connection failed")
            self.end(CloseCode.INTERNAL_ERROR, b"internal error")

    async def _open(self) -> None:
        """Bring the client up to date, and join the live connections without a gap."""
        journal = self._services.journal
        asked = queries.position(self._query)
        missed = None
        if asked is not None and asked.epoch == journal.epoch:
            missed = self._hub.join(self._channel, asked.seq)
        if missed is not None:
            await self._greet("replay")
            await self._replay(missed)
        else:
            await self._send_state()

    async def _send_state(self) -> None:
        position = Position(self._services.journal.epoch, self._services.journal.seq)
        await self._greet("snapshot")
        for text in await snapshot_frames(self._services, self._channel, position, self._now_ms()):
            await self._socket.send_str(text)
        missed = self._hub.join(self._channel, position.seq)
        if missed is not None:
            await self._replay(missed)
        else:
            self.end(CloseCode.POSITION_LOST, b"the state is outdated, ask again")

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

    async def _greet(self, mode: str) -> None:
        SOCKETS_OPENED.labels(mode).inc()
        await self._say("hello", self._hello(mode))

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        await self._socket.send_str(control_frame(kind, data, self._now_ms(), self._services.journal.epoch))

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
        try:
            async for message in self._socket:
                if message.type is WSMsgType.ERROR:
                    break
                if len(message.data) > self._limits.frame_bytes:
                    self.end(CloseCode.TOO_LARGE, b"message too large")
                    return
                if not self._may_speak():
                    self.end(CloseCode.TOO_MANY, b"too many messages")
                text = message.data if message.type is WSMsgType.TEXT else None
                await self._socket.send_str(encode(answer(text, self._channel, self._now_ms())).decode())
        except ConnectionError:
            LOG.debug("A client went away in the middle of an answer")
        finally:
            self._decide(None)

    def _may_speak(self) -> bool:
        now = time.monotonic()
        self._said.append(now)
        return len(self._said) < self._limits.messages_per_second or now - self._said[0] > 1.0


def control_frame(kind: str, data: dict[str, Any], now: int, epoch: str) -> str:
    """What is no event but has the shape of one, without a place of its own in the journal."""
    return encode({"type": kind, "event": kind, "data": data, "timestamp": now, "epoch": epoch}).decode()
