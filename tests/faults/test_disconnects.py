"""Connections are cut in every way there is while the server restarts: every event comes once."""

import asyncio
import random
import time
from collections import Counter
from contextlib import AsyncExitStack
from itertools import count, pairwise

from maestro_tui.backoff import full_jitter
from maestro_tui.client.address import Address
from maestro_tui.client.connection import Phase
from maestro_tui.client.events import Timing
from maestro_tui.client.feed import Feed
from maestro_tui.client.items import Snapshot, WireEvent
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task

CLIENTS = 5
HEARTBEAT = 0.4
CONFIG = f"[server]\nmaxConnections = 2000\nheartbeatSeconds = {HEARTBEAT}\n"
NOTICED_WITHIN = 2 * HEARTBEAT + 1.5
"""Seconds: two heartbeats, and what a busy machine with two cores may add."""


class Client:
    """A feed through the proxy, and all it was told."""

    def __init__(self, server, proxy):
        def locate():
            address = server.address
            return None if address is None else Address(proxy.url, address.token)

        self.feed = Feed(
            proxy.url,
            server.address.token,
            locate=locate,
            delays=lambda: full_jitter(base=0.02, cap=0.3),
            timing=Timing(silence=HEARTBEAT, connect=2.0, gap=0.5, close=0.1, look=0.05),
        )
        self.events, self.snapshots, self.losses = [], 0, 0
        self._online = False
        self.feed.subscribe(self._on_item)
        self.feed.watch_connection(self._on_connection)

    def _on_item(self, item, _changes):
        if isinstance(item, WireEvent):
            self.events.append(item)
        elif isinstance(item, Snapshot):
            self.snapshots += 1

    def _on_connection(self, connection):
        self.losses += self._online and not connection.is_online
        self._online = connection.is_online
        assert connection.phase not in (Phase.REFUSED, Phase.INCOMPATIBLE) or "401" in connection.last_error


class Traffic:
    """Some writers that go on whatever happens to the server."""

    def __init__(self, server, http, seed):
        self._server, self._http = server, http
        self._chance, self._keys = random.Random(seed), count()
        self._project, self._tasks = None, []
        self.stopped = False

    async def run(self):
        self._project = (await self._ask("POST", "/api/projects", {"name": "p"}))["id"]
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(self._write())

    async def _write(self):
        while not self.stopped:
            await self._act()
            await asyncio.sleep(0.01)  # a stream of events that slow links can follow

    async def _act(self):
        actions = (
            ["task"] if len(self._tasks) < 3 else ["task", "note", "step", "patch", "patch", "session", "delete"]
        )
        match self._chance.choice(actions):
            case "task":
                body = {
                    "projectId": self._project,
                    "title": "t",
                    "description": "d" * self._chance.randrange(3000),
                }
                self._tasks.append((await self._ask("POST", "/api/tasks", body))["id"])
            case "note":
                await self._ask("POST", f"/api/tasks/{self._pick()}/timeline", {"message": "m"})
            case "step":
                await self._ask("POST", f"/api/tasks/{self._pick()}/subtasks", {"title": "s"})
            case "patch":
                await self._ask("PATCH", f"/api/tasks/{self._pick()}", {"title": f"t{next(self._keys)}"})
            case "session":
                await self._ask("POST", "/api/sessions", {"projectId": self._project, "taskIds": [self._pick()]})
            case "delete":
                await self._delete(self._tasks.pop(0))

    async def _delete(self, task):
        await self._ask("DELETE", f"/api/tasks/{task}", None)

    def _pick(self):
        return self._chance.choice(self._tasks)

    async def _ask(self, method, path, body):
        return await self._server.ask(self._http, method, path, body, f"key-{next(self._keys)}", gone=True)


async def test_cut_connections_and_restarts(server_process, proxies, http, within, report, long, seed):
    wanted = 500 if long else 40
    chance, done = random.Random(seed), Counter()
    manners = [proxies.STRAIGHT] * 4 + [
        proxies.Manner(slice_bytes=1),
        proxies.Manner(slice_bytes=100),
        proxies.Manner(latency=0.02),
        proxies.Manner(rate=300_000),
    ]
    server_process.configure(CONFIG)
    await server_process.start()
    proxy = proxies.Proxy(lambda: server_process.port, seed=seed, manner_of=lambda: chance.choice(manners))
    traffic = Traffic(server_process, http, seed)
    clients = [Client(server_process, proxy) for _ in range(CLIENTS)]
    slowest_notice = 0.0
    async with proxy, AsyncExitStack() as feeds:
        for client in clients:
            await feeds.enter_async_context(client.feed)
            await client.feed.ready(30)
        async with asyncio.TaskGroup() as group:
            group.create_task(traffic.run())
            while sum(done[fault] for fault in proxies.FAULTS) < wanted:
                if not proxy.links:
                    await asyncio.sleep(0.01)  # the last ones were cut so suddenly that nobody is back yet
                elif chance.random() < 0.06:
                    await restart(server_process, chance, done)
                else:
                    fault = chance.choice(proxies.FAULTS)
                    noticed, hit = await strike(proxy, fault, chance, within)
                    done[fault] += hit
                    slowest_notice = max(slowest_notice, noticed if fault == "half_open" else 0.0)
                await everybody_online(clients)
            traffic.stopped = True
        proxy.manner_of = lambda: proxies.STRAIGHT
        proxy.strike("drop")
        journal, last = await journal_of(server_process, http)
        for client in clients:
            await client.feed.until(lambda feed: feed.mirror.seq == last and feed.connection.is_online, 30)
        found = judge(clients, journal, await state_of(server_process, http))
    assert done["half_open"] == 0 or slowest_notice <= NOTICED_WITHIN
    report(
        clients=CLIENTS,
        disconnects=sum(done[fault] for fault in proxies.FAULTS),
        **dict(done),
        noticed_losses=sum(client.losses for client in clients),
        half_open_noticed_s=round(slowest_notice, 2),
        heartbeat_s=HEARTBEAT,
        **found,
    )


async def strike(proxy, fault, chance, within):
    """Hit some connections. Returns how long it took until they were all given up, and how many were hit."""
    links = chance.sample(proxy.links, chance.randint(1, len(proxy.links)))
    began = time.monotonic()
    hit = proxy.strike(fault, links)
    async with within(20, f"{hit} connections to be given up after '{fault}'"):
        await asyncio.gather(*(link.gone.wait() for link in links))
    return time.monotonic() - began, hit


async def restart(server, chance, done):
    if chance.random() < 0.5:
        done["kills"] += 1
        await server.kill()
    else:
        done["restarts"] += 1
        await server.stop()
    await server.start()


async def everybody_online(clients):
    for client in clients:
        await client.feed.until(lambda feed: feed.connection.is_online, 30)


async def journal_of(server, http):
    """All events the server keeps, by HTTP, and the number of the last one."""
    address, entries, position = server.address, [], None
    async with http.get(f"{address.url}/api/events", headers=address.headers) as answer:
        epoch = (await answer.json())["next"].split(":")[0]
    position = f"{epoch}:0"
    while True:
        url = f"{address.url}/api/events?since={position}&limit=500"
        async with http.get(url, headers=address.headers) as answer:
            page = await answer.json()
        if not page["events"]:
            return entries, entries[-1]["seq"]
        entries += page["events"]
        position = page["next"]


async def state_of(server, http):
    state = []
    for name, model in (("projects", Project), ("tasks", Task), ("sessions", Session)):
        async with http.get(f"{server.address.url}/api/{name}", headers=server.address.headers) as answer:
            documents = [model.model_validate(one) for one in await answer.json()]
        state.append({one.id: trimmed(one) for one in documents})
    return state


def trimmed(document):
    """Events carry the end of a session's timeline only."""
    if isinstance(document, Session):
        return document.model_copy(update={"timeline": document.timeline[-20:]})
    return document


def judge(clients, journal, state):
    """Compare what each client was told with the journal, and what it holds with the state."""
    expected = [(entry["seq"], entry["event"], entry["data"]) for entry in journal]
    missed = doubled = disordered = 0
    for client in clients:
        told = [(event.seq, event.name, event.data) for event in client.events]
        numbers = [seq for seq, _, _ in told]
        missed += len(expected) - len(set(numbers))
        doubled += len(numbers) - len(set(numbers))
        disordered += sum(later <= earlier for earlier, later in pairwise(numbers))
        assert told == expected, (missed, doubled, disordered)
        assert client.snapshots == 1, "everything came as a replay"
        mirror = client.feed.mirror
        assert [
            {key: trimmed(one) for key, one in held.items()}
            for held in (mirror.projects, mirror.tasks, mirror.sessions)
        ] == state
    return {
        "events": len(expected),
        "missed": missed,
        "doubled": doubled,
        "out_of_order": disordered,
        "mirrors_equal": len(clients),
    }
