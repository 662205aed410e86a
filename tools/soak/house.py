"""The product of a soak: a server, two cockpits in terminals of their own, on a home that vanishes.

The cockpits are held (SIGSTOP) while the server is away. A cockpit takes over from a server that has
gone, and then the figures of the two could not be told apart any more.
"""

import asyncio
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.outer import OuterTerminal
from maestro_tui import discovery
from maestro_tui.client.address import Address
from maestro_tui.paths import Home
from tools.soak.sampling import usage

__all__ = ["House"]

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
LEAVE_SECONDS = 30.0
HARMLESS_KEYS = (
    "\t", "?", "\x1b", "v", "\x1b", "L", "\x1b", "c", "\x1b", "t", "\x02n", "\x02p", "\x02b", "\x02z", "\x02z",
    "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x02|", "\x02o", "\x02x",
)  # fmt: skip
"""What the person in front of a cockpit presses: nothing that starts, ends or changes anything."""
SIZES = ((50, 200), (24, 80), (40, 120), (60, 160))


class House:
    """Starts, holds, kills and ends the programs. directory: of the user, empty."""

    def __init__(self, directory: Path, config: str) -> None:
        (directory / "home").mkdir(mode=0o700)
        (directory / "run").mkdir(mode=0o700)
        (directory / "home" / "config.toml").write_text(config)
        foreign = ("COLUMNS", "COVERAGE_", "LINES", "MAESTRO_", "PYTHONDONTWRITEBYTECODE", "TMUX")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            "HOME": str(directory),
            "MAESTRO_HOME": str(directory / "home"),
            "XDG_RUNTIME_DIR": str(directory / "run"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "PYTHONPATH": str(ROOT),
        }
        self.home = Home.from_environment(self.environment)
        self.cockpits: dict[str, OuterTerminal] = {}
        self.server: asyncio.subprocess.Process | None = None
        self._log = directory / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]  # agents know the server by its address, over restarts too

    async def start_server(self) -> None:
        """Start `maestro-tui serve` and wait until it answers."""
        with self._log.open("ab") as log:
            self.server = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "maestro_tui", "serve", "--port", str(self._port)),
                env=self.environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        async with asyncio.timeout(START_SECONDS):
            while (found := discovery.read(self.home)) is None or found.pid != self.server.pid:
                if self.server.returncode is not None:
                    raise RuntimeError(f"the server ended at its start:\n{self._log.read_text()[-2000:]}")
                await asyncio.sleep(0.05)

    async def restart_server(self, *, kill: bool) -> None:
        """End the server, by SIGKILL or by SIGTERM, and start the next one; the cockpits are held meanwhile."""
        assert self.server is not None
        with self._held():
            self.server.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            await self.server.wait()
            await self.start_server()

    async def stop_server(self) -> None:
        if self.server is not None and self.server.returncode is None:
            self.server.terminate()
            await self.server.wait()

    def locate(self) -> Address | None:
        """Where the server answers at this moment."""
        found = discovery.read(self.home)
        return None if found is None else Address(found.url, found.token)

    def open_cockpit(self, name: str) -> None:
        """Start a cockpit in a terminal of its own."""
        self.cockpits[name] = OuterTerminal([sys.executable, "-m", "maestro_tui"], self.environment)

    async def kill_cockpit(self, name: str) -> None:
        """SIGKILL, as a crash would end it."""
        cockpit = self.cockpits[name]
        os.kill(cockpit.pid, signal.SIGKILL)
        while self.is_cockpit_alive(name):  # noqa: ASYNC110 - another process: only looking tells
            await asyncio.sleep(0.05)
        del self.cockpits[name]
        await asyncio.to_thread(cockpit.__exit__, None, None, None)

    async def close_cockpits(self) -> list[str]:
        """Tell each cockpit to leave (SIGTERM); the names of those that had to be killed."""
        stubborn = []
        for name in tuple(self.cockpits):
            os.kill(self.cockpits[name].pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(LEAVE_SECONDS):
                    while self.is_cockpit_alive(name):  # noqa: ASYNC110 - another process: only looking tells
                        await asyncio.sleep(0.1)
            except TimeoutError:
                stubborn.append(name)
            await self.kill_cockpit(name)
        return stubborn

    def play(self, chance: random.Random) -> None:
        """A few keys into each cockpit, and now and then another size."""
        for cockpit in self.cockpits.values():
            with suppress(OSError):
                cockpit.send(chance.choice(HARMLESS_KEYS).encode())
                if chance.random() < 0.05:
                    cockpit.resize(*chance.choice(SIZES))

    def is_cockpit_alive(self, name: str) -> bool:
        """Whether it runs: one that has ended is a zombie, which has no memory to tell of."""
        cockpit = self.cockpits.get(name)
        return cockpit is not None and usage(cockpit.pid) is not None

    def hosts(self) -> dict[str, dict[str, int]]:
        """The pids of each session's host and agent, by session, as their run records name them."""
        found = {}
        for record in self.home.sessions.glob("*/run.json"):
            if (record.parent / "exit.json").exists():
                continue
            with suppress(OSError, ValueError, KeyError):
                content = json.loads(record.read_bytes())
                found[record.parent.name] = {"host": content["host"]["pid"], "agent": content["agent"]["pid"]}
        return found

    def kill_sessions(self) -> None:
        """SIGKILL to whatever hosts and agents are left: after a run that ended well there are none."""
        for pids in self.hosts().values():
            for pid in pids.values():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._signal_cockpits(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal_cockpits(signal.SIGCONT)

    def _signal_cockpits(self, number: signal.Signals) -> None:
        for cockpit in self.cockpits.values():
            with suppress(ProcessLookupError):
                os.kill(cockpit.pid, number)
