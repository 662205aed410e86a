"""The description of the interface itself."""

from aiohttp import web

from maestro_tui.server.openapi import document
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()


@routes.get("/api/openapi.json")
async def openapi(request: web.Request) -> web.Response:
    """This interface as an OpenAPI document."""
    return reply(document(request.app))
