"""From a spawn request to the first byte in the session's terminal, against a bare PTY in this process.

The way is the whole one: HTTP, the durable session, the event, the claim, the PTY host, its
socket, the engine. The alternative starts the same program with ptyprocess and reads once.
"""

import asyncio
import json
import os
import tempfile
import time
from contextlib import AsyncExitStack

import ptyprocess

from benchmarks.report import latencies
from maestro_tui.client.feed import Feed
from maestro_tui.config.sources import load_settings
from maestro_tui.paths import Home
from maestro_tui.runner.news import Output, TerminalNews
from maestro_tui.runner.runner import Runner
from maestro_tui.runner.terminals import Terminals
from maestro_tui.server.serving import serve

ROUNDS = 30
PROGRAM = ("/bin/sh", "-c", "echo ready; exec cat")
CONFIG = f"""
[agents.ready]
command = {json.dumps(PROGRAM)}
brief = "none"

[spawn]
maxLive = 1000
maxPerMinute = 10000
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="maestro-bench-") as directory:
        home = Home.from_environment({"MAESTRO_HOME": directory, "HOME": directory})
        home.config.write_text(CONFIG)
        ours = asyncio.run(measure(home))
    bare = [bare_pty() for _ in range(ROUNDS)]
    latencies("spawn request → first byte", ours, bare, "bare ptyprocess")


async def measure(home: Home) -> list[float]:
    """Seconds of each round; every session is stopped before the next starts."""
    settings = load_settings(home.config).settings
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve(home, settings, port=0))
        feed = await stack.enter_async_context(Feed(server.url, server.token, runner_id="bench"))
        terminals = Terminals()
        stack.callback(terminals.close_all)
        runner = asyncio.create_task(Runner(feed, home, settings, terminals, runner_id="bench").run())
        stack.callback(runner.cancel)
        await feed.ready()
        project = await feed.api.request("POST", "/api/projects", {"name": "bench", "workingDir": str(home.root)})
        task = await feed.api.request("POST", "/api/tasks", {"projectId": project["id"], "title": "bench"})
        body = {"projectId": project["id"], "taskIds": [task["id"]], "agent": "ready"}
        await one(feed, terminals, body)  # the first start imports the engine and writes the shim
        return [await one(feed, terminals, body) for _ in range(ROUNDS)]


async def one(feed: Feed, terminals: Terminals, body: dict[str, object]) -> float:
    shown = asyncio.Event()

    def look(news: TerminalNews) -> None:
        if isinstance(news, Output):
            shown.set()

    unsubscribe = terminals.subscribe(look)
    began = time.perf_counter()
    session = await feed.api.request("POST", "/api/sessions/spawn", body)
    async with asyncio.timeout(30):
        await shown.wait()
    took = time.perf_counter() - began
    unsubscribe()
    if (live := terminals.get(session["sessionId"])) is not None:
        live.stop()
        await live.ended.wait()
    return took


def bare_pty() -> float:
    began = time.perf_counter()
    process = ptyprocess.PtyProcess.spawn(list(PROGRAM))
    os.read(process.fd, 1024)
    took = time.perf_counter() - began
    process.terminate(force=True)
    return took
