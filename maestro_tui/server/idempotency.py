"""A POST with a key happens once, however often it is sent.

The key is the header `Idempotency-Key` or the body's `clientRequestId`; it is unique per
token, method and route. A repeated request gets the first one's answer, marked
`Idempotent-Replayed: true`; a refused one may be tried again under the same key. One that was
cut off, because the process was killed or the disk full, is carried out again and finds what
its first run made.
"""

import hashlib

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from maestro_tui.domain.errors import Conflict, Invalid, MaestroError
from maestro_tui.server.bodies import read_bytes
from maestro_tui.server.capability import visible_path
from maestro_tui.server.keys import REQUEST_ID, actor_of, services_of
from maestro_tui.server.replies import error_reply
from maestro_tui.services.attempts import carrying_out
from maestro_tui.services.idempotency import Answer, Scope

__all__ = ["answer_once"]

ANYWAY_ONCE = frozenset({"/api/sessions/{session_id}/renew"})
"""Said twice is said once: a lease is renewed in memory, often, and must wait for no disk."""
TELLS_TOKEN = frozenset({"/api/sessions/{session_id}/claim"})
"""Its answer holds the session's token, written nowhere: a zero byte, which JSON never has, stands for it."""
TOKEN = b"\0"
LONGEST_KEY = 255
LONGEST_CLIENT_REQUEST_ID = 200


@web.middleware
async def answer_once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Replay the stored answer to a POST whose key is known; keep the answer of a new one."""
    if request.method != "POST" or _route(request) in ANYWAY_ONCE:
        return await handler(request)
    raw = await read_bytes(request)
    key = _key(request, raw)
    if key is None:
        return await handler(request)
    scope = Scope(actor_of(request).scope, request.method, _route(request))
    try:
        known = await services_of(request).idempotency.begin(scope, key, _digest(request, raw))
    except Conflict as error:  # the first one still runs
        answer = error_reply(error, request[REQUEST_ID])
        answer.headers["Retry-After"] = "1"
        return answer
    if isinstance(known, Answer):
        return _replayed(known, known.body.replace(TOKEN, _token(request)))
    with carrying_out(known):
        return await _carry_out(request, handler, scope, key)


async def _carry_out(request: web.Request, handler: Handler, scope: Scope, key: str) -> web.StreamResponse:
    records = services_of(request).idempotency
    try:
        response = await handler(request)
    except BaseException as error:
        await (records.abandon if _is_refusal(error) else records.suspend)(scope, key)
        raise
    if isinstance(response, web.Response) and response.status < 300:
        body = response.body if isinstance(response.body, bytes) else b""
        headers = {name: response.headers[name] for name in ("ETag",) if name in response.headers}
        kept = body.replace(token, TOKEN) if (token := _token(request)) else body
        await records.finish(scope, key, Answer(response.status, kept, headers))
    else:
        await records.abandon(scope, key)
    return response


def _is_refusal(error: BaseException) -> bool:
    """Whether nothing was done, by the request's own fault; a failure of ours may have come after the effect."""
    if isinstance(error, MaestroError):
        return error.http_status < 500
    if isinstance(error, web.HTTPException):
        return error.status < 500
    return isinstance(error, ValidationError | web.RequestPayloadError)


def _token(request: web.Request) -> bytes:
    """The token in the route's answer; empty where it has none."""
    if _route(request) not in TELLS_TOKEN:
        return b""
    return services_of(request).tokens.for_session(request.match_info["session_id"]).encode()


def _replayed(answer: Answer, body: bytes) -> web.Response:
    headers = {**answer.headers, "Idempotent-Replayed": "true"}
    return web.Response(body=body, status=answer.status, headers=headers, content_type="application/json")


def _key(request: web.Request, raw: bytes) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None:
        if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            raise Invalid.field("Idempotency-Key", f"must be 1 to {LONGEST_KEY} visible ASCII characters")
        return key
    return _client_request_id(raw)


def _client_request_id(raw: bytes) -> str | None:
    if b"clientRequestId" not in raw:
        return None
    try:
        body = orjson.loads(raw)
    except ValueError:
        return None  # the route says what is wrong with the body
    identifier = body.get("clientRequestId") if isinstance(body, dict) else None
    if identifier is None:
        return None
    if not (isinstance(identifier, str) and 1 <= len(identifier) <= LONGEST_CLIENT_REQUEST_ID):
        raise Invalid.field("clientRequestId", f"must be a string of 1 to {LONGEST_CLIENT_REQUEST_ID} characters")
    return identifier


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _digest(request: web.Request, raw: bytes) -> str:
    """What makes two requests the same: the very address, and the body whatever its spacing or order."""
    try:
        body = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError):
        body = raw
    return hashlib.sha256(visible_path(request).encode() + b"\n" + body).hexdigest()
