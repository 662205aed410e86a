"""Where the WebSocket is: `/ws`, and `/` for clients that connect there."""

from aiohttp import web

from maestro_tui.server.websocket import upgrade

__all__ = ["routes"]

routes = web.RouteTableDef()

routes.get("/ws", allow_head=False)(upgrade)
routes.get("/", allow_head=False)(upgrade)
