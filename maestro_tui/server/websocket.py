"""The WebSocket's door: one handler for `/ws` and `/`, and the end of all connections at once."""

from aiohttp import web

from maestro_tui.domain.order import Order
from maestro_tui.server import queries
from maestro_tui.server.auth import SUBPROTOCOL
from maestro_tui.server.connection import CloseCode, Connection, control_frame
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.errors import UpgradeRequired
from maestro_tui.server.hub import Channel, Subscription
from maestro_tui.server.keys import DEPENDENCIES, DISPATCH, actor_of
from maestro_tui.services.permissions import require_owner

__all__ = ["CONNECTIONS", "close_all", "order_frame", "upgrade"]

HOPELESS = 4
"""Times the size that is allowed: beyond it a message is not even read to its end (1009)."""
CONNECTIONS = web.AppKey("CONNECTIONS", set[Connection])


async def upgrade(request: web.Request) -> web.WebSocketResponse:
    """Turn a request into a connection and stay with it until it ends.

    Query: `since` (`0`, or a position) asks for the state or what was missed, `projectId`
    narrows it, `runner` (the owner's only) names the runner whose connection this is: it is given orders.
    """
    limits = request.app[DEPENDENCIES].socket
    socket = web.WebSocketResponse(
        heartbeat=limits.heartbeat_seconds,
        max_msg_size=HOPELESS * limits.frame_bytes,
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
        with request.app[DISPATCH].serving(channel):
            await connection.run()
    finally:
        connections.discard(connection)
    return socket


async def close_all(app: web.Application) -> None:
    """Tell every client that the server goes away; without this a stop would wait for them."""
    for connection in app[CONNECTIONS]:
        connection.end(CloseCode.GOING_AWAY, b"server is stopping")


def order_frame(dependencies: Dependencies, order: Order) -> str:
    """An order as it is said to its runner."""
    return control_frame("order", order.to_wire(), dependencies.clock(), dependencies.services.journal.epoch)


def _channel(request: web.Request) -> Channel:
    project_id = queries.identifier(request.query, "projectId")
    runner_id = queries.identifier(request.query, "runner")
    if runner_id is not None:
        require_owner(actor_of(request), "be a runner")
    return Channel(
        actor=actor_of(request),
        resumable="since" in request.query,
        runner_id=runner_id,
        subscriptions=() if project_id is None else (Subscription(project_id),),
        limits=request.app[DEPENDENCIES].socket.queue,
    )
