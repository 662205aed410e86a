"""Commands given while cockpit and server die again and again: each happens once, in order, or is reported."""

import asyncio
import random
from collections import Counter
from pathlib import Path

COCKPIT = Path(__file__).with_name("cockpit.py")


class Cockpits:
    """One cockpit after the other on the same home."""

    def __init__(self, start_program, server, project):
        self._start_program, self._server, self._project = start_program, server, project
        self._address = server.address
        self.given, self.refused, self.next = [], [], 0

    async def start(self, verb="give"):
        self._address = self._server.address or self._address
        token = self._address.headers["Authorization"].removeprefix("Bearer ")
        root = self._server.environment["HOME"]
        arguments = (root, self._address.url, token, self._project, str(self.next), verb)
        return await self._start_program(COCKPIT, *arguments, env=self._server.environment)

    async def follow(self, cockpit, most):
        """Read what it says until it has given so many commands; then kill it."""
        given = 0
        while given < most and (line := await cockpit.line()):
            given += self._note(line)
        cockpit.kill()
        for line in await cockpit.rest():
            self._note(line)
        assert await cockpit.code() == -9
        self.next = (self.given[-1] if self.given else 0) + 1_000  # what was on its way may still happen

    async def drain(self):
        cockpit = await self.start("drain")
        said = await cockpit.rest(60)
        for line in said:
            self._note(line)
        assert "drained\n" in said

    def _note(self, line):
        word, _, rest = line.strip().partition(" ")
        if word == "given":
            self.given.append(int(rest))
        elif word == "refused":
            self.refused.append(rest)
        return word == "given"


async def test_commands_survive_cockpit_and_server(server_process, start_program, http, report, long, seed):
    cycles = 60 if long else 4
    chance, kills = random.Random(seed), Counter()
    await server_process.start()
    project = (await server_process.ask(http, "POST", "/api/projects", {"name": "p"}, "p"))["id"]
    cockpits = Cockpits(start_program, server_process, project)
    for _ in range(cycles):
        cockpit = await cockpits.start()
        async with asyncio.TaskGroup() as group:
            following = group.create_task(cockpits.follow(cockpit, chance.randint(1, 40)))
            if chance.random() < 0.8:
                await asyncio.sleep(chance.uniform(0.3, 1.2))  # somewhere amid its commands
                await server_process.kill()
                kills["server"] += 1
                if chance.random() < 0.5:
                    await following
                await asyncio.sleep(chance.uniform(0, 0.3))
                await server_process.start()
        kills["cockpit"] += 1
        if chance.random() < 0.3:
            await cockpits.drain()
    await cockpits.drain()
    created = await titles_in_order(server_process.address, http)
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


async def titles_in_order(address, http):
    """The numbers of all tasks, as the journal says they were made."""
    created = []
    async with http.get(f"{address.url}/api/events", headers=address.headers) as answer:
        position = (await answer.json())["next"].partition(":")[0] + ":0"
    while True:
        url = f"{address.url}/api/events?since={position}&limit=500"
        async with http.get(url, headers=address.headers) as answer:
            page = await answer.json()
        if not page["events"]:
            return created
        position = page["next"]
        created += [int(one["data"]["title"]) for one in page["events"] if one["event"] == "task:created"]
