"""What sessions cost: start-up latency, memory and idle processor time, against tmux where it is installed.

A session of ours is a PTY host (output on disk, replay, exit record) with its program; one of tmux
is a window of a server that runs already. Latency: until the program's first byte was seen. Memory:
proportional set size, so that what processes share counts once. Idle: the host and one cockpit
that shows all of them, over some seconds, in hundredths of a second of processor time.
"""

import asyncio
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.report import latencies, row
from maestro_tui.ptyhost import registry
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import HostStarter, StartedHost
from maestro_tui.recording import Recording, output_directory
from maestro_tui.runner.checkpoints import advance
from maestro_tui.runner.terminals import Terminals

STARTS = 100
PAUSE_SECONDS = 0.2
IDLE_PANES = 20
IDLE_SECONDS = 20
MEGABYTES = 100
PROGRAM = ("/bin/sh", "-c", "echo ready; exec cat")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mb") as directory:
        place = Place(Path(directory))
        try:
            asyncio.run(measure(place))
        finally:
            place.clean()
            place.starter.close()


async def measure(place: "Place") -> None:
    terminals = Terminals()
    await started(place, terminals, "warm")  # the engine is loaded once
    ours = [await started(place, terminals, f"start_{number}") for number in range(STARTS)]
    memory = sum(proportional(host.process.pid) for host in place.hosts) / len(place.hosts)
    terminals.close_all()
    place.clean()
    theirs, their_memory = tmux_windows() if shutil.which("tmux") else ([], 0.0)
    latencies("start → first byte", ours, theirs, "tmux new-window")
    row("memory of a session's host", memory, their_memory, "MB", "tmux, per window")
    await idle(place)
    await attach_long(place)


async def started(place: "Place", terminals: Terminals, name: str) -> float:
    """Seconds until the program's first byte is in a terminal here, with a host kept warm as by a runner."""
    # People and agents start sessions one by one; of many back to back only the first would find a warm host.
    await asyncio.sleep(PAUSE_SECONDS)
    begun = time.perf_counter()
    host = await asyncio.to_thread(place.start, name, *PROGRAM)
    live = await terminals.attach(name, place.root / name, host.run.socket, fresh=True)
    while not live.has_output:  # noqa: ASYNC110 - no event would be as prompt
        await asyncio.sleep(0)
    seconds = time.perf_counter() - begun
    terminals.close(name)
    return seconds


async def idle(place: "Place") -> None:
    """Processor time of hosts and cockpit while nothing happens."""
    terminals = Terminals()
    for number in range(IDLE_PANES):
        name = f"idle_{number}"
        host = place.start(name, *PROGRAM)
        live = await terminals.attach(name, place.root / name, host.run.socket)
        await live.caught_up.wait()
    await asyncio.sleep(2)
    before = used(place)
    await asyncio.sleep(IDLE_SECONDS)
    share = (used(place) - before) / IDLE_SECONDS * 100
    print(f"{IDLE_PANES} attached idle panes, hosts and cockpit: {share:.3f} % of a core (promised: below 1 %)")
    terminals.close_all()
    place.clean()


async def attach_long(place: "Place") -> None:
    """Attaching to a session that wrote much, without and with a checkpoint."""
    code = f"yes 'a line of usual length, as agents write them' | head -c {MEGABYTES}000000; echo; echo over; cat"
    host = place.start("long", "/bin/sh", "-c", code, log_limit=2 * MEGABYTES << 20)
    recording = Recording(output_directory(place.root / "long"))
    while not (piece := recording.tail(100)) or not piece.data.endswith(b"over\r\n"):  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    whole = await attached(place, host)
    advance(place.root / "long")
    rest = await attached(place, host)
    row(f"attach after {MEGABYTES} MB, from a checkpoint", rest * 1000, whole * 1000, "ms", "from the start")


async def attached(place: "Place", host: StartedHost) -> float:
    """Seconds until all that the session has written is in a terminal here."""
    terminals = Terminals()
    begun = time.perf_counter()
    live = await terminals.attach("long", place.root / "long", host.run.socket)
    await live.caught_up.wait()
    seconds = time.perf_counter() - begun
    assert "over" in live.terminal.text()
    terminals.close_all()
    return seconds


def tmux_windows() -> tuple[list[float], float]:
    """Seconds until a new window's first byte was recorded by tmux, and its megabytes per window."""
    tmux = ("tmux", "-L", f"bench{os.getpid()}")
    subprocess.run([*tmux, "-f", os.devnull, "new-session", "-d", "cat"], check=True)
    try:
        server = int(subprocess.check_output([*tmux, "display-message", "-p", "#{pid}"]))
        before = proportional(server)
        times = [one_window(tmux) for _ in range(STARTS)]
        return times, (proportional(server) - before) / STARTS
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)


def one_window(tmux: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    window = subprocess.check_output([*tmux, "new-window", "-dP", *PROGRAM], text=True).strip()
    while "ready" not in subprocess.check_output([*tmux, "capture-pane", "-pt", window], text=True):
        pass
    return time.perf_counter() - begun


class Place:
    """Where the hosts of a measurement live."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hosts: list[StartedHost] = []
        self.starter = HostStarter()

    def start(self, name: str, *argv: str, **more: int) -> StartedHost:
        (self.root / name).mkdir(mode=0o700)
        spec = HostSpec(
            session_id=name,
            argv=argv,
            cwd="/",
            env={"PATH": os.environ["PATH"]},
            columns=80,
            rows=24,
            directory=str(self.root / name),
            socket=str(registry.socket_path(self.root, name)),
        )
        host = self.starter.start(spec._replace(**more))  # type: ignore[arg-type]
        self.hosts.append(host)
        return host

    def clean(self) -> None:
        for host in self.hosts:
            host.process.terminate()
        for host in self.hosts:
            host.process.wait()
        self.hosts.clear()


def proportional(pid: int) -> float:
    """Megabytes of a process, what it shares with others in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def used(place: Place) -> float:
    """Seconds of processor time of this process and the hosts."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = 0
    for host in place.hosts:
        fields = Path(f"/proc/{host.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return own.ru_utime + own.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
