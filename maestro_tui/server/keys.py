"""The typed keys under which the application and a request hold what belongs to them."""

from aiohttp import web

from maestro_tui.domain.actor import Actor
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.dispatch import Dispatch
from maestro_tui.server.failures import FailureLimit
from maestro_tui.server.hub import Hub
from maestro_tui.services.wiring import Services

__all__ = ["ACTOR", "DEPENDENCIES", "DISPATCH", "FAILURES", "HUB", "REQUEST_ID", "actor_of", "services_of"]

DEPENDENCIES = web.AppKey("DEPENDENCIES", Dependencies)
DISPATCH = web.AppKey("DISPATCH", Dispatch)
HUB = web.AppKey("HUB", Hub)
FAILURES = web.AppKey("FAILURES", FailureLimit)
ACTOR = web.RequestKey("ACTOR", Actor)
REQUEST_ID = web.RequestKey("REQUEST_ID", str)


def services_of(request: web.Request) -> Services:
    return request.app[DEPENDENCIES].services


def actor_of(request: web.Request) -> Actor:
    """Who asks; known once the authentication middleware has let the request through."""
    return request[ACTOR]
