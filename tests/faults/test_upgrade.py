"""A running system is upgraded, and gone back from, under a live agent: the earlier version really runs.

MAESTRO_UPGRADE_FROM names the git revision to come from; by default the newest release, and before
the first one an early revision. It runs from an export of its own, with this environment's libraries.
"""

import asyncio
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from maestro_tui.domain.ids import is_id
from tests.ports import own_port

ROOT = Path(__file__).parents[2]
EARLY = "5155b10"
AGENT = """
[agents.script]
command = ["/bin/sh", "-c", '''
while read word; do
  case "$word" in
    report) maestro update "still here" > /dev/null && echo "reported" ;;
    *) echo "got $word" ;;
  esac
done''']
brief = "none"
"""


def git(*arguments):
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


@pytest.fixture
def earlier(tmp_path):
    """The tree of the earlier version."""
    released = (git("tag", "--list", "v*", "--sort=-version:refname") or b"").decode().split()
    revision = os.environ.get("MAESTRO_UPGRADE_FROM") or (released[0] if released else EARLY)
    archive = git("archive", revision, "maestro_tui", "skills", "themes")
    if archive is None:
        pytest.skip(f"no git history with {revision} here")
    tree = tmp_path / "earlier"
    with tarfile.open(fileobj=io.BytesIO(archive)) as content:
        content.extractall(tree, filter="data")
    return tree


class System:
    """`maestro-tui run` of either version on one home, and the `maestro` command of today."""

    def __init__(self, server, http, within):
        self.server, self.http, self.within = server, http, within

    async def start(self, tree):
        self.server.environment["PYTHONPATH"] = str(tree)
        await self.server.begin("run")
        await self.server.until_ready(seconds=60)

    async def stop(self):
        await self.server.stop()
        assert not self.server.home.discovery.exists()

    async def maestro(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "maestro_tui.cli", *arguments),
            cwd=ROOT,
            env=self.server.environment | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, (arguments, out)
        return out.decode().strip()

    async def get(self, path):
        address = self.server.address
        async with self.http.get(address.url + path, headers=address.headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def until(self, what, holds):
        async with self.within(90, what):
            while not await holds():  # noqa: ASYNC110 - what is waited for is in another process
                await asyncio.sleep(0.1)


def lives(pid):
    return Path("/proc", str(pid)).exists() if sys.platform == "linux" else os.kill(pid, 0) is None


@pytest.mark.skipif(os.environ.get("MAESTRO_FAULTS") != "long", reason="starts three servers and an agent")
async def test_an_agent_lives_through_an_upgrade_and_back(server_process, http, within, report, earlier):
    server_process.environment["MAESTRO_PORT"] = str(own_port())
    server_process.environment["SHELL"] = "/bin/sh"
    server_process.configure(AGENT)
    system = System(server_process, http, within)
    await system.start(earlier)
    project = (await system.maestro("project", "create", "kept", "-d", str(ROOT), "--quiet")).split()[0]
    task = (await system.maestro("task", "create", "of before", "--project", project, "--quiet")).split()[0]
    session = (await system.maestro("session", "spawn", "--task", task, "--agent", "script", "--quiet")).split()[0]
    assert is_id(session)
    one = f"/api/sessions/{session}"

    async def running():
        return (await system.get(one))["status"] == "running"

    await system.until("the agent to run", running)
    before, pid = await system.get("/api/events?limit=1"), (await system.get(one))["pid"]
    for said, tree in enumerate((ROOT, earlier, ROOT), start=1):
        await system.stop()
        assert lives(pid), "the agent ended with its server"
        await system.start(tree)
        await system.until("the agent to be held again", running)
        assert (await system.get(one))["pid"] == pid
        for word in (f"word{said}", "report"):
            await system.maestro("session", "send", session, word)

        async def heard(word=f"got word{said}", reports=said):
            text = await system.maestro("session", "logs", session)
            return word in text and text.count("reported") >= reports

        await system.until("the agent to have heard it and to have reported", heard)
        assert (await system.get(f"/api/tasks/{task}"))["title"] == "of before"
    after = await system.get("/api/events?limit=1")
    assert after["next"].split(":")[0] == before["next"].split(":")[0], "the journal goes on"
    assert "still here" in await system.maestro("session", "info", session)
    await system.maestro("session", "stop", session)
    await system.stop()
    await server_process.begin("fsck")
    async with within(60, "the check of the documents"):
        assert await server_process.process.wait() == 0, server_process.log
    report(upgrades=2, roll_backs=1, agents=1, lost=0)
