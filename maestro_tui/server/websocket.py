"""The WebSocket's door: one handler for `/ws` and `/`, and the end of all connections at once."""

import asyncio
import contextlib

from aiohttp import WSCloseCode, web

from maestro_tui.server import queries
from maestro_tui.server.auth import SUBPROTOCOL
from maestro_tui.server.connection import CloseCode, Connection
from maestro_tui.server.errors import UpgradeRequired
from maestro_tui.server.hub import Channel, Subscription
from maestro_tui.server.keys import DEPENDENCIES, SOCKETS, actor_of

__all__ = ["close_all", "upgrade"]


async def upgrade(request: web.Request) -> web.WebSocketResponse:
    """Turn a request into a connection and stay with it until it ends.

    Query: `since` (`0`, or a position) asks for the state or what was missed, `projectId`
    narrows it, `runner` names the runner whose connection this is.
    """
    limits = request.app[DEPENDENCIES].socket
    socket = web.WebSocketResponse(
        heartbeat=limits.heartbeat_seconds,
        max_msg_size=limits.frame_bytes,
        protocols=(SUBPROTOCOL,),
        compress=False,
    )
    if not socket.can_prepare(request):
        raise UpgradeRequired("This address speaks WebSocket only", suggestion="Connect to ws://HOST:PORT/ws")
    channel = _channel(request)
    await socket.prepare(request)
    sockets = request.app[SOCKETS]
    if len(sockets) >= request.app[DEPENDENCIES].settings.server.max_connections:
        await socket.close(code=CloseCode.TOO_MANY, message=b"too many connections")
        return socket
    sockets.add(socket)
    try:
        await Connection(request, socket, channel).run()
    finally:
        sockets.discard(socket)
    return socket


async def close_all(app: web.Application) -> None:
    """Tell every client that the server goes away; without this a stop would wait for them."""
    patience = app[DEPENDENCIES].socket.last_words_seconds
    async with asyncio.TaskGroup() as group:
        for socket in list(app[SOCKETS]):
            group.create_task(_dismiss(socket, patience))


async def _dismiss(socket: web.WebSocketResponse, patience: float) -> None:
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(patience):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"server is stopping")


def _channel(request: web.Request) -> Channel:
    project_id = queries.identifier(request.query, "projectId")
    return Channel(
        actor=actor_of(request),
        resumable="since" in request.query,
        runner_id=queries.identifier(request.query, "runner"),
        subscriptions=() if project_id is None else (Subscription(project_id),),
        limits=request.app[DEPENDENCIES].socket.queue,
    )
