"""Typing into sessions and stopping them, and their runners' answers."""

from aiohttp import web

from maestro_tui.domain.requests.orders import AnswerOrder, SendInput, StopSession
from maestro_tui.server import queries
from maestro_tui.server.bodies import parse, read_bytes, read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply
from maestro_tui.services.orders import Receipt

__all__ = ["routes"]

routes = web.RouteTableDef()

ONE = "/api/sessions/{session_id}"


@routes.post(ONE + "/input")
async def send_input(request: web.Request) -> web.StreamResponse:
    """Answered when it is in the session's terminal; with `wait=false` at once (202)."""
    body = await read_model(request, SendInput)
    send = services_of(request).orders.send
    return _receipt(
        await send(
            request.match_info["session_id"], body, actor_of(request), wait=_wait(request), key=_key(request)
        )
    )


@routes.post(ONE + "/stop")
async def stop(request: web.Request) -> web.StreamResponse:
    """Answered when its end has begun; with `wait=false` at once (202)."""
    raw = await read_bytes(request)
    body = parse(raw, StopSession) if raw else StopSession()
    stop_session = services_of(request).orders.stop
    return _receipt(
        await stop_session(
            request.match_info["session_id"], body, actor_of(request), wait=_wait(request), key=_key(request)
        )
    )


@routes.get(ONE + "/orders")
async def orders(request: web.Request) -> web.StreamResponse:
    """Those that wait, and what became of those given with `wait=false`."""
    session_id = request.match_info["session_id"]
    return reply({"orders": await services_of(request).orders.of(session_id, actor_of(request))})


@routes.post(ONE + "/orders/{order_id}")
async def answer(request: web.Request) -> web.StreamResponse:
    session_id, order_id = request.match_info["session_id"], request.match_info["order_id"]
    body = await read_model(request, AnswerOrder)
    await services_of(request).orders.answer(session_id, order_id, body, actor_of(request))
    return reply({"success": True, "sessionId": session_id, "orderId": order_id})


def _wait(request: web.Request) -> bool:
    return queries.flag(request.query, "wait") is not False


def _key(request: web.Request) -> str | None:
    return request.headers.get("Idempotency-Key")


def _receipt(receipt: Receipt) -> web.Response:
    answer = {
        "success": True,
        "sessionId": receipt.session_id,
        "orderId": receipt.order_id,
        "delivered": receipt.delivered,
    }
    return reply(answer, status=200 if receipt.delivered else 202)
