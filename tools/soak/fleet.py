"""The agents of a soak: as many as are wanted, each on a task of its own, replaced when it ends."""

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from maestro_tui.client.api import ApiClient
from maestro_tui.client.errors import ApiError, Unreachable
from tools.soak.house import House

__all__ = ["LIVE", "Fleet"]

LOOK_SECONDS = 2.0
LIVE = ("spawning", "running", "idle")


class Fleet:
    """Keeps the wanted number of agents at work. spared: how many of them no fault may hit."""

    def __init__(self, house: House, project: str, wanted: int, spared: int) -> None:
        self._house, self._project, self._wanted, self._spared_number = house, project, wanted, spared
        self.spared: list[str] = []
        self.spawned = 0
        self.ended: Counter[str] = Counter()
        """How sessions ended, by status."""
        self.unexplained: dict[str, str] = {}
        """How those ended that no fault has hit: agents of a soak never end by themselves."""
        self.hit: set[str] = set()
        """Sessions whose agent or PTY host was killed here."""
        self._last_words: dict[str, str] = {}
        self._number = 0
        self._tasks: dict[str, str] = {}

    async def run(self) -> None:
        """Spawn what is missing and clear away what has ended, for ever."""
        address = self._house.locate()
        assert address is not None, "the server runs before its fleet"
        api = ApiClient(address.url, address.token)
        try:
            while True:
                api.address = self._house.locate() or api.address
                with suppress(Unreachable, ApiError):  # it is just being restarted; the next look makes up for it
                    await self._look(api)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await api.aclose()

    async def _look(self, api: ApiClient) -> None:
        sessions = await api.request("GET", "/api/sessions", params={"projectId": self._project})
        live = [session for session in sessions if session["status"] in LIVE]
        for session in sessions:
            if session["status"] not in LIVE:
                await self._clear_away(api, session)
        for _ in range(self._wanted - len(live)):
            await self._spawn(api)

    async def _spawn(self, api: ApiClient) -> None:
        self._number += 1
        task = await api.request(
            "POST", "/api/tasks", {"projectId": self._project, "title": f"Job {self._number}"}
        )
        await api.request("POST", f"/api/tasks/{task['id']}/subtasks", {"title": "Only step"})
        body: dict[str, Any] = {
            "projectId": self._project,
            "taskIds": [task["id"]],
            "name": f"Agent {self._number}",
        }
        body["agent"] = "lines" if self._number % 4 == 0 else "screen"
        session = (await api.request("POST", "/api/sessions/spawn", body))["sessionId"]
        self.spawned += 1
        self._tasks[session] = task["id"]
        if len(self.spared) < self._spared_number:
            self.spared.append(session)

    async def _clear_away(self, api: ApiClient, session: dict[str, Any]) -> None:
        """Delete a session and its task, so that documents do not pile up. A runner may hold it a while yet."""
        if session["id"] not in self._last_words:
            self._last_words[session["id"]] = session["status"]
            self.ended[session["status"]] += 1
            if session["id"] not in self.hit:
                self.unexplained[session["id"]] = f"{session['status']}, {session['reason']}"
        await api.request("DELETE", f"/api/sessions/{session['id']}")
        del self._last_words[session["id"]]
        if (task := self._tasks.pop(session["id"], None)) is not None:
            await api.request("DELETE", f"/api/tasks/{task}")

    def crash(self, chance: random.Random, *, host: bool) -> bool:
        """SIGKILL to a random agent, or to its PTY host; whether there was one to hit."""
        found = self._house.hosts()
        candidates = sorted(found.keys() - self.hit - set(self.spared))
        if not candidates:
            return False
        session = chance.choice(candidates)
        self.hit.add(session)
        with suppress(ProcessLookupError):
            os.kill(found[session]["host" if host else "agent"], signal.SIGKILL)
        return True

    def never_started(self) -> set[str]:
        """Sessions that have ended without their agent's beginning, though no fault hit them."""
        return self.unexplained.keys() - self.started().keys()

    def started(self) -> Counter[str]:
        """How often the agent of each session began, as the agents themselves wrote down."""
        file = Path(self._house.environment["HOME"]) / "starts"
        return Counter(file.read_text().split() if file.exists() else ())
