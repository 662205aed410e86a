"""The typed keys under which the application and a request hold what belongs to them."""

import os

from aiohttp import web

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.ids import is_id
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.dispatch import Dispatch
from maestro_tui.server.failures import FailureLimit
from maestro_tui.server.hub import Hub
from maestro_tui.server.owner import OwnerToken
from maestro_tui.services.wiring import Services
from maestro_tui.telemetry.audit import AuditLog

__all__ = [
    "ACTOR",
    "AUDIT",
    "DEPENDENCIES",
    "DISPATCH",
    "FAILURES",
    "HUB",
    "OWNER_TOKEN",
    "REQUEST_ID",
    "actor_of",
    "request_id_of",
    "services_of",
]


DEPENDENCIES = web.AppKey("DEPENDENCIES", Dependencies)
DISPATCH = web.AppKey("DISPATCH", Dispatch)
HUB = web.AppKey("HUB", Hub)
FAILURES = web.AppKey("FAILURES", FailureLimit)
OWNER_TOKEN = web.AppKey("OWNER_TOKEN", OwnerToken)
AUDIT: web.AppKey[AuditLog | None] = web.AppKey("AUDIT")
ACTOR = web.RequestKey("ACTOR", Actor)
REQUEST_ID = web.RequestKey("REQUEST_ID", str)


def request_id_of(request: web.Request) -> str:
    """The client's own id of the request where it is one, else a new one; the same for the whole request."""
    known: str | None = request.get(REQUEST_ID)
    if known is not None:
        return known
    offered = request.headers.get("X-Request-Id")
    request[REQUEST_ID] = chosen = offered if offered is not None and is_id(offered) else os.urandom(8).hex()
    return chosen


def services_of(request: web.Request) -> Services:
    return request.app[DEPENDENCIES].services


def actor_of(request: web.Request) -> Actor:
    """Who asks; known once the authentication middleware has let the request through."""
    return request[ACTOR]
