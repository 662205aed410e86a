"""A span for every request, as a part of the trace its `traceparent` header names."""

from aiohttp import web
from aiohttp.typedefs import Handler

from maestro_tui.server.keys import request_id_of
from maestro_tui.telemetry import tracing

__all__ = ["trace"]


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Record how long the answer took. A socket lasts as long as its connection, and is none."""
    parent = request.headers.get("traceparent")
    if (parent is None and not tracing.is_on()) or "Upgrade" in request.headers:
        return await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "(no route)"
    with tracing.span(
        f"{request.method} {route}",
        parent=parent,
        kind="server",
        http__request__method=request.method,
        http__route=route,
        maestro__request_id=request_id_of(request),
    ) as span:
        response = await handler(request)
        span.note(http__response__status_code=response.status)
        return response
