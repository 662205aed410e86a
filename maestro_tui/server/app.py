"""The application: a table of contents of what a request meets."""

import time
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from maestro_tui.server import audit, capability, conditional, idempotency, middlewares, tracing, websocket
from maestro_tui.server.aliases import Alias, without_slash
from maestro_tui.server.bodies import LARGEST_BODY
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.dispatch import Dispatch
from maestro_tui.server.failures import FailureLimit
from maestro_tui.server.hub import Hub
from maestro_tui.server.keys import AUDIT, DEPENDENCIES, DISPATCH, FAILURES, HUB, OWNER_TOKEN
from maestro_tui.server.routes import (
    across,
    claims,
    elsewhere,
    events,
    health,
    interface,
    mail,
    mailbox,
    older,
    orders,
    output,
    projects,
    sessions,
    skills,
    sockets,
    spawn,
    spawning,
    subtasks,
    tasks,
    team_members,
    teams,
    tokens,
)

__all__ = ["create_app"]

MIDDLEWARES = (
    tracing.trace,
    middlewares.note,
    audit.note_writes,
    middlewares.answer_errors,
    middlewares.gate,
    middlewares.authenticate,
    middlewares.check_ids,
    middlewares.check_content_type,
    idempotency.answer_once,
    conditional.answer_conditionally,
)

ROUTES = (
    health.routes,
    sockets.routes,
    projects.routes,
    tasks.routes,
    subtasks.routes,
    spawn.routes,
    spawning.routes,
    older.routes,
    mail.routes,
    mailbox.routes,
    team_members.routes,
    teams.routes,
    elsewhere.routes,
    across.routes,
    sessions.routes,
    claims.routes,
    orders.routes,
    output.routes,
    skills.routes,
    events.routes,
    tokens.routes,
    interface.routes,
)


def create_app(dependencies: Dependencies) -> web.Application:
    """The whole HTTP face over the given use cases, ready to be served."""
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=LARGEST_BODY)

    app[DEPENDENCIES] = dependencies
    app[HUB] = Hub(dependencies.services.journal)
    app[DISPATCH] = Dispatch(dependencies.services.orders.book, partial(websocket.order_frame, dependencies))
    app[websocket.CONNECTIONS] = set()
    app[OWNER_TOKEN] = dependencies.owner_token
    app[AUDIT] = dependencies.audit
    app[FAILURES] = FailureLimit(time.monotonic)

    for table in ROUTES:
        app.add_routes(table)
    app.router.register_resource(Alias(app.router, "capability", capability.behind))
    app.router.register_resource(Alias(app.router, "slash", without_slash))

    app.on_response_prepare.append(middlewares.stamp)
    app.on_shutdown.append(_let_go)
    app.on_shutdown.append(websocket.close_all)
    app.cleanup_ctx.append(_listening)
    return app


async def _listening(app: web.Application) -> AsyncIterator[None]:
    """The hub hears every event of the bus, and the dispatch of every order, while the application lives."""
    services = app[DEPENDENCIES].services
    leave = services.bus.subscribe(app[HUB].publish), services.orders.book.subscribe(app[DISPATCH].carry)
    await services.orders.restore()
    yield
    for unsubscribe in leave:
        unsubscribe()


async def _let_go(app: web.Application) -> None:
    """Whoever waits for a runner or for an event would hold up the end."""
    services = app[DEPENDENCIES].services
    services.orders.book.take_back_all()
    services.listening.end()
    services.output.watch.close()
