"""What every request passes, outermost first: log, errors, gate, authentication, ids, content type.

Each is a short function; `stamp` adds the headers every answer carries.
"""

import logging
import re
import time

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from maestro_tui.domain.errors import Forbidden, Invalid, MaestroError, NotFound, PayloadTooLarge
from maestro_tui.domain.ids import is_id
from maestro_tui.domain.refusals import invalid
from maestro_tui.server import auth, bodies
from maestro_tui.server.capability import visible_path
from maestro_tui.server.errors import MethodNotAllowed, Misdirected, UnsupportedMediaType
from maestro_tui.server.keys import ACTOR, DEPENDENCIES, request_id_of
from maestro_tui.server.replies import SERVER_NAME, error_reply
from maestro_tui.telemetry.logs import during
from maestro_tui.telemetry.metrics import REQUEST_SECONDS, REQUESTS

__all__ = ["answer_errors", "authenticate", "check_content_type", "check_ids", "gate", "note", "stamp"]

LOG = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
OPEN_PATHS = frozenset({"/health"})
LONGEST_PATH_SHOWN = 200
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:]+)(:[0-9]{1,5})?")


async def stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer; the journal's position on the answer to a write."""
    response.headers["Server"] = SERVER_NAME
    response.headers["X-Request-Id"] = request_id_of(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    if request.method in WRITES and response.status < 400:
        journal = request.app[DEPENDENCIES].services.journal
        response.headers["Maestro-Seq"] = str(journal.seq)
        response.headers["Maestro-Epoch"] = journal.epoch


@web.middleware
async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count and log each answer and how long it took, without what a client put into its address."""
    began = time.monotonic()
    response = await handler(request)
    resource = request.match_info.route.resource
    address = resource.canonical if resource is not None else "(no route)"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, address, response.status).inc()
    if not isinstance(response, web.WebSocketResponse):  # it has lasted as long as its connection
        REQUEST_SECONDS.labels(method, address).observe(time.monotonic() - began)
    if LOG.isEnabledFor(logging.DEBUG):
        took = (time.monotonic() - began) * 1000
        facts = {"requestId": request_id_of(request)}
        LOG.debug("%s %s %d in %.1f ms", request.method, address, response.status, took, extra=facts)
    return response


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever is raised into the one shape of an error; 404 and 405 of the router too."""
    with during(requestId=request_id_of(request)):
        return await _answered(request, handler)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except MaestroError as error:
        return _refused(request, error)
    except ValidationError as error:
        return _refused(request, invalid(error))
    except web.HTTPException as error:
        return _refused_by_aiohttp(request, error)
    except web.RequestPayloadError:
        return _refused(request, Invalid("The body could not be read: its encoding or length is wrong"))
    except ConnectionError:
        LOG.debug("A client went away in the middle of its request")
        return _refused(request, Invalid("The connection ended before the request did"))
    except Exception:
        LOG.exception("Request failed")
        return _refused(request, MaestroError("The server failed on this request; its log says why"))


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in only requests that name us and do not come from a web page of somebody else."""
    host = _own_host(request)
    origin = request.headers.get("Origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        raise Forbidden("Requests from web pages of other origins are refused")
    if request.headers.get("Sec-Fetch-Site", "") in ("cross-site", "same-site"):
        raise Forbidden("Requests from other sites are refused")
    return await handler(request)


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Establish who asks. `/health` is open, and says a little more to those who may know."""
    actor = await auth.identify(request)
    if actor is not None:
        request[ACTOR] = actor
        session_id = actor.session_id or request.match_info.get("session_id")
        if session_id is not None and is_id(session_id):
            with during(sessionId=session_id):
                return await handler(request)
    elif visible_path(request).rstrip("/") not in OPEN_PATHS:
        raise auth.refusal(request)
    return await handler(request)


@web.middleware
async def check_ids(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse an id in the path that is none, before anything else looks at it."""
    for name, value in request.match_info.items():
        if not is_id(value):
            raise Invalid.field(name, "must be 1 to 128 letters, digits, '-' or '_'")
    return await handler(request)


@web.middleware
async def check_content_type(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A body must be JSON and say so: forms and plain text are what a foreign page can send."""
    if request.body_exists and request.can_read_body:
        charset = (request.charset or "utf-8").lower()
        if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("The body must be JSON: send 'Content-Type: application/json'")
    return await handler(request)


def _own_host(request: web.Request) -> str:
    """The Host header, when it is one of our names with or without a port. Raises Misdirected."""
    hosts = request.headers.getall("Host", ())
    host = hosts[0].lower() if len(hosts) == 1 else ""
    parts = _HOST.fullmatch(host)
    if parts is None or parts["name"] not in request.app[DEPENDENCIES].allowed_hosts:
        raise Misdirected(
            "This server does not answer to that host name", suggestion="Use the url in $MAESTRO_HOME/server.json"
        )
    return host


def _refused(request: web.Request, error: MaestroError) -> web.Response:
    answer = error_reply(error, request_id_of(request))
    if error.http_status == 429:
        answer.headers.setdefault("Retry-After", "60")
    return answer


def _refused_by_aiohttp(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    path = visible_path(request)[:LONGEST_PATH_SHOWN]
    match error:
        case web.HTTPNotFound():
            return _refused(request, NotFound(f"There is nothing at {path}", suggestion="maestro commands"))
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            answer = _refused(request, MethodNotAllowed(f"{path} allows: {allowed}"))
            answer.headers["Allow"] = allowed
            return answer
        case web.HTTPRequestEntityTooLarge():
            return _refused(request, PayloadTooLarge(f"The body is larger than {bodies.LARGEST_BODY} bytes"))
        case _ if error.status < 500:
            return _refused(request, Invalid(error.reason))
        case _:
            return _refused(request, MaestroError(error.reason))
