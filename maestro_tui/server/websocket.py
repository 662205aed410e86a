"""The WebSocket's door: one handler for `/ws` and `/`, and the end of all connections at once."""

from aiohttp import web

from maestro_tui.server import queries
from maestro_tui.server.auth import SUBPROTOCOL
from maestro_tui.server.connection import CloseCode, Connection
from maestro_tui.server.errors import UpgradeRequired
from maestro_tui.server.hub import Channel, Subscription
from maestro_tui.server.keys import DEPENDENCIES, actor_of

__all__ = ["CONNECTIONS", "close_all", "upgrade"]

CONNECTIONS = web.AppKey("CONNECTIONS", set[Connection])


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
    connection, connections = Connection(request, socket, channel), request.app[CONNECTIONS]
    if len(connections) >= request.app[DEPENDENCIES].settings.server.max_connections:
        connection.end(CloseCode.TOO_MANY, b"too many connections")
    connections.add(connection)
    try:
        await connection.run()
    finally:
        connections.discard(connection)
    return socket


async def close_all(app: web.Application) -> None:
    """Tell every client that the server goes away; without this a stop would wait for them."""
    for connection in app[CONNECTIONS]:
        connection.end(CloseCode.GOING_AWAY, b"server is stopping")


def _channel(request: web.Request) -> Channel:
    project_id = queries.identifier(request.query, "projectId")
    return Channel(
        actor=actor_of(request),
        resumable="since" in request.query,
        runner_id=queries.identifier(request.query, "runner"),
        subscriptions=() if project_id is None else (Subscription(project_id),),
        limits=request.app[DEPENDENCIES].socket.queue,
    )
