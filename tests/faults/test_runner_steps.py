"""A runner that dies, or loses its network, at each step of a start: what then becomes of the spawn."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from maestro_tui.client.errors import ApiError
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.status import SessionStatus
from maestro_tui.ptyhost import processes, records
from maestro_tui.runner import holding
from maestro_tui.runner.launch import Launcher

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PATIENCE = 60.0
LEASE_MS = 1500
SETTINGS = """
agent = "waits"
[server]
port = 0
heartbeatSeconds = 0.5
[agents.waits]
command = ["/bin/sh", "-c", "echo $MAESTRO_SESSION_ID >> $HOME/starts; while read word; do echo got $word; done"]
brief = "none"
"""


class Spawn:
    """One session on a server, and what has become of it."""

    def __init__(self, server, http, within):
        self.server, self.http, self.within = server, http, within
        self.id = ""

    async def ask(self):
        project = await self.server.ask(self.http, "POST", "/api/projects", {"name": "p"}, "project")
        body = {"projectId": project["id"], "title": "t"}
        task = await self.server.ask(self.http, "POST", "/api/tasks", body, "task")
        body = {"projectId": project["id"], "taskIds": [task["id"]], "name": "agent"}
        self.id = (await self.server.ask(self.http, "POST", "/api/sessions/spawn", body, "spawn"))["sessionId"]

    async def session(self):
        return await self.server.ask(self.http, "GET", f"/api/sessions/{self.id}", None, "get")

    async def until(self, what, holds):
        """The session, once the condition holds of it."""
        session = None
        async with self.within(PATIENCE, f"the session to be {what}"):
            while session is None or not holds(session):
                await asyncio.sleep(0.05)  # runners are at it
                session = await self.session()
        return session

    async def is_taken(self, runner):
        """Whether the runner types into the agent, and how often the agent was started."""
        body = {"text": "hello", "enter": True}
        await self.server.ask(self.http, "POST", f"/api/sessions/{self.id}/input", body, f"input-{runner.id}")
        live = runner.terminals.get(self.id)
        async with self.within(PATIENCE, "the agent's answer"):
            while "got hello" not in live.terminal.text():  # noqa: ASYNC110 - the screen sets no event
                await asyncio.sleep(0.02)
        return (self.server.home.root.parent / "starts").read_text().split() == [self.id]

    @property
    def agent(self):
        run = records.read_run(self.server.home.session(self.id))
        return run.agent if run else None

    def clean(self):
        run = records.read_run(self.server.home.session(self.id)) if self.id else None
        for identity in (run.host, run.agent) if run else ():
            for pid in [*processes.descendants(identity.pid), identity.pid] if identity.is_alive else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@pytest.fixture
async def spawn(server_process, http, within):
    server_process.configure(SETTINGS)
    await server_process.start()
    spawn = Spawn(server_process, http, within)
    yield spawn
    spawn.clean()


@pytest.mark.parametrize(("step", "fence"), [("claimed", 2), ("launched", 1)])
async def test_a_runner_that_dies(spawn, server_process, runner_here, start_program, report, step, fence):
    """Before the start: the lease runs out, and the next one starts it. After: the next one finds the agent."""
    script = Path(__file__).with_name("dying_runner.py")
    dying = await start_program(script, server_process.home.root.parent, step, env=server_process.environment)
    await spawn.ask()
    assert await dying.code() == -signal.SIGKILL
    left = await spawn.session()
    assert (left["status"], left["fence"]) == ("spawning", 1)
    before = spawn.agent
    assert (before is None) == (step == "claimed")
    async with runner_here(server_process) as runner:
        session = await spawn.until("running", lambda one: one["status"] == "running")
        assert await spawn.is_taken(runner)
    assert before in (None, spawn.agent)
    assert (session["fence"], session["pid"]) == (fence, spawn.agent.pid)
    report(died=step, agents=1, fence=session["fence"])


@pytest.mark.parametrize(("when", "fence"), [("after the start", 1), ("before the start", 2)])
async def test_a_runner_that_loses_its_network_while_it_starts(
    spawn, server_process, runner_here, proxies, within, report, monkeypatch, when, fence
):
    """Another takes the session over once the lease has run out.

    It finds the agent that was started under the same claim; or it claims again and starts it, and
    the first one, which comes to that too late, finds the door locked and its report refused.
    """
    monkeypatch.setattr(holding, "LEASE_MS", LEASE_MS)
    is_cut, may_start = asyncio.Event(), asyncio.Event()

    class CutOffLauncher(Launcher):
        async def launch(self, *values, **named):
            is_cut.set()
            proxy.strike("half_open")
            await may_start.wait()
            return await super().launch(*values, **named)

    def prepare(runner):
        runner._launcher.__class__ = CutOffLauncher

    if when == "after the start":
        may_start.set()
    async with (
        proxies.Proxy(lambda: None if is_cut.is_set() else server_process.port) as proxy,
        runner_here(server_process, url=proxy.url, runner_id="run_cut_off", prepare=prepare) as cut_off,
    ):
        await spawn.ask()
        async with within(PATIENCE, "the claim of the runner that is to be cut off"):
            await is_cut.wait()
        async with runner_here(server_process, runner_id="run_other") as other:
            session = await spawn.until("running", lambda one: one["status"] == "running")
            agent, holder = spawn.agent, session["lease"]["runnerId"]
            assert (session["fence"], holder, session["pid"]) == (fence, "run_other", agent.pid)
            may_start.set()
            is_cut.clear()
            await cut_off.feed.until(lambda feed: feed.connection.is_online, PATIENCE)
            late = UpdateSession(status=SessionStatus.FAILED, reason="late", fence=fence - 1)
            with pytest.raises(ApiError) as refused:
                await cut_off.feed.api.update_session(spawn.id, late)
            assert refused.value.http_status == 412
            assert await spawn.is_taken(other)
            session = await spawn.session()
            assert (session["status"], session["lease"]["runnerId"], session["fence"]) == (
                "running",
                holder,
                fence,
            )
            assert (spawn.agent, agent.is_alive) == (agent, True)
    report(lost_network=when, agents=1, fence=fence, late_reports_refused=1)


async def test_a_runner_that_loses_its_network_while_its_agent_works(
    spawn, server_process, runner_here, proxies, report
):
    """The agent notices nothing, and its runner is heard again when the network is back."""
    is_cut = asyncio.Event()
    async with (
        proxies.Proxy(lambda: None if is_cut.is_set() else server_process.port) as proxy,
        runner_here(server_process, url=proxy.url) as runner,
    ):
        await spawn.ask()
        await spawn.until("held for long", lambda one: one["status"] == "running")
        agent = spawn.agent
        is_cut.set()
        assert proxy.strike("half_open") > 0
        await runner.feed.until(lambda feed: not feed.connection.is_online, PATIENCE)
        assert (await spawn.session())["status"] == "running"
        is_cut.clear()
        await runner.feed.until(lambda feed: feed.connection.is_online, PATIENCE)
        assert await spawn.is_taken(runner)
        session = await spawn.session()
        assert (session["status"], session["fence"], spawn.agent) == ("running", 1, agent)
    report(lost_network="while working", agents=1, fence=1)
