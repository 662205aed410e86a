"""What stands between a socket and a request.

Bytes that never become a request are answered in the one shape of an error, as everywhere else.
A head that is not whole in time ends its connection, and so does, when there are too many, the
one that has waited longest: connections that say nothing keep nobody out.
"""

import asyncio
import logging
import os
import resource
from typing import Any

from aiohttp import web

from maestro_tui.domain.errors import Invalid, MaestroError
from maestro_tui.server.replies import SERVER_NAME, error_reply

__all__ = ["Runner", "stop_accepting"]

LOG = logging.getLogger(__name__)

HEAD_SECONDS = 10.0
"""From a connection's beginning, or the first byte of a later request, to the end of that request's head."""
IDLE_SECONDS = 75.0
"""How long a connection may stay open between two requests: longer than proxies keep theirs."""
MOST_REQUESTING = 448
"""Connections that may be open at once, beside those of WebSockets."""
ARRIVAL_TURNS = 4
"""Turns of the event loop from accepting a connection to having the request that came with it in hand."""


class Runner(web.AppRunner):
    """Runs an application whose connections answer in JSON even to what is not HTTP.

    sockets: how many of its connections may be WebSockets.
    """

    def __init__(self, app: web.Application, *, shutdown_timeout: float, sockets: int) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=shutdown_timeout, keepalive_timeout=IDLE_SECONDS)
        self._most = _affordable(sockets + MOST_REQUESTING)

    async def cleanup(self) -> None:
        """Let nobody more in, answer whoever was let in and had asked by then, and close everything."""
        servers = (site._server for site in self.sites)
        await stop_accepting(*(server for server in servers if isinstance(server, asyncio.Server)))
        await super().cleanup()

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(self._most, made.request_handler, request_factory=made.request_factory, **self._kwargs)


async def stop_accepting(*servers: asyncio.Server) -> None:
    """Let nobody more in, and wait until whoever was let in has a connection and has said what they came with.

    For the moment before the servers are closed: one that is closed while a connection is being made
    neither serves nor closes that connection (asyncio's Server._attach).
    """
    loop = asyncio.get_running_loop()
    for server in servers:
        for listener in server.sockets:
            loop.remove_reader(listener)
    for _ in range(ARRIVAL_TURNS):
        await asyncio.sleep(0)


def _affordable(wanted: int) -> int:
    """As many as wanted, and never more than half of the files this process may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else min(wanted, files // 2)


class _Server(web.Server):
    def __init__(self, most: int, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._most = most
        self._over = False

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """A connection whose TLS handshake ends after all others were closed would be left open for good."""
        super().connection_made(handler, transport)
        if self._over:
            transport.abort()

    async def shutdown(self, timeout: float | None = None) -> None:
        self._over = True
        await super().shutdown(timeout)

    def make_room(self) -> None:
        """Beyond the most, end the connection that has waited longest for a request; else the newest."""
        if len(self._connections) <= self._most:
            return
        *older, newest = self._connections
        waiting = (one for one in older if isinstance(one, _Connection) and one.waits)
        _hang_up(next(waiting, newest))


class _Connection(web.RequestHandler):
    __slots__ = ("_deadline",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._deadline: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self._expect_head()
        if isinstance(self._manager, _Server):
            self._manager.make_room()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._head_is_whole()
        super().connection_lost(exc)

    @property
    def waits(self) -> bool:
        """Whether nothing is being done for this connection, because no whole request has come."""
        return self._waiter is not None and not self._waiter.done()

    def data_received(self, data: bytes) -> None:
        """Take in the rest of a request that was in hand when a stop began; aiohttp alone would drop it."""
        ending = self._close, self._force_close
        if self._request_in_progress:
            self._close = self._force_close = False
        try:
            super().data_received(data)
        finally:
            self._close, self._force_close = self._close or ending[0], self._force_close or ending[1]
        if self._messages:  # a head that came in time is served, even when the loop reads it late
            self._head_is_whole()
        elif self.waits and self._deadline is None:
            self._expect_head()

    async def _handle_request(self, *arguments: Any) -> tuple[web.StreamResponse, bool]:
        self._head_is_whole()
        return await super()._handle_request(*arguments)

    def _expect_head(self) -> None:
        self._deadline = self._loop.call_later(HEAD_SECONDS, _hang_up, self)

    def _head_is_whole(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer before the connection is closed. It repeats nothing of what was sent."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already; another one cannot follow")
        answer = error_reply(_refusal(status, exc), request_id := os.urandom(8).hex())
        answer.set_status(status)
        answer.headers["Server"] = SERVER_NAME
        answer.headers["X-Request-Id"] = request_id
        answer.force_close()
        return answer


def _hang_up(connection: web.RequestHandler) -> None:
    """At once, and without a word: there is no request to answer."""
    if connection.transport is not None:
        connection.transport.abort()


def _refusal(status: int, reason: BaseException | None) -> MaestroError:
    if status < 500:
        LOG.debug("Something that is not HTTP was sent", exc_info=reason)
        return Invalid("This is not a valid HTTP request")
    LOG.error("A connection failed", exc_info=reason)
    return MaestroError("The server failed on this request; its log says why")
