"""Cockpits and headless runners are killed while agents are at work: no agent notices, and no byte is missing.

Each cycle starts the real program, alternately with a screen and without one, and kills it with
SIGKILL: while it starts, or once it has everything in hand again. Beside it the test itself watches
every agent over one connection that is never disturbed.
"""

import asyncio
import contextlib
import fcntl
import itertools
import os
import random
import re
import signal
import struct
import sys
import termios
import zlib

import pytest

from maestro_tui.ptyhost import processes, records, registry
from maestro_tui.recording import Recording, output_directory
from maestro_tui.runner.terminals import Terminals
from maestro_tui.terminal.engine import Terminal

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

AGENTS = 5
PATIENCE = 90.0
COLUMNS, ROWS = 150, 45

# Numbered lines, each with the checksum of all before it. What is typed is counted, not shown.
AGENT = """
import os, select, sys, termios, time, zlib
modes = termios.tcgetattr(0)
modes[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, modes)
number, checksum, typed = 0, 0, b""
while b"the end" not in typed:
    for _ in range(10):
        number += 1
        text = f"{number:08d} {number * 2654435761 % 2**32:08x}"
        checksum = zlib.crc32(text.encode(), checksum)
        sys.stdout.write(f"\\x1b[3{number % 7}m{text} {checksum:08x}\\x1b[m\\n")
    sys.stdout.flush()
    if select.select([0], [], [], 0.1)[0]:
        typed += os.read(0, 4096)
name = os.environ["MAESTRO_SESSION_ID"]
sys.stdout.write(f"{name}: {number} lines, {typed.count(b'ping')} pings")
sys.stdout.flush()
while b"leave" not in typed:
    typed += os.read(0, 4096)
"""
LINE = re.compile(rb"\x1b\[3\dm((\d{8}) [0-9a-f]{8}) ([0-9a-f]{8})\x1b\[m\r\n")


class Screen:
    """A terminal for a cockpit: what it draws is kept, and its questions are answered."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self.master, False)
        self.terminal = Terminal(COLUMNS, ROWS, on_reply=self.type)
        asyncio.get_running_loop().add_reader(self.master, self._read)

    def type(self, data):
        with contextlib.suppress(BlockingIOError):
            os.write(self.master, data)

    def text(self):
        return self.terminal.text()

    def _read(self):
        with contextlib.suppress(OSError):  # nobody holds the other end just now
            self.terminal.feed(os.read(self.master, 1 << 16))

    def close(self):
        asyncio.get_running_loop().remove_reader(self.master)
        os.close(self.master)
        os.close(self.slave)
        self.terminal.close()


class Fleet:
    """The agents, and what was done to the programs that show them."""

    def __init__(self, cockpit, http):
        self.cockpit, self.http = cockpit, http
        self.ids, self.identities, self.pings = [], {}, 0
        self.viewers = Terminals()
        self.kills = {"cockpit": 0, "runner": 0, "early": 0}

    async def post(self, path, body, key):
        return await self.cockpit.ask(self.http, "POST", path, body, key, seconds=PATIENCE)

    async def begin(self):
        """Spawn the agents and begin to watch them."""
        project = (await self.post("/api/projects", {"name": "fleet"}, "project"))["id"]
        task = (await self.post("/api/tasks", {"projectId": project, "title": "stream"}, "task"))["id"]
        for number in range(AGENTS):
            body = {"projectId": project, "taskIds": [task], "name": f"agent {number}", "agent": "stream"}
            self.ids.append((await self.post("/api/sessions/spawn", body, f"spawn {number}"))["sessionId"])
        for session_id in self.ids:
            directory = self.cockpit.home.session(session_id)
            await until(lambda at=directory: registry.fate(at) is registry.Fate.RUNNING, f"{session_id} started")
            run = records.read_run(directory)
            self.identities[session_id] = run.host, run.agent
            await self.viewers.attach(session_id, directory, run.socket)
            # What is typed before it has switched the echo off would be shown.
            await until(lambda one=session_id: self.shown(one), f"the first line of {session_id}")

    async def ping(self, text="ping"):
        """Type into every agent, by way of the program that holds it; answered once each has it."""
        body, key = {"text": text, "enter": True}, f"{text} {self.pings}"  # typed once, however often it is sent
        paths = [f"/api/sessions/{session_id}/input" for session_id in self.ids]
        await asyncio.gather(*(self.post(path, body, f"{key} {path}") for path in paths))
        self.pings += text == "ping"

    def lost(self):
        """The agents that do not run any more as they were started."""
        now = {}
        for session_id in self.ids:
            run = records.read_run(self.cockpit.home.session(session_id))
            now[session_id] = run.host, run.agent
        return [
            session_id
            for session_id in self.ids
            if now[session_id] != self.identities[session_id]
            or not all(identity.is_alive for identity in now[session_id])
        ]

    def shown(self, session_id):
        return self.viewers.get(session_id).terminal.text().rstrip()

    def size(self, session_id):
        terminal = self.viewers.get(session_id).terminal
        return f"{terminal.columns} columns, {terminal.rows} rows"

    def clean(self):
        """End whatever is left of the agents, whatever became of the test."""
        self.viewers.close_all()
        for host, agent in self.identities.values():
            for identity in (host, agent):
                for pid in [*processes.descendants(identity.pid), identity.pid] if identity.is_alive else ():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


async def until(condition, what, seconds=PATIENCE):
    """Wait for what other processes do. what: what is waited for, or what says so when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - other processes set no event here
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what if isinstance(what, str) else what()}") from None


def missing_bytes(directory):
    """Lines of a recorded stream, and how many bytes of it are missing or not what the agent wrote."""
    recording = Recording(output_directory(directory))
    stretches = recording.stretches(0, recording.end)
    gaps = sum(later.offset - earlier.end for earlier, later in itertools.pairwise(stretches))
    gaps += stretches[0].offset
    number = checksum = place = wrong = 0
    data = b"".join(piece.data for piece in stretches)
    while found := LINE.match(data, place):
        number, checksum = number + 1, zlib.crc32(found[1], checksum)
        if int(found[2]) != number or int(found[3], 16) != checksum:
            wrong += len(found[0])
        place = found.end()
    return number, gaps + wrong, data[place:].decode()


async def test_kill_minus_nine_of_cockpits_beside_busy_agents(server_process, http, report, long, seed):
    cycles = 100 if long else 3
    chance = random.Random(seed)
    cockpit = server_process
    script = cockpit.home.root.parent / "agent.py"
    script.write_text(AGENT)
    cockpit.configure(
        f'[server]\nport = 0\n[agents.stream]\ncommand = ["{sys.executable}", "-IS", "{script}"]\nbrief = "none"\n'
    )
    screen = Screen()
    fleet = Fleet(cockpit, http)
    try:
        await cockpit.begin("run")
        await cockpit.until_ready()
        await fleet.begin()
        for cycle in range(cycles):
            await fleet.ping()  # whoever answers this has found and attached every agent
            await asyncio.sleep(chance.uniform(0.0, 0.4))  # the moment of the kill is the test
            await kill(fleet, "runner" if cycle % 2 == 0 else "cockpit")
            if chance.random() < 0.3:
                await begin(cockpit, cycle, screen)
                await asyncio.sleep(chance.uniform(0.1, 1.5))
                await kill(fleet, "early")
            await begin(cockpit, cycle + 1 if cycle < cycles - 1 else 1, screen)
            await cockpit.until_ready()
            assert fleet.lost() == []
        counts = await judge(fleet, screen)
    finally:
        fleet.clean()
        await cockpit.aclose()
        screen.close()
    report(agents=AGENTS, kills=sum(fleet.kills.values()), **fleet.kills, **counts)


async def begin(cockpit, cycle, screen):
    """The program of this cycle: an even one without a screen, an odd one with it."""
    if cycle % 2 == 0:
        await cockpit.begin("run")
    else:
        screen.terminal.reset()  # the last one may have died in the middle of a sequence
        await cockpit.begin(screen=screen.slave)


async def kill(fleet, what):
    fleet.kills[what] += 1
    await fleet.cockpit.kill()


async def judge(fleet, screen):
    """Hold the streams, the screens and the messages against what must be there. The last cockpit runs."""
    await fleet.ping("the end")
    for session_id in fleet.ids:
        await until(lambda one=session_id: "pings" in fleet.shown(one), f"the last line of {session_id}")
    lost, seen = fleet.lost(), await equal_screens(fleet, screen)
    total = missing = pings = 0
    for session_id in fleet.ids:
        lines, gone, last = missing_bytes(fleet.cockpit.home.session(session_id))
        assert last.startswith(f"{session_id}: {lines} lines, "), last
        total, missing, pings = total + lines, missing + gone, pings + int(last.split()[-2])
    counts = {"lost": len(lost), "lines": total, "missing_bytes": missing, "screens_equal": len(seen)}
    counts |= {"messages": fleet.pings * AGENTS, "messages_heard": pings}
    assert (lost, missing, pings) == ([], 0, fleet.pings * AGENTS), counts
    await fleet.ping("leave")
    for session_id in fleet.ids:
        directory = fleet.cockpit.home.session(session_id)
        await until(lambda at=directory: registry.fate(at) is registry.Fate.ENDED, f"the end of {session_id}")
        assert records.read_exit(directory).exit_code == 0
    return counts


async def equal_screens(fleet, screen):
    """The agents whose screen the cockpit has shown as the undisturbed viewer sees it; all of them in time."""
    seen = set()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for number in itertools.cycle(range(1, AGENTS + 1)):
                screen.type(str(number).encode())
                for _ in range(10):  # until the tab is drawn
                    await asyncio.sleep(0.1)
                    seen |= matching(fleet, screen)
                if seen == set(fleet.ids):
                    return seen
    others = [f"{fleet.shown(one)}\n{fleet.size(one)}" for one in fleet.ids if one not in seen]
    raise AssertionError("\n---\n".join(["the cockpit shows", screen.text(), "and never", *others]))


def matching(fleet, screen):
    """The agents whose whole undisturbed screen the cockpit shows, line for line, one below the other."""
    rows = screen.text().splitlines()
    return {one for one in fleet.ids if _is_within(fleet.shown(one).splitlines(), rows)}


def _is_within(wanted, rows):
    wanted = [line.rstrip() for line in wanted]
    return any(
        all(line in row for line, row in zip(wanted, rows[start:], strict=False))
        and len(rows) - start >= len(wanted)
        for start in range(len(rows))
    )
