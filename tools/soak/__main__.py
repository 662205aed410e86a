"""Run a soak and write its report: `python -m tools.soak [--minutes N] [--seed N] [--report PATH]`.

Everything it measures is kept in `build/soak/`; `--report-only` makes the report anew from there.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from maestro_tui.client.api import ApiClient
from tools.soak.clients import Follower, Worker
from tools.soak.faults import Faults, schedule
from tools.soak.fleet import LIVE, Fleet
from tools.soak.house import ROOT, House
from tools.soak.report import write_report
from tools.soak.sampling import Sampler

AGENTS, SPARED = 20, 8
FOLLOWERS, WORKERS = 6, 4
EVERY = 10.0
"""Seconds between two samples."""
PLAY_SECONDS = 3.0
PATIENCE = 120.0
JOURNAL_EVENTS, FILLERS = 1_000, 8
ENDED = 60
"""Sessions that end before anything is measured: each of two cockpits keeps the terminals of 20 such."""
FILLING = "Large enough that all of them are 16 MiB. " * 400
KEPT = ROOT / "build" / "soak"


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (default 1)")
    parser.add_argument("--report", type=Path, default=KEPT / "soak.md", help="where the report goes")
    parser.add_argument("--report-only", action="store_true", help="make the report of the last run anew")
    chosen = parser.parse_args()
    if not Path("/proc/self/smaps_rollup").exists():
        print("soak: memory of other processes is read from /proc; there is none here", file=sys.stderr)
        return 2
    if not chosen.report_only:
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as directory:
            asyncio.run(Soak(Path(directory), chosen.minutes, chosen.seed).run())
    holds = write_report(KEPT, chosen.report)
    print(chosen.report.read_text())
    return 0 if holds else 1


class Soak:
    """One run on a home of its own."""

    def __init__(self, directory: Path, minutes: float, seed: int) -> None:
        self._minutes, self._seed, self._chance = minutes, seed, random.Random(seed)
        self._house = House(directory, _config(directory))
        self._wrong: list[str] = []
        self._counts: Counter[str] = Counter()
        self._settled_at = 0.0

    async def run(self) -> None:
        """The whole run; its samples and facts are in build/soak/ afterwards, and as far as it came before."""
        house = self._house
        try:
            await house.start_server()
            address = house.locate()
            assert address is not None
            api = ApiClient(address.url, address.token)
            project = (await api.request("POST", "/api/projects", {"name": "soak"}))["id"]
            await _fill_journal(api, project)
            for name in ("steady", "killed"):
                house.open_cockpit(name)
            await _fill_ended(api, project)
            await api.aclose()
            await self._under_load(project)
        finally:
            self._wrong += [
                f"the {name} cockpit did not leave when told to" for name in await house.close_cockpits()
            ]
            await house.stop_server()
            house.kill_sessions()
            self._write_facts()

    async def _under_load(self, project: str) -> None:
        locate = self._house.locate
        followers = [Follower(locate) for _ in range(FOLLOWERS)]
        workers = [Worker(locate, project, self._seed * 100 + number) for number in range(WORKERS)]
        fleet = Fleet(self._house, project, AGENTS, SPARED)
        faults = Faults(self._house, fleet, followers, self._chance)
        running = [asyncio.create_task(one.run(), name="follower") for one in followers]
        working = [asyncio.create_task(one.run(), name="worker") for one in (*workers, fleet)]
        try:
            await self._until(lambda: len(self._house.hosts()) >= AGENTS, "all agents to work")
            loop = asyncio.get_running_loop()
            began = loop.time()
            working.append(asyncio.create_task(self._play(), name="keys"))
            working.append(
                asyncio.create_task(faults.run(schedule(self._minutes * 60, self._chance), began), name="faults")
            )
            self._settled_at = min(120.0, self._minutes * 6)
            with (KEPT / "samples.jsonl").open("w") as file:
                sampler = Sampler(file)
                while (at := loop.time() - began) < self._minutes * 60:
                    lags = [lag for one in followers for lag in one.take_lags()]
                    await asyncio.to_thread(sampler.take, at, self._processes(fleet), lags)
                    self._count(followers, workers, fleet, faults)
                    self._note_ended([*running, *working])
                    self._write_facts()
                    await asyncio.sleep(EVERY)
            await _cancel(working)
            await self._end(followers, fleet)
            self._note_ended(running)
            self._count(followers, workers, fleet, faults)
            self._write_facts()
        finally:
            await _cancel([*working, *running])

    async def _end(self, followers: Sequence[Follower], fleet: Fleet) -> None:
        """Compare every mirror with the server, stop all agents, and look at what is left."""
        address = self._house.locate()
        assert address is not None
        api = ApiClient(address.url, address.token)
        try:
            await self._until_equal(api, followers)
            before = self._house.hosts()
            for session in await api.request("GET", "/api/sessions", params={"active": "true"}):
                await api.request("POST", f"/api/sessions/{session['id']}/stop", {}, params={"wait": "false"})
            await self._until(lambda: not self._alive(before), "all agents and hosts to end")
            if left := self._alive(before):
                self._wrong.append(f"{len(left)} processes of sessions were left over")
        finally:
            await api.aclose()
        if twice := [session for session, number in fleet.started().items() if number > 1]:
            self._wrong.append(f"{len(twice)} agents were started more than once")
        self._wrong += [f"{session}, which nobody hit, ended: {how}" for session, how in fleet.unexplained.items()]

    async def _until_equal(self, api: ApiClient, followers: Sequence[Follower]) -> None:
        async def differing() -> int:
            tasks = {one["id"]: one["revision"] for one in await api.request("GET", "/api/tasks")}
            sessions = {one["id"]: one["revision"] for one in await api.request("GET", "/api/sessions")}
            return sum(
                {key: one.revision for key, one in follower.mirror.tasks.items()} != tasks
                or {key: one.revision for key, one in follower.mirror.sessions.items()} != sessions
                for follower in followers
            )

        deadline = time.monotonic() + PATIENCE
        while (number := await differing()) and time.monotonic() < deadline:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(1)
        if number:
            self._wrong.append(f"{number} clients hold other documents than the server")

    def _processes(self, fleet: Fleet) -> list[tuple[str, int]]:
        house = self._house
        found = [("clients", os.getpid())]
        if house.server is not None:
            found.append(("server", house.server.pid))
        for name, cockpit in house.cockpits.items():
            found.append(("cockpit" if name == "steady" else "cockpit-killed", cockpit.pid))
        hosts = house.hosts()
        return found + [("host", hosts[session]["host"]) for session in fleet.spared if session in hosts]

    def _note_ended(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        """What should go on and has ended is a defect: of the product, or of the soak."""
        for task in tasks:
            if task.done() and not task.cancelled() and (task.get_name() != "faults" or task.exception()):
                wrong = f"a {task.get_name()} ended: {task.exception()!r}"
                if wrong not in self._wrong:
                    self._wrong.append(wrong)
        if not self._house.is_cockpit_alive("steady") and "the steady cockpit ended" not in self._wrong:
            self._wrong.append("the steady cockpit ended")
            (KEPT / "cockpit.txt").write_text(self._house.cockpits["steady"].last_words)

    def _count(
        self, followers: Sequence[Follower], workers: Sequence[Worker], fleet: Fleet, faults: Faults
    ) -> None:
        started = fleet.started()
        self._counts = Counter(
            {
                "sessions spawned": fleet.spawned,
                "agents started": sum(started.values()),
                "agents started twice": sum(number > 1 for number in started.values()),
                "agents killed before their first line": len(fleet.hit - started.keys()),
                "sessions whose agent never started": len(fleet.never_started()),
                "sessions that ended without being hit": len(fleet.unexplained),
                **{f"sessions that ended as {status}": number for status, number in sorted(fleet.ended.items())},
                **dict(sorted(faults.counts.items())),
                "events received": sum(one.events for one in followers),
                "connections made by the six": sum(one.connections for one in followers),
            }
        )
        for one in workers:
            self._counts.update({f"HTTP requests {what}": number for what, number in one.outcomes.items()})

    def _write_facts(self) -> None:
        facts: dict[str, Any] = {
            "minutes": self._minutes,
            "seed": self._seed,
            "agents": AGENTS,
            "every": EVERY,
            "settledAt": self._settled_at,
            "commit": _commit(),
            "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python "
            + platform.python_version(),
            "counts": dict(self._counts),
            "wrong": self._wrong,
        }
        (KEPT / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")

    async def _play(self) -> None:
        while True:
            self._house.play(self._chance)
            await asyncio.sleep(PLAY_SECONDS)

    async def _until(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                self._wrong.append(f"waited {PATIENCE:g} s in vain for {what}")
                return
            await asyncio.sleep(0.5)

    @staticmethod
    def _alive(sessions: dict[str, dict[str, int]]) -> list[int]:
        return [pid for pids in sessions.values() for pid in pids.values() if Path(f"/proc/{pid}/exe").exists()]


def _config(directory: Path) -> str:
    agent = Path(__file__).with_name("agent.py")
    lines = ['agent = "screen"', "[sessions]", "logMegabytes = 1", 'surviveLogout = "never"', "[spawn]"]
    lines += ["maxLive = 200", "maxPerMinute = 1000"]
    for style in ("screen", "lines"):
        command = [sys.executable, str(agent), str(directory / "starts"), style]
        lines += [f"[agents.{style}]", f"command = {json.dumps(command)}", 'brief = "none"']
    lines += ["[agents.short]", 'command = ["/bin/sh", "-c", "seq 400; sleep 11"]', 'brief = "none"']
    return "\n".join(lines) + "\n"


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


async def _fill_journal(api: ApiClient, project: str) -> None:
    """Fill the window of events that a server keeps for those who resume: it takes an hour to fill by itself."""

    async def write(number: int) -> None:
        task = await api.request("POST", "/api/tasks", {"projectId": project, "title": f"Filler {number}"})
        for turn in range(JOURNAL_EVENTS // FILLERS):
            await api.request("PATCH", f"/api/tasks/{task['id']}", {"description": f"{turn}: {FILLING}"})
        await api.request("DELETE", f"/api/tasks/{task['id']}")

    await asyncio.gather(*(write(number) for number in range(FILLERS)))


async def _fill_ended(api: ApiClient, project: str) -> None:
    """Let as many sessions end as cockpits keep the terminals of: by faults alone that takes half an hour."""
    spawned = []
    for number in range(ENDED):
        task = await api.request("POST", "/api/tasks", {"projectId": project, "title": f"Short {number}"})
        body = {"projectId": project, "taskIds": [task["id"]], "agent": "short", "name": f"Short {number}"}
        spawned.append((task["id"], (await api.request("POST", "/api/sessions/spawn", body))["sessionId"]))
    deadline = time.monotonic() + PATIENCE
    for task_id, session in spawned:
        while (await api.request("GET", f"/api/sessions/{session}"))["status"] in LIVE:
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {PATIENCE:g} s for {session} to end")
            await asyncio.sleep(1)
        await api.request("DELETE", f"/api/sessions/{session}")
        await api.request("DELETE", f"/api/tasks/{task_id}")


async def _cancel(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    sys.exit(main())
