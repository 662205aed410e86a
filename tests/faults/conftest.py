"""Servers and other programs as processes of their own, deadlines, and the reports of the runs.

Nothing here waits for ever: what takes too long fails and says what it was.
"""

import asyncio
import importlib.util
import json
import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from maestro_tui import discovery
from maestro_tui.backoff import full_jitter
from maestro_tui.client.address import Address, discovered
from maestro_tui.client.events import Timing
from maestro_tui.client.feed import Feed
from maestro_tui.config.sources import load_settings
from maestro_tui.paths import Home
from maestro_tui.runner.runner import Runner, runner_id_for
from maestro_tui.runner.terminals import Terminals

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("MAESTRO_FAULTS") == "long"
NOT_YET = "has no terminal yet"
"""How a runner refuses what was typed when it did not find the agent again within the time of the request."""
LIMIT = 3600 if LONG else 300
"""Seconds that a test may take in all."""


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(LIMIT))


@pytest.fixture
def long():
    """Whether this is the long run: `MAESTRO_FAULTS=long`."""
    return LONG


@pytest.fixture
def seed():
    """What the run's chance begins with: MAESTRO_FAULTS_SEED, by default 1."""
    return int(os.environ.get("MAESTRO_FAULTS_SEED", "1"))


@pytest.fixture
def report(request, capsys, seed):
    """Print the one line that sums a run up; with MAESTRO_FAULTS_REPORT, keep it in build/faults/ too."""
    name = request.node.name
    began = time.monotonic()

    def tell(**counts):
        seconds = round(time.monotonic() - began, 1)
        with capsys.disabled():
            print(f"\n{name}: " + " ".join(f"{key}={value}" for key, value in counts.items()), end="")
            print(f" seed={seed} seconds={seconds}")
        if os.environ.get("MAESTRO_FAULTS_REPORT"):
            directory = ROOT / "build" / "faults"
            directory.mkdir(parents=True, exist_ok=True)
            facts = {"test": name, "long": LONG, "seed": seed, "seconds": seconds, "commit": _commit()}
            facts |= {"machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"}
            facts |= {"python": platform.python_version(), "counts": counts}
            (directory / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")

    return tell


def _commit():
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@asynccontextmanager
async def deadline(seconds, what):
    """Fail with what was waited for when the block takes longer than so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise AssertionError(f"waited {seconds:g} s for {what}") from None


@pytest.fixture
def within():
    """`async with within(seconds, what)`: fail with what was waited for when the block takes longer."""
    return deadline


@pytest.fixture
async def http():
    """An HTTP client that gives every request up after a minute."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session


class Program:
    """A Python script in a process of its own that says lines on stdout."""

    def __init__(self, process, name):
        self._process, self._name = process, name

    async def line(self, seconds=30.0):
        """The next line it says; empty when it has ended."""
        async with deadline(seconds, f"a line of {self._name}"):
            return (await self._process.stdout.readline()).decode()

    async def rest(self, seconds=30.0):
        """All whole lines that are still to come; it has to end by itself or be killed before."""
        async with deadline(seconds, f"the end of {self._name}"):
            said = await self._process.stdout.read()
        return [line.decode() for line in said.splitlines(keepends=True) if line.endswith(b"\n")]

    async def code(self, seconds=30.0):
        """Its exit code; a negative one is the signal that ended it."""
        async with deadline(seconds, f"{self._name} to end"):
            return await self._process.wait()

    def kill(self):
        """Send SIGKILL; nothing happens when it has ended."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def aclose(self):
        self.kill()
        await self.code()


@pytest.fixture
async def start_program():
    """Start a Python script: `await start_program(path, *arguments, env=…)`. All of them are killed at the end."""
    started = []

    async def start(script, *arguments, env=None):
        environment = {**(os.environ if env is None else env), "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(script), *map(str, arguments)), stdout=asyncio.subprocess.PIPE, env=environment
        )
        started.append(Program(process, f"{script.name} ({process.pid})"))
        return started[-1]

    yield start
    for program in started:
        await program.aclose()


class ServerProcess:
    """`maestro-tui serve` on a home, as often as it is started."""

    def __init__(self, root):
        root.mkdir(exist_ok=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")},
            "HOME": str(root),
            "MAESTRO_HOME": str(root / ".maestro"),
            "PYTHONPATH": str(ROOT),
        }
        self.home = Home.from_environment(self.environment)
        self.process = None
        self.starts = 0
        self.attempts = 0
        self.replayed = 0
        self._log = root / "server.log"

    def configure(self, text):
        """Write its config.toml, which counts from the next start on."""
        self.home.root.mkdir(mode=0o700, exist_ok=True)
        self.home.config.write_text(text)

    async def start(self, *, seconds=30.0):
        """Start it and wait until it is ready."""
        await self.begin("serve", "--port", "0")
        await self.until_ready(seconds=seconds)

    async def begin(self, *arguments, screen=None):
        """Start `maestro-tui` with these arguments, and wait for nothing. screen: the terminal it is given."""
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "maestro_tui", *arguments),
                cwd=self.environment["PYTHONPATH"],
                env=self.environment,
                stdin=screen,
                stdout=log if screen is None else screen,
                stderr=log if screen is None else screen,
            )
        self.starts += 1

    async def until_ready(self, *, seconds=30.0):
        """Wait until this very process serves."""
        async with deadline(seconds, "the server to be ready"):
            while self.address is None:
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.01)  # only the file says that it is ready

    async def ask(self, http, method, path, body, key, *, seconds=200.0, gone=False):
        """The answer to a keyed request, sent as often as it takes, to whichever server there is.

        gone: whether the document may have been deleted meanwhile; the answer is None then.
        """
        async with deadline(seconds, f"an answer to {method} {path} under '{key}'"):
            while True:
                address = self.address
                if address is not None:
                    self.attempts += 1
                    headers = {"Idempotency-Key": key, **address.headers}
                    with suppress(aiohttp.ClientError, ConnectionError):
                        async with http.request(method, address.url + path, json=body, headers=headers) as answer:
                            content = await answer.json()
                            if answer.status < 300:
                                self.replayed += "Idempotent-Replayed" in answer.headers
                                return content
                            if gone and answer.status == 404:
                                return None
                            assert answer.status in (409, 503) or content["message"].endswith(NOT_YET), content
                await asyncio.sleep(0.02)  # between two attempts, as any client waits

    @property
    def port(self):
        """Where this very process listens; None while it is not ready."""
        address = self.address
        return None if address is None else int(address.url.rsplit(":", 1)[1])

    @property
    def address(self):
        """Where this very process answers; None while it is not ready."""
        found = discovery.read(self.home)
        if found is None or self.process is None or found.pid != self.process.pid:
            return None
        return Address(found.url, found.token)

    def locate(self):
        """The running server's address, as a client looks for it."""
        return self.address

    @property
    def log(self):
        """What it has said so far."""
        return self._log.read_text() if self._log.exists() else ""

    async def kill(self):
        self.process.send_signal(signal.SIGKILL)
        async with deadline(20, "a killed server to be gone"):
            await self.process.wait()

    async def stop(self):
        self.process.send_signal(signal.SIGTERM)
        async with deadline(20, "the server to stop"):
            assert await self.process.wait() == 0

    async def aclose(self):
        if self.process is not None and self.process.returncode is None:
            await self.kill()


@asynccontextmanager
async def a_runner(server, *, url=None, runner_id=None, prepare=lambda runner: None):
    """A runner in this very process, as a cockpit has one, for whichever server of the home there is.

    url: by which way it gets there, by default straight. prepare: called with it before it begins.
    """
    home, address = server.home, server.address
    identity = runner_id or runner_id_for(home)
    environ = {**server.environment, "SHELL": "/bin/sh"}
    terminals = Terminals()
    async with Feed(
        url or address.url,
        address.token,
        runner_id=identity,
        locate=discovered(home) if url is None else None,
        delays=lambda: full_jitter(base=0.05, cap=0.3),
        timing=Timing(look=0.05),
    ) as feed:
        runner = Runner(
            feed, home, load_settings(home.config).settings, terminals, runner_id=identity, environ=environ
        )
        prepare(runner)
        task = asyncio.create_task(runner.run())
        try:
            yield SimpleNamespace(feed=feed, terminals=terminals, task=task, id=identity)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            terminals.close_all()


@pytest.fixture
def runner_here():
    """`async with runner_here(server) as runner`: a runner in this very process."""
    return a_runner


@pytest.fixture(scope="session")
def proxies():
    """The module of the fault-injecting proxy."""
    specification = importlib.util.spec_from_file_location("faults_proxy", Path(__file__).with_name("proxy.py"))
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
async def server_process(tmp_path):
    """A server that is not started yet; killed at the end if it runs."""
    server = ServerProcess(tmp_path)
    yield server
    await server.aclose()
    print(f"The server's log ends:\n{server.log[-4000:]}")  # shown beside a failure
