"""Commands given while cockpit and server die again and again: each happens once, in order, or is reported."""

import asyncio
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
COCKPIT = Path(__file__).with_name("cockpit.py")


class Cockpits:
    """One cockpit after the other on the same home."""

    def __init__(self, server, project):
        self._server, self._project = server, project
        self._address = server.address
        self.given, self.refused, self.next = [], [], 0

    async def start(self, verb="give"):
        self._address = self._server.address or self._address
        token = self._address.headers["Authorization"].removeprefix("Bearer ")
        root = self._server.environment["HOME"]
        arguments = (root, self._address.url, token, self._project, str(self.next), verb)
        return await asyncio.create_subprocess_exec(
            sys.executable, str(COCKPIT), *arguments, stdout=asyncio.subprocess.PIPE, env=self._server.environment
        )

    async def follow(self, process, most):
        """Read what it says until it has given so many commands; then kill it."""
        given = 0
        while given < most and (line := await asyncio.wait_for(process.stdout.readline(), 30)):
            given += self._note(line.decode())
        process.send_signal(signal.SIGKILL)
        for line in (await process.stdout.read()).splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._note(line.decode())
        await process.wait()
        self.next = (self.given[-1] if self.given else 0) + 1_000  # what was on its way may still happen

    async def drain(self):
        process = await self.start("drain")
        said, _ = await asyncio.wait_for(process.communicate(), 60)
        for line in said.decode().splitlines():
            self._note(line)
        assert "drained" in said.decode()

    def _note(self, line):
        word, _, rest = line.strip().partition(" ")
        if word == "given":
            self.given.append(int(rest))
        elif word == "refused":
            self.refused.append(rest)
        return word == "given"


async def test_commands_survive_cockpit_and_server(server_process, report, long, seed):
    cycles = 60 if long else 4
    chance, kills = random.Random(seed), Counter()
    await server_process.start()
    async with aiohttp.ClientSession() as http:
        project = (await server_process.ask(http, "POST", "/api/projects", {"name": "p"}, "p"))["id"]
        cockpits = Cockpits(server_process, project)
        for _ in range(cycles):
            cockpit = await cockpits.start()
            following = asyncio.create_task(cockpits.follow(cockpit, chance.randint(1, 40)))
            if chance.random() < 0.8:
                await asyncio.sleep(chance.uniform(0.3, 1.2))  # somewhere amid its commands
                await server_process.kill()
                kills["server"] += 1
                if chance.random() < 0.5:
                    await following
                await asyncio.sleep(chance.uniform(0, 0.3))
                await server_process.start()
            await following
            kills["cockpit"] += 1
            if chance.random() < 0.3:
                await cockpits.drain()
        await cockpits.drain()
        address, created, position = server_process.address, [], None
        async with http.get(f"{address.url}/api/events", headers=address.headers) as answer:
            position = (await answer.json())["next"].partition(":")[0] + ":0"
        while True:
            url = f"{address.url}/api/events?since={position}&limit=500"
            async with http.get(url, headers=address.headers) as answer:
                page = await answer.json()
            if not page["events"]:
                break
            position = page["next"]
            created += [int(one["data"]["title"]) for one in page["events"] if one["event"] == "task:created"]
    lost = set(cockpits.given) - set(created)
    doubled = len(created) - len(set(created))
    report(
        cockpit_kills=kills["cockpit"],
        server_kills=kills["server"],
        given=len(cockpits.given),
        carried_out=len(created),
        lost=len(lost),
        doubled=doubled,
        out_of_order=created != sorted(created),
        reported=len(cockpits.refused),
    )
    assert (lost, doubled, cockpits.refused) == (set(), 0, [])
    assert created == sorted(created)
