"""The ten clients of a soak: six follow everything over a socket, four read and write over HTTP."""

import asyncio
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp

from maestro_tui.client.address import Address
from maestro_tui.client.api import ApiClient
from maestro_tui.client.connection import Connection, Phase
from maestro_tui.client.errors import ApiError, Unreachable
from maestro_tui.client.events import EventStream
from maestro_tui.client.items import WireEvent
from maestro_tui.client.mirror import Mirror
from maestro_tui.domain.order import Order

__all__ = ["Follower", "Worker"]

SETTLED_SECONDS = 3.0
"""How long a connection must be online before the lag of its events counts: a replay is late on purpose."""
TASKS_KEPT = 40
"""Tasks that each HTTP client keeps; beyond, the oldest is deleted, so that the state stays as large as it is."""

UNAUTHORIZED, TOO_MANY = 401, 429

Locate = Callable[[], Address | None]


class Follower(EventStream):
    """A client with a mirror, as a cockpit has one, whose connection can be cut."""

    def __init__(self, locate: Locate) -> None:
        address = locate()
        assert address is not None, "the server runs before its clients"
        self._api = ApiClient(address.url, address.token)
        super().__init__(self._api, on_connection=self._note_connection, locate=locate)
        self.mirror = Mirror()
        self.lags: list[float] = []
        """Milliseconds from an event's timestamp until it came here, since they were last taken."""
        self.events = self.connections = 0
        self._online_since = float("inf")
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def run(self) -> None:
        try:
            async for item in self:
                if isinstance(item, Order):
                    continue
                self.mirror.apply(item)
                if isinstance(item, WireEvent):
                    self.events += 1
                    if time.monotonic() > self._online_since + SETTLED_SECONDS:
                        self.lags.append(time.time() * 1000 - item.timestamp)
        finally:
            await self._api.aclose()

    def cut(self) -> None:
        """Break the connection without a goodbye."""
        if self._socket is not None and (raw := self._socket.get_extra_info("socket")) is not None:
            raw.shutdown(socket.SHUT_RDWR)

    def take_lags(self) -> list[float]:
        taken, self.lags = self.lags, []
        return taken

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        self._socket = await super()._open()
        self.connections += 1
        return self._socket

    def _note_connection(self, connection: Connection) -> None:
        if connection.phase is not Phase.ONLINE:
            self._online_since = float("inf")
        elif self._online_since == float("inf"):
            self._online_since = time.monotonic()


class Worker:
    """A client that creates, changes, lists and deletes tasks of its own."""

    def __init__(self, locate: Locate, project: str, seed: int) -> None:
        self._locate, self._project = locate, project
        self._chance = random.Random(seed)
        self._tasks: list[str] = []
        self.outcomes: Counter[str] = Counter()

    async def run(self) -> None:
        address = self._locate()
        assert address is not None, "the server runs before its clients"
        api = ApiClient(address.url, address.token)
        try:
            while True:
                try:
                    await self._step(api)
                    self.outcomes["done"] += 1
                except ApiError as error:
                    self.outcomes[f"refused {error.http_status}"] += 1
                    # Each server has a token of its own; who goes on with another's is refused as one who guesses.
                    if error.http_status in (UNAUTHORIZED, TOO_MANY):
                        api.address = self._locate() or api.address
                except Unreachable:
                    self.outcomes["unreachable"] += 1
                    api.address = self._locate() or api.address
                await asyncio.sleep(self._chance.uniform(0.5, 1.5))
        finally:
            await api.aclose()

    async def _step(self, api: ApiClient) -> None:
        choice = self._chance.random()
        if choice < 0.25 or not self._tasks:
            await self._create(api)
        elif choice < 0.5:
            changes = {
                "description": f"Changed {time.time():.3f}",
                "priority": self._chance.choice(["low", "high"]),
            }
            await api.request("PATCH", f"/api/tasks/{self._chance.choice(self._tasks)}", changes)
        elif choice < 0.75:
            await api.request("GET", "/api/tasks", params={"projectId": self._project, "limit": 50})
        else:
            await api.request("GET", "/api/sessions/tree", params={"projectId": self._project})

    async def _create(self, api: ApiClient) -> None:
        body: dict[str, Any] = {"projectId": self._project, "title": f"Task at {time.time():.3f}"}
        self._tasks.append((await api.request("POST", "/api/tasks", body))["id"])
        if len(self._tasks) > TASKS_KEPT:
            await api.request("DELETE", f"/api/tasks/{self._tasks[0]}")
            del self._tasks[0]
