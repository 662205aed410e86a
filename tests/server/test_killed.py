"""A server that is killed: what it acknowledged is there, and its traces fool nobody."""

import asyncio
import signal
import sys

import aiohttp

from maestro_tui import discovery
from maestro_tui.server.serving import serve

PROGRAM = """
import asyncio, sys
from pathlib import Path
from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve

async def main(root):
    home = Home(root, data=root / "data", sessions=root / "sessions", skill_library=root / "library")
    async with serve(home, Settings(), port=0):
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1])))
"""


def client_of(found):
    return aiohttp.ClientSession(found.url, headers={"Authorization": f"Bearer {found.token}"})


async def acknowledged_until_killed(home, process):
    """Create projects as fast as the server answers, kill it amid that; the names it acknowledged."""
    names = []
    async with client_of(discovery.read(home)) as client:
        try:
            while True:
                async with client.post("/api/projects", json={"name": f"p{len(names)}"}) as answer:
                    assert answer.status == 201
                    names.append((await answer.json())["name"])
                if len(names) == 40:
                    process.send_signal(signal.SIGKILL)
        except aiohttp.ClientError:
            return names


async def test_what_was_acknowledged_is_there_after_a_kill(home, settings):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(home.root), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"ready\n"
            names = await acknowledged_until_killed(home, process)
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert len(names) >= 40
    assert home.discovery.exists()
    assert discovery.read(home) is None

    async with serve(home, settings) as info, client_of(info) as client:
        assert discovery.read(home).token == info.token
        async with client.get("/api/projects") as answer:
            stored = {project["name"] for project in await answer.json()}
        async with client.get(f"/api/events?since={info.epoch}:0&limit=500") as answer:
            told = [entry["data"]["name"] for entry in (await answer.json())["events"]]
    assert stored >= set(names)
    assert len(stored) <= len(names) + 1
    assert told[: len(names)] == names
