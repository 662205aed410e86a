"""The real server, the real feed and the real PTY hosts on a home of their own."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from maestro_tui.client.feed import Feed
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.paths import Home
from maestro_tui.ptyhost import processes, records, registry
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import start_host
from maestro_tui.runner.runner import Runner, runner_id_for
from maestro_tui.runner.terminals import ENDED_KEPT, Terminals
from maestro_tui.server.serving import serve
from maestro_tui.store.memory import MemoryStore
from tests.platforms import process_state

RECORDER = """#!{python} -IS
import json, os, sys
part = os.environ["RECORD"] + "." + str(os.getpid())
with open(part, "w") as file:
    json.dump({{"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd()}}, file)
os.rename(part, os.environ["RECORD"])
print("agent is up", flush=True)
sys.exit(int(sys.stdin.readline() or 0))
"""


async def eventually(condition: Callable[[], object], *, seconds: float = 15.0, what: str = "condition") -> None:
    """Wait for something other processes do, with a deadline."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - other processes set no event here
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None


class Place:
    """A home, a stand-in agent that records how it was started, and what cleans up after both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = Home(
            root / "home", data=root / "home/data", sessions=root / "home/sessions", skill_library=root / "none"
        )
        self.record = root / "record.json"
        self.work = root / "work"
        self.work.mkdir()
        self.tools = root / "tools"
        self.tools.mkdir()
        self.environ = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "HOME": str(root),
            "SHELL": "/bin/sh",
            "XDG_RUNTIME_DIR": str(root),
            "RECORD": str(self.record),
            "TMUX": "outer",
            "KITTY_PID": "1",
            "MAESTRO_SESSION_ID": "sess_outer",
            "SECRET": "handed on like a shell would",
        }
        self.install("stand-in", RECORDER.format(python=sys.executable))
        self.settings = Settings(
            agent="stand-in",
            agents={
                "stand-in": AgentProfile(command=("stand-in", "--now"), env={"FROM_PROFILE": "yes"}),
                "absent": AgentProfile(command=("no-such-program-here",)),
                "script": AgentProfile(command=("/bin/sh", "-c", "exec /bin/sh $HOME/script"), brief="none"),
            },
        )

    def install(self, name: str, content: str) -> Path:
        path = self.tools / name
        path.write_text(content)
        path.chmod(0o755)
        return path

    def script(self, text: str) -> None:
        """What the agent called `script` runs."""
        (self.root / "script").write_text(text)

    def recorded(self) -> dict:
        return json.loads(self.record.read_text())

    async def kill(self, run: records.RunRecord) -> None:
        """End an agent and its host, which is stopped first: it would tell of its agent's end if it saw it."""
        os.kill(run.host.pid, signal.SIGSTOP)
        await eventually(lambda: process_state(run.host.pid) == "T", what="a host that is stopped")
        os.killpg(run.agent.pid, signal.SIGKILL)
        await eventually(lambda: not run.agent.is_alive, what="an agent that is gone")
        os.kill(run.host.pid, signal.SIGKILL)

    def clean(self) -> None:
        for directory in self.home.sessions.iterdir() if self.home.sessions.is_dir() else ():
            run = records.read_run(directory)
            for identity in (run.host, run.agent) if run else ():
                for pid in [*processes.descendants(identity.pid), identity.pid] if identity.is_alive else ():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place(Path(tempfile.mkdtemp(prefix="mr")))
    yield place
    place.clean()


class Cockpit:
    """A feed, terminals and a runner: what a cockpit has without its screens."""

    def __init__(self, feed: Feed, terminals: Terminals, runner: Runner) -> None:
        self.feed = feed
        self.terminals = terminals
        self.runner = runner
        self.news: list[object] = []
        terminals.subscribe(self.news.append)
        self.task = asyncio.create_task(runner.run())

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.terminals.close_all()
        await self.feed.__aexit__(None, None, None)


class World:
    """A server and any number of cockpits."""

    def __init__(self, place: Place, info) -> None:
        self.place = place
        self.info = info
        self.cockpits: list[Cockpit] = []
        self.eventually = eventually

    async def cockpit(
        self, runner_id: str | None = None, settings: Settings | None = None, *, ended_kept: int = ENDED_KEPT
    ) -> Cockpit:
        name = runner_id or runner_id_for(self.place.home)
        feed = await Feed(self.info.url, self.info.token, runner_id=name).__aenter__()
        terminals = Terminals(directory_of=self.place.home.session, ended_kept=ended_kept)
        runner = Runner(
            feed,
            self.place.home,
            settings or self.place.settings,
            terminals,
            runner_id=name,
            environ=self.place.environ,
        )
        cockpit = Cockpit(feed, terminals, runner)
        self.cockpits.append(cockpit)
        await feed.ready()
        return cockpit

    async def watcher(self) -> Feed:
        """A feed that runs nothing."""
        if not hasattr(self, "_watcher"):
            self._watcher = await Feed(self.info.url, self.info.token).__aenter__()
            await self._watcher.ready()
        return self._watcher

    async def spawn(self, **fields: object) -> str:
        api = (await self.watcher()).api
        if not hasattr(self, "_task"):
            self._project = await api.request(
                "POST", "/api/projects", {"name": "webshop", "workingDir": str(self.place.work)}
            )
            self._task = await api.request(
                "POST", "/api/tasks", {"projectId": self._project["id"], "title": "Build the endpoint"}
            )
        body = {"projectId": self._project["id"], "taskIds": [self._task["id"]], "name": "API Worker"} | fields
        return (await api.spawn(**body)).id

    async def session(self, session_id: str):
        return await (await self.watcher()).api.session(session_id)

    async def until_status(self, session_id: str, *wanted: str):
        watcher = await self.watcher()
        await watcher.until(lambda feed: feed.mirror.sessions[session_id].status in wanted, 55)
        return watcher.mirror.sessions[session_id]

    async def close(self) -> None:
        for cockpit in self.cockpits:
            await cockpit.close()
        if hasattr(self, "_watcher"):
            await self._watcher.__aexit__(None, None, None)


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    async with serve(place.home, place.settings, port=0, store=MemoryStore()) as info:
        world = World(place, info)
        yield world
        await world.close()


class Bench:
    """Hosts started directly, and terminals attached to them."""

    def __init__(self, place):
        self.place = place
        self.hosts = []
        self.terminals = Terminals()
        self.news = []
        self.terminals.subscribe(self.news.append)
        place.home.sessions.mkdir(parents=True, mode=0o700)

    def start(self, *argv, session_id="sess_1", **changes):
        directory = self.place.home.session(session_id)
        directory.mkdir(mode=0o700)
        spec = HostSpec(
            session_id=session_id,
            argv=argv,
            cwd=str(self.place.work),
            env={"PATH": self.place.environ["PATH"], "HOME": str(self.place.root)},
            columns=80,
            rows=24,
            directory=str(directory),
            socket=str(registry.socket_path(self.place.root, session_id)),
        )
        host = start_host(spec._replace(**changes))
        self.hosts.append(host)
        return host

    def python(self, code, **more):
        return self.start(sys.executable, "-I", "-S", "-c", code, **more)

    async def attach(self, host, terminals=None, **more):
        directory = self.place.home.session(host.run.session_id)
        return await (terminals or self.terminals).attach(host.run.session_id, directory, host.run.socket, **more)


@pytest.fixture
async def bench(place):
    bench = Bench(place)
    yield bench
    bench.terminals.close_all()
    place.clean()
    for host in bench.hosts:
        host.process.wait()


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    return eventually
