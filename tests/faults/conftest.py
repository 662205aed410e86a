"""Servers as processes of their own, the reports of the runs, and the length they run for."""

import asyncio
import importlib.util
import json
import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from maestro_tui import discovery
from maestro_tui.client.address import Address
from maestro_tui.paths import Home

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("MAESTRO_FAULTS") == "long"


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

    async def start(self, *, seconds=30.0, before=None):
        """Start it and wait until it is ready. before: run in the child first, for limits on it."""
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "maestro_tui", "serve", "--port", "0"),
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=before,
            )
        self.starts += 1
        async with asyncio.timeout(seconds):
            while self.address is None:
                assert self.process.returncode is None, self._log.read_text()
                await asyncio.sleep(0.01)  # only the file says that it is ready

    async def ask(self, http, method, path, body, key, *, seconds=60.0, gone=False):
        """The answer to a keyed request, sent as often as it takes, to whichever server there is.

        gone: whether the document may have been deleted meanwhile; the answer is None then.
        """
        async with asyncio.timeout(seconds):
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
                            assert answer.status in (409, 503), content
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
        return self._log.read_text()

    async def kill(self):
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(self.process.wait(), 20) == 0

    async def aclose(self):
        if self.process is not None and self.process.returncode is None:
            await self.kill()


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
