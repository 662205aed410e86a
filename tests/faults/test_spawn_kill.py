"""Servers and runners are killed amid spawns: each ends in one agent, or in one failure that says why."""

import asyncio
import itertools
import os
import random
import signal
import sys
from collections import Counter

import pytest

from maestro_tui.ptyhost import records

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

PATIENCE = 120.0
ENDED = {"completed", "failed", "stopped", "lost"}
SETTINGS = """
agent = "once"
[server]
port = 0
[spawn]
maxLive = 500
maxPerMinute = 10000
[agents.once]
command = ["/bin/sh", "-c", "echo $MAESTRO_SESSION_ID >> $HOME/starts"]
brief = "none"
[agents.stays]
command = ["/bin/sh", "-c", "echo $MAESTRO_SESSION_ID >> $HOME/starts; exec cat"]
brief = "none"
[agents.missing]
command = ["no-such-agent-anywhere"]
brief = "none"
"""


async def a_task(server, http):
    project = await server.ask(http, "POST", "/api/projects", {"name": "p"}, "project")
    body = {"projectId": project["id"], "title": "t"}
    task = await server.ask(http, "POST", "/api/tasks", body, "task")
    return {"projectId": project["id"], "taskIds": [task["id"]], "role": "worker"}


async def until_all_ended(server, http, wanted, within, *, running=()):
    """All sessions there are by id, once each of the wanted ones has ended, and those that stay run."""
    left = []
    async with within(PATIENCE, f"{len(wanted)} sessions to end; the server says\n{server.log[-2000:]}"):
        while True:
            listed = await server.ask(http, "GET", "/api/sessions", None, "list")
            sessions = {session["id"]: session for session in listed}
            left = [one for one in wanted if sessions[one]["status"] not in ENDED]
            left += [one for one in running if sessions[one]["status"] != "running"]
            if not left:
                return sessions
            await asyncio.sleep(0.3)  # other processes are at it


def starts_of(server):
    """How often the agent of each session was started."""
    return Counter((server.home.root.parent / "starts").read_text().split())


def twice(starts):
    return sum(number > 1 for number in starts.values())


class Spawner:
    """Asks for sessions until it is stopped, each under a key that is sent until it is answered."""

    def __init__(self, server, number, wish, seed):
        self._server, self._number, self._wish = server, number, wish
        self._chance = random.Random(seed * 1000 + number)
        self.stopped = False
        self.answered = {}
        """The agent that was asked for, by session id."""

    async def run(self, http):
        for place in itertools.count():
            if self.stopped:
                return
            key = f"spawn-{self._number}-{place}"
            agent = "missing" if place % 5 == 4 else "once"
            body = {**self._wish, "name": key, "agent": agent}
            answer = await self._server.ask(http, "POST", "/api/sessions/spawn", body, key, seconds=PATIENCE)
            self.answered[answer["sessionId"]] = agent
            await asyncio.sleep(self._chance.uniform(0.0, 0.3))  # so that every kill meets spawns in every state


async def test_kill_minus_nine_of_a_server_during_spawns(
    server_process, runner_here, http, report, within, long, seed
):
    kills, spawners = (100, 2) if long else (3, 2)
    chance, server = random.Random(seed), server_process
    server.configure(SETTINGS)
    await server.start()
    async with runner_here(server) as runner:
        wish = await a_task(server, http)
        asking = [Spawner(server, number, wish, seed) for number in range(spawners)]
        working = [asyncio.create_task(one.run(http)) for one in asking]
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.05, 0.6))  # the moment of the kill is the test
            await server.kill()
            await server.start()
            assert not runner.task.done(), runner.task.exception()
        for one in asking:
            one.stopped = True
        async with within(PATIENCE, "every spawn to be answered"):
            await asyncio.gather(*working)
        answered = {session_id: agent for one in asking for session_id, agent in one.answered.items()}
        sessions = await until_all_ended(server, http, answered, within)
    starts, outcomes = starts_of(server), Counter(session["status"] for session in sessions.values())
    right = {"once": ("completed", 1), "missing": ("failed", 0)}
    neither = [
        (one, agent, sessions[one]["status"], starts[one])
        for one, agent in answered.items()
        if (sessions[one]["status"], starts[one]) != right[agent]
    ]
    silent = [one["id"] for one in sessions.values() if one["status"] == "failed" and not one["reason"]]
    counts = {"kills": kills, "spawns": len(answered), "attempts": server.attempts, "replayed": server.replayed}
    counts |= {"agents": sum(starts.values()), "failures_declared": outcomes["failed"]}
    counts |= {"twice": twice(starts), "neither": len(neither), "unasked": len(sessions) - len(answered)}
    assert (neither, silent) == ([], []), counts
    assert (counts["twice"], counts["unasked"]) == (0, 0), counts
    report(**counts)


async def test_five_runners_start_each_spawn_once(server_process, http, report, within, long, seed):
    spawns, kills = (200, 40) if long else (8, 1)
    chance, server = random.Random(seed), server_process
    server.configure(SETTINGS)
    await server.start()
    runners, ids, staying = [], [], []
    try:
        runners += [await begin_runner(server, within) for _ in range(5)]
        wish = await a_task(server, http)
        due = set(chance.sample(range(spawns), kills))
        for place in range(spawns):
            body = {**wish, "name": f"spawn {place}", "agent": "stays" if place % 4 == 3 else "once"}
            answer = await server.ask(http, "POST", "/api/sessions/spawn", body, f"spawn-{place}")
            (staying if place % 4 == 3 else ids).append(answer["sessionId"])
            if place in due:
                await asyncio.sleep(chance.uniform(0.0, 0.5))  # the moment of the kill is the test
                await end(runners.pop(0))
                runners.append(await begin_runner(server, within))
        sessions = await until_all_ended(server, http, ids, within, running=staying)
        runs = {one: records.read_run(server.home.session(one)) for one in staying}
        kept = [one for one, run in runs.items() if run.agent.is_alive and run.agent.pid == sessions[one]["pid"]]
    finally:
        for runner in runners:
            await end(runner)
        end_agents(server, staying)
    starts, outcomes = starts_of(server), Counter(session["status"] for session in sessions.values())
    counts = {"runners": 5, "killed": kills, "spawns": spawns, "agents": sum(starts.values())}
    counts |= {"staying": len(staying), "same": len(kept)}
    counts |= {"never": sum(one not in starts for one in ids + staying), "twice": twice(starts)}
    counts |= {"claims": sum(session["fence"] for session in sessions.values())}
    assert (counts["never"], counts["twice"], kept) == (0, 0, staying), counts
    assert outcomes == {"completed": len(ids), "running": len(staying)}, outcomes
    report(**counts)


def end_agents(server, session_ids):
    """End what outlives every runner."""
    for session_id in session_ids:
        run = records.read_run(server.home.session(session_id))
        for identity in (run.host, run.agent) if run else ():
            if identity.is_alive:
                os.kill(identity.pid, signal.SIGKILL)


async def begin_runner(server, within):
    """A `maestro-tui run` that has joined the server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maestro_tui", "run"), env=server.environment, stdout=asyncio.subprocess.PIPE
    )
    async with within(PATIENCE, "a runner to join the server"):
        assert b"running agents" in await process.stdout.readline()
    return process


async def end(process):
    if process.returncode is None:
        process.kill()
    await process.communicate()
