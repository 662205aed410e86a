"""When what goes wrong: a schedule drawn from a seed, carried out beside the load."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tools.soak.clients import Follower
from tools.soak.fleet import Fleet
from tools.soak.house import House

__all__ = ["Fault", "Faults", "schedule"]

MEAN_SECONDS = {"client cut": 20.0, "agent killed": 60.0, "cockpit killed": 240.0, "PTY host killed": 300.0}
SERVER_AT = ("server stopped and started", "server killed and started")
SERVER_RESTARTS = 3
"""In a run, one about each quarter's end, so that a server lives long enough to show whether it grows."""
AWAY_SECONDS = 4.0


class Fault(NamedTuple):
    """at: the second of the run."""

    at: float
    kind: str


def schedule(seconds: float, chance: random.Random) -> list[Fault]:
    """All faults of a run of that length, in order; none in its last twentieth, so that it ends whole."""
    end, found = seconds * 0.95, []
    for kind, mean in MEAN_SECONDS.items():
        at = chance.expovariate(1 / mean)
        while at < end:
            found.append(Fault(at, kind))
            at += chance.expovariate(1 / mean)
    for number in range(SERVER_RESTARTS):
        at = seconds * ((number + 1) / (SERVER_RESTARTS + 1) + chance.uniform(-0.03, 0.03))
        found.append(Fault(at, SERVER_AT[number % len(SERVER_AT)]))
    return sorted(found)


class Faults:
    """Carries a schedule out. counts: by kind, what has happened so far."""

    def __init__(self, house: House, fleet: Fleet, followers: Sequence[Follower], chance: random.Random) -> None:
        self._house, self._fleet, self._followers, self._chance = house, fleet, followers, chance
        self.counts: Counter[str] = Counter()

    async def run(self, faults: Sequence[Fault], began: float) -> None:
        """began: the loop's time at the run's second 0."""
        loop = asyncio.get_running_loop()
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at - loop.time()))
            if await self._carry_out(fault.kind):
                self.counts[fault.kind] += 1

    async def _carry_out(self, kind: str) -> bool:
        match kind:
            case "client cut":
                self._chance.choice(self._followers).cut()
            case "agent killed":
                return self._fleet.crash(self._chance, host=False)
            case "PTY host killed":
                return self._fleet.crash(self._chance, host=True)
            case "cockpit killed":
                await self._house.kill_cockpit("killed")
                await asyncio.sleep(self._chance.uniform(0, AWAY_SECONDS))
                self._house.open_cockpit("killed")
            case _:
                await self._house.restart_server(kill="killed" in kind)
        return True
