"""What a request costs: POST, PATCH, GET one, list 100, against a plain handler and a plain writer.

The plain handler keeps its tasks in a dict; the plain writer also puts each into a file by
`json.dump`, without flush or rename. All servers run in this process and are asked in turn,
so that the machine's moods meet all of them.
"""

import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.report import percentiles, row
from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve

TASKS = 1000
ROUNDS = 400
BURST = 8
HANDLER, WRITER = "plain aiohttp handler", "plain json.dump writer"
Target = tuple[str, Mapping[str, str]]
"""A base URL, and the headers to send."""


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        home = Home.from_environment({"MAESTRO_HOME": str(root / "home"), "HOME": directory})
        async with (
            serve(home, Settings(), port=0) as server,
            plain_server(None) as handler,
            plain_server(root) as writer,
            aiohttp.ClientSession() as http,
        ):
            ours: Target = (server.url, {"Authorization": f"Bearer {server.token}"})
            targets: dict[str, Target] = {"ours": ours, HANDLER: (handler, {}), WRITER: (writer, {})}
            places = {name: await fill(http, target) for name, target in targets.items()}
            await compare(http, targets, places)


async def compare(http: aiohttp.ClientSession, targets: Mapping[str, Target], places: Mapping[str, Any]) -> None:
    numbers = itertools.count()
    keyed = itertools.count()

    def post(name: str) -> dict[str, Any]:
        return {"method": "POST", "path": "/api/tasks", "json": body(places[name][0], next(numbers))}

    def post_keyed(name: str) -> dict[str, Any]:
        return post(name) | {"headers": {"Idempotency-Key": f"key-{next(keyed)}"}}

    def patch(name: str) -> dict[str, Any]:
        change = {"title": f"Changed {next(numbers)}"}
        return {"method": "PATCH", "path": f"/api/tasks/{places[name][1]}", "json": change}

    def get(name: str) -> dict[str, Any]:
        return {"method": "GET", "path": f"/api/tasks/{places[name][1]}"}

    def listed(name: str) -> dict[str, Any]:
        return {"method": "GET", "path": f"/api/tasks?projectId={places[name][0]}&limit=100"}

    requests = {"POST": post, "POST, keyed": post_keyed, "PATCH": patch, "GET one": get, "list 100": listed}
    for what, make in requests.items():
        for at_once in (1, BURST):
            delays = await in_turn(http, targets, make, at_once)
            for other in (HANDLER, WRITER) if what[0] == "P" else (HANDLER,):
                for number, name in enumerate(("p50", "p99")):
                    label = f"{what}, {at_once} at once, {name}"
                    row(label, delays["ours"][number], delays[other][number], "ms", other)


async def in_turn(
    http: aiohttp.ClientSession,
    targets: Mapping[str, Target],
    make: Callable[[str], dict[str, Any]],
    at_once: int,
) -> dict[str, tuple[float, float]]:
    """p50 and p99 in milliseconds of every target, asked alternately."""
    seconds: dict[str, list[float]] = {name: [] for name in targets}
    for _ in range(ROUNDS // at_once):
        for name, target in targets.items():
            calls = (timed(http, target, make(name)) for _ in range(at_once))
            seconds[name] += await asyncio.gather(*calls)
    return {name: percentiles(delays) for name, delays in seconds.items()}


async def timed(http: aiohttp.ClientSession, target: Target, request: dict[str, Any]) -> float:
    began = time.perf_counter()
    await ask(http, target, **request)
    return time.perf_counter() - began


async def ask(
    http: aiohttp.ClientSession,
    target: Target,
    method: str,
    path: str,
    headers: Mapping[str, str] = {},
    **rest: Any,
) -> Any:
    url, own = target
    async with http.request(method, url + path, headers={**own, **headers}, **rest) as answer:
        answer.raise_for_status()
        return await answer.json()


def body(project: str, number: int) -> dict[str, Any]:
    return {"projectId": project, "title": f"Task {number}", "description": "What has to be done. " * 10}


async def fill(http: aiohttp.ClientSession, target: Target) -> tuple[str, str]:
    """Make the tasks everybody has at the start. Returns a project and one of its tasks."""
    project = (await ask(http, target, "POST", "/api/projects", json={"name": "many"}))["id"]
    made = [await ask(http, target, "POST", "/api/tasks", json=body(project, n)) for n in range(TASKS)]
    return project, made[0]["id"]


@asynccontextmanager
async def plain_server(directory: Path | None) -> AsyncIterator[str]:
    """The least a server can do: a dict, and a file for each task where there is a directory."""
    documents: dict[str, dict[str, Any]] = {}
    numbers = itertools.count()

    async def create(request: web.Request) -> web.Response:
        document = {"id": f"task_{next(numbers)}", "revision": 1, "status": "todo", **await request.json()}
        return keep(document, 201)

    async def change(request: web.Request) -> web.Response:
        document = documents[request.match_info["id"]]
        return keep(document | await request.json() | {"revision": document["revision"] + 1}, 200)

    def keep(document: dict[str, Any], status: int) -> web.Response:
        documents[document["id"]] = document
        if directory is not None:
            with (directory / f"{document['id']}.json").open("w") as file:
                json.dump(document, file, indent=2)
        return web.json_response(document, status=status)

    async def one(request: web.Request) -> web.Response:
        return web.json_response(documents[request.match_info["id"]])

    async def listed(request: web.Request) -> web.Response:
        project, most = request.query["projectId"], int(request.query["limit"])
        found = (document for document in documents.values() if document.get("projectId") == project)
        return web.json_response({"data": list(itertools.islice(found, most))})

    app = web.Application()
    app.add_routes(
        [web.post("/api/projects", create), web.post("/api/tasks", create), web.get("/api/tasks", listed)]
    )
    app.add_routes([web.patch("/api/tasks/{id}", change), web.get("/api/tasks/{id}", one)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    main()
