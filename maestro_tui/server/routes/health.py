"""Is the process there, can it do its work, and who is connected."""

import asyncio
import shutil
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from maestro_tui.domain.errors import Forbidden, MaestroError, Unavailable
from maestro_tui.proof import LONGEST_NONCE, proof_of
from maestro_tui.server import queries
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.keys import ACTOR, DEPENDENCIES, HUB, actor_of
from maestro_tui.server.readings import take_readings
from maestro_tui.server.replies import reply
from maestro_tui.services.permissions import require_owner
from maestro_tui.services.skill_news import described
from maestro_tui.version import __version__

__all__ = ["routes"]

routes = web.RouteTableDef()

LEAST_FREE_BYTES = 64 * 1024 * 1024
OPEN_SOCKET = {"readyState": 1, "readyStateText": "OPEN"}


@routes.get("/health")
async def health(request: web.Request) -> web.Response:
    """The process answers. The only open address; its version is for those with a token.

    With `nonce` (and `session`, for a session's token) the answer holds the proof that we know that token.
    """
    dependencies = request.app[DEPENDENCIES]
    now = dependencies.clock()
    answer: dict[str, Any] = {
        "status": "ok",
        "timestamp": now,
        "uptime": max(0, now - dependencies.started_at) / 1000,
    }
    if ACTOR in request:
        answer["version"] = __version__
    if (nonce := request.query.get("nonce")) and len(nonce) <= LONGEST_NONCE:
        session_id = queries.identifier(request.query, "session")
        known = (
            dependencies.services.tokens.for_session(session_id) if session_id else dependencies.owner_token.value
        )
        answer["proof"] = proof_of(known, nonce)
    return reply(answer)


@routes.get("/ready")
async def ready(request: web.Request) -> web.Response:
    """It can do its work: `ok` or the reason, for the store, the journal and the disk.

    The owner is told as well which stored files are broken; the rest is served all the same.
    """
    dependencies = request.app[DEPENDENCIES]
    checks = await _checks(dependencies)
    healthy = all(result == "ok" for result in checks.values())
    answer: dict[str, Any] = {"status": "ok" if healthy else "unavailable", "checks": checks}
    if actor_of(request).is_owner:
        answer["files"] = _broken_files(dependencies)
    return reply(answer, status=200 if healthy else 503)


@routes.get("/api/findings")
async def findings(request: web.Request) -> web.Response:
    """What a person should look at: the checks of `/ready`, and stored files and skills with something wrong.

    For the owner alone, because it names files.
    """
    dependencies = request.app[DEPENDENCIES]
    if not actor_of(request).is_owner:
        raise Forbidden("Only the owner may see what is wrong with stored files")
    services = dependencies.services
    return reply(
        {
            "checks": await _checks(dependencies),
            "files": _broken_files(dependencies),
            "skills": described([*services.skills.findings(), *services.project_skills.findings()]),
        }
    )


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Counters and gauges in Prometheus' text format, for the owner: they tell of every project."""
    require_owner(actor_of(request), "read the metrics")
    readings = await take_readings(request.app)
    return web.Response(body=generate_latest(readings), headers={"Content-Type": CONTENT_TYPE_LATEST})


@routes.get("/ws-status")
async def socket_status(request: web.Request) -> web.Response:
    """Who is connected; runners say who they are."""
    clients = [
        OPEN_SOCKET | ({"runner": channel.runner_id} if channel.runner_id else {})
        for channel in request.app[HUB].channels
    ]
    return reply({"connectedClients": len(clients), "clients": clients})


def _broken_files(dependencies: Dependencies) -> list[dict[str, Any]]:
    return [
        {"path": one.path, "message": one.message, "kept": one.kept, "documentId": one.document_id}
        for one in dependencies.services.store.findings()
    ]


async def _checks(dependencies: Dependencies) -> dict[str, str]:
    journal = dependencies.services.journal
    return {
        "store": await _outcome(dependencies.services.store.check()),
        "journal": await _outcome(journal.read(max(0, journal.seq - 1), 1)),
        "disk": await _disk(dependencies.data),
    }


async def _outcome(check: Awaitable[object]) -> str:
    try:
        await check
    except Unavailable as error:
        return error.message
    except (MaestroError, OSError) as error:
        return type(error).__name__  # an operating system's message may hold a path
    return "ok"


async def _disk(directory: Path | None) -> str:
    if directory is None:
        return "ok"
    try:
        free = (await asyncio.to_thread(shutil.disk_usage, directory)).free
    except OSError:
        return "the data directory cannot be reached"
    return "ok" if free >= LEAST_FREE_BYTES else f"only {free // 1_048_576} MiB are free"
