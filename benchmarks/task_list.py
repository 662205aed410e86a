"""GET of a list of tasks, against a plain aiohttp handler that dumps the same list from memory."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.report import row
from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve

TASKS = 1000
ROUNDS = 40
PLAIN = "plain aiohttp handler"


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    """Both servers in this process, asked in turn so that the machine's moods meet both."""
    with tempfile.TemporaryDirectory() as directory:
        home = Home.from_environment({"MAESTRO_HOME": directory, "HOME": directory})
        async with serve(home, Settings(), port=0) as server, aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bearer {server.token}"}
            tasks = await fill(http, server.url, headers)
            async with plain_server(tasks) as plain:
                for query, what in (("", f"GET {TASKS} tasks"), ("?limit=100", f"GET 100 of {TASKS} tasks")):
                    ours, other = await in_turn(
                        lambda query=query: get(http, f"{server.url}/api/tasks{query}", headers),
                        lambda query=query: get(http, f"{plain}/api/tasks{query}", {}),
                    )
                    row(what, ours, other, "ms", PLAIN)
                one = f"/api/tasks/{tasks[0]['id']}"
                ours, other = await in_turn(
                    lambda: get(http, server.url + one, headers), lambda: get(http, plain + one, {})
                )
                row("GET one task", ours, other, "ms", PLAIN)


async def fill(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    async with http.post(f"{url}/api/projects", json={"name": "many"}, headers=headers) as answer:
        project = (await answer.json())["id"]
    for number in range(TASKS):
        task = {"projectId": project, "title": f"Task {number}", "description": "What has to be done. " * 10}
        async with http.post(f"{url}/api/tasks", json=task, headers=headers) as answer:
            answer.raise_for_status()
    async with http.get(f"{url}/api/tasks", headers=headers) as answer:
        tasks: list[dict[str, Any]] = await answer.json()
    return tasks


@asynccontextmanager
async def plain_server(tasks: list[dict[str, Any]]) -> AsyncIterator[str]:
    """The least a server can do: dump what it has in memory."""
    by_id = {task["id"]: task for task in tasks}

    async def listed(request: web.Request) -> web.Response:
        limit = int(request.query.get("limit", len(tasks)))
        return web.Response(body=json.dumps(tasks[:limit]).encode(), content_type="application/json")

    async def one(request: web.Request) -> web.Response:
        return web.Response(
            body=json.dumps(by_id[request.match_info["id"]]).encode(), content_type="application/json"
        )

    app = web.Application()
    app.add_routes([web.get("/api/tasks", listed), web.get("/api/tasks/{id}", one)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def get(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    async with http.get(url, headers=headers) as answer:
        answer.raise_for_status()
        await answer.read()
    return (time.perf_counter() - began) * 1000


async def in_turn(
    first: Callable[[], Awaitable[float]], second: Callable[[], Awaitable[float]]
) -> tuple[float, float]:
    """Medians of both, measured alternately."""
    pairs = [(await first(), await second()) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
