"""Starting and stopping a server on one home: lock, store, key, port, discovery, and back."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from maestro_tui import discovery
from maestro_tui.config.settings import Settings
from maestro_tui.discovery import Discovery
from maestro_tui.domain.errors import Conflict, Invalid, MaestroError
from maestro_tui.files import ensure_private_directory
from maestro_tui.paths import Home
from maestro_tui.server.app import create_app
from maestro_tui.server.dependencies import LOOPBACK_NAMES, Dependencies, SocketLimits
from maestro_tui.server.exposure import Exposure, exposure_of
from maestro_tui.server.keys import DEPENDENCIES
from maestro_tui.server.owner import OwnerToken, given_token
from maestro_tui.server.protocol import Runner
from maestro_tui.server.signing import signing_key
from maestro_tui.services.clock import ascending, wall_clock
from maestro_tui.services.idempotency import Answer, Idempotency
from maestro_tui.services.journal import Journal
from maestro_tui.services.locks import finish_writes
from maestro_tui.services.wiring import Services, build_services
from maestro_tui.skills.library import library_for
from maestro_tui.store.base import Store
from maestro_tui.store.json_files.idempotency import SqliteIdempotency
from maestro_tui.store.opening import open_history, open_store
from maestro_tui.telemetry.audit import AuditLog
from maestro_tui.telemetry.metrics import LOOP_LAG_SECONDS
from maestro_tui.version import __version__

__all__ = ["DirectoryInUse", "ServerInfo", "serve"]

LOG = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
NEIGHBOURS = 20
SHUTDOWN_SECONDS = 5.0
RETRY_SECONDS = 1.0
LAG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running server, as its own process or a second cockpit needs to know it.

    url: base of every route. token: the owner's. app: only in the server's own process.
    """

    url: str
    token: str = field(repr=False)
    pid: int
    start_time: str
    epoch: str
    version: str
    app: web.Application | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, found: Discovery) -> "ServerInfo":
        """What a discovery file says."""
        return cls(found.url, found.token, found.pid, found.start_time, found.epoch, found.version)


class DirectoryInUse(MaestroError):
    """Another server owns this data directory. info: how to reach it, when it says so."""

    code = "CONFLICT"
    http_status = 409

    def __init__(self, home: Home, info: ServerInfo | None) -> None:
        where = f"; it answers at {info.url}" if info else ""
        super().__init__(
            f"Another server uses {home.data}{where}",
            suggestion="maestro-tui joins the running server by itself; end that one first to serve from here",
        )
        self.info = info


@asynccontextmanager
async def serve(
    home: Home,
    settings: Settings,
    *,
    port: int | None = None,
    store: Store | None = None,
    token: str | None = None,
) -> AsyncIterator[ServerInfo]:
    """Run a server on this home for as long as the context lasts.

    port: the one to try first; the next free one is used when it is taken. store: by default
    the home's files, locked for this process. token: the owner's, by default the one that was
    given by file or variable, else a new one.
    Raises DirectoryInUse when another server owns the data, UnsafeAddress when the settings
    would let strangers in, Invalid for a token, certificate or address that cannot be used,
    PermissionError when the home or its signing key are open to others.
    """
    given = token or given_token(settings.server.token_file)
    exposure = exposure_of(settings.server, given)
    owner_token = OwnerToken(given, given=True) if given else OwnerToken.made()
    ensure_private_directory(home.root)
    async with AsyncExitStack() as stack:
        audit = AuditLog(ensure_private_directory(home.logs) / "audit.jsonl")
        stack.callback(audit.close)
        documents = store or await _open(home, stack)
        journal, idempotency = await _memory_of(documents, stack)
        stack.push_async_callback(finish_writes)
        services = build_services(
            store=documents,
            settings=settings,
            journal=journal,
            idempotency=idempotency,
            home=home,
            skills=await asyncio.to_thread(library_for, home),
            signing_key=signing_key(home.signing_key),
        )
        app = create_app(
            Dependencies(
                services=services,
                owner_token=owner_token,
                settings=settings,
                started_at=wall_clock(),
                allowed_hosts=LOOPBACK_NAMES | exposure.names,
                data=home.root,
                audit=audit,
                socket=SocketLimits(heartbeat_seconds=settings.server.heartbeat_seconds),
            )
        )
        url = await _listen(app, exposure, settings.server.port if port is None else port, stack)
        await stack.enter_async_context(_background(services))
        info = _describe(url, owner_token.value, services.journal.epoch, app)
        stack.callback(lambda: discovery.remove(home, owner_token.value))
        owner_token.on_change(lambda value: _publish(home, replace(info, token=value)))
        _publish(home, info)
        LOG.info("Serving %s at %s", home.data, url)
        yield info


async def _open(home: Home, stack: AsyncExitStack) -> Store:
    try:
        store = await open_store(home)
    except Conflict:
        found = discovery.read(home)
        raise DirectoryInUse(home, ServerInfo.of(found) if found else None) from None
    stack.push_async_callback(store.close)
    return store


async def _memory_of(store: Store, stack: AsyncExitStack) -> tuple[Journal | None, Idempotency | None]:
    """The journal and the answers by key that outlive the process, where the store keeps such."""
    kept = await open_history(store)
    if kept is None:
        return None, None
    stack.push_async_callback(kept.history.close)
    return kept.journal, SqliteIdempotency(kept.history, Answer, ascending(wall_clock))


@asynccontextmanager
async def _background(services: Services) -> AsyncIterator[None]:
    """What a server does unasked: cleaning up, and telling what other hands did to the files."""
    tasks = [
        asyncio.create_task(_lasting(services.housekeeping.run, "Housekeeping")),
        asyncio.create_task(_lasting(services.external.follow, "Watching the documents")),
        asyncio.create_task(_lasting(services.skill_news.follow, "Watching the skills")),
        asyncio.create_task(_lasting(services.project_skills.follow, "Watching the skills of projects")),
        asyncio.create_task(_measure_lag()),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _measure_lag() -> None:
    """Tell how late this loop is: every answer and every event is at least as late."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        LOOP_LAG_SECONDS.observe(max(0.0, clock() - due))


async def _lasting(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    """Keep the work going until it ends by itself: a full disk now must not stop it for good."""
    while True:
        try:
            return await work()
        except Exception:
            LOG.exception("%s failed; trying again in %s s", name, RETRY_SECONDS)
        await asyncio.sleep(RETRY_SECONDS)


async def _listen(app: web.Application, exposure: Exposure, port: int, stack: AsyncExitStack) -> str:
    """Accept connections; returns the base URL on this machine. An address beyond it gets the port itself."""
    sockets = app[DEPENDENCIES].settings.server.max_connections
    runner = Runner(app, shutdown_timeout=SHUTDOWN_SECONDS, sockets=sockets)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    if exposure.address:
        outside = _bind_outside(exposure.address, port)
        port = outside.getsockname()[1] + 1
        await web.SockSite(runner, outside, ssl_context=exposure.tls).start()
        LOG.warning("Other machines are let in at %s port %d", exposure.address, port - 1)
    listener = _bind_near(LOOPBACK, port)
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    if exposure.beside:
        await web.SockSite(runner, _bind(exposure.beside, port)).start()
    return f"http://{LOOPBACK}:{port}"


def _bind_near(address: str, port: int) -> socket.socket:
    """A listening socket at this port, else at one of the next, else at any free one."""
    following = range(port, min(port + NEIGHBOURS, 65_536)) if port else ()
    for candidate in (*following, 0):
        try:
            return _bind(address, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES) or not candidate:
                raise
    raise AssertionError("port 0 is always tried")


def _bind_outside(address: str, port: int) -> socket.socket:
    """A listening socket at this port and no other. Raises Invalid when the machine refuses it."""
    try:
        return _bind(address, port)
    except OSError as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise Invalid(
            f"Cannot listen on {address} port {port}: {reason}",
            suggestion="Give --bind an address of this machine, and --port one that is free",
        ) from error


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=128)


def _describe(url: str, token: str, epoch: str, app: web.Application) -> ServerInfo:
    pid = os.getpid()
    return ServerInfo(url, token, pid, discovery.process_start_time(pid) or "", epoch, __version__, app)


def _publish(home: Home, info: ServerInfo) -> None:
    discovery.write(
        home,
        Discovery(
            url=info.url,
            token=info.token,
            pid=info.pid,
            start_time=info.start_time,
            epoch=info.epoch,
            version=info.version,
        ),
    )
