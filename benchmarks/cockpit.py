"""The real cockpit in a real terminal beside tmux in the same terminal: throughput, and a key's way to its echo.

    python -m benchmarks cockpit

Every agent is a program in a PTY host, spawned through the server. Throughput: `cat` of a file in
the pane shown, timed by the program itself. Echo: an agent shows one letter for each key, and the
time is taken from the key's write into the outer terminal to the letter's arrival there, idle and
while other sessions flood. Frames are synchronized updates that reached the outer terminal.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.outer import OuterTerminal, cpu_seconds
from benchmarks.panes import corpora
from benchmarks.report import percentiles, row
from maestro_tui.ptyhost import records

ROOT = Path(__file__).resolve().parent.parent
MEGABYTES = 50
KEYS = 200
PAUSE = 0.03
"""Seconds between two keys: a fast typist's."""
CROWDS = (0, 3, 8)
"""How many other sessions flood while one types."""
LETTERS = [chr(code).encode() for code in range(0x3B1, 0x3C9)]
"""Greek: no flood holds them, so the first one that comes is the echo."""

ECHO = """
import os, sys, tty
tty.setraw(0)
os.write(1, b"\\x1b[2J\\x1b[Hecho is ready")
while key := os.read(0, 64):
    os.write(1, b"\\r\\x1b[K> " + key)
"""
FLOOD = """
import os
line = b"2026-01-02 03:04:05.678 INFO  worker[7] request handled path=/api/tasks status=200 ms=12\\r\\n" * 400
os.write(1, b"flood is ready\\r\\n")
while True:
    os.write(1, line)
"""
CAT = """
import os, shutil, sys, time
path, times = sys.argv[1:]
os.write(1, b"cat is ready\\r\\n")
os.read(0, 64)
began = time.time()
with open(path, "rb") as file:
    shutil.copyfileobj(file, sys.stdout.buffer, 1 << 16)
sys.stdout.flush()
with open(times, "w") as file:
    file.write(f"{began} {time.time()}")
os.write(1, b"\\r\\n\\x1b[0mcat is \\xcf\\x89 done\\r\\n")
os.read(0, 64)
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="maestro-bench-") as name:
        directory = Path(name)
        for script, text in (("echo", ECHO), ("flood", FLOOD), ("cat", CAT)):
            (directory / f"{script}.py").write_text(text)
        measure_throughput(directory)
        for crowd in CROWDS:
            measure_echo(directory, crowd)


def measure_throughput(directory: Path) -> None:
    for kind, data in corpora(MEGABYTES * 1_000_000).items():
        path = directory / "data"
        path.write_bytes(data)
        size = len(data) / 1e6
        argv = [sys.executable, str(directory / "cat.py"), str(path), str(directory / "times")]
        with cockpit(directory, {"cat": argv}) as (outer, home):
            spawn(home, "cat")
            ours, frames = timed_cat(outer, directory, zoom=b"\x02z")
        figures = f"{kind}: MB/s ({frames:.0f} frames/s)"
        if shutil.which("tmux"):
            with tmux(directory, [argv]) as outer:
                theirs, _ = timed_cat(outer, directory)
            row(figures, size / ours, size / theirs, "MB/s", "tmux")
        else:
            print(f"{figures:<44} {size / ours:>10.2f} MB/s")


def timed_cat(outer: OuterTerminal, directory: Path, *, zoom: bytes = b"") -> tuple[float, float]:
    """Start the waiting `cat`; the seconds its output took to be shown, and frames per second meanwhile."""
    outer.wait_for(b"cat is ready", 60)
    time.sleep(1)  # what the start still paints is not measured
    if zoom:
        outer.send(b"\t" + zoom)
        time.sleep(0.5)
    frames = outer.frames
    shown = outer.wait_for("ω".encode(), 300, typing=b"\r")
    return shown, (outer.frames - frames) / shown


def measure_echo(directory: Path, crowd: int) -> None:
    echo, flood = ([sys.executable, str(directory / f"{name}.py")] for name in ("echo", "flood"))
    with cockpit(directory, {"echo": echo, "flood": flood}) as (outer, home):
        for _ in range(crowd):
            spawn(home, "flood")
        spawn(home, "echo")
        ours, percent, frames = typed(outer, to_pane=b"\t")
    print(f"  cockpit with {crowd} flooding: {percent:.0f} % CPU of a core, {frames:.0f} frames/s")
    if not shutil.which("tmux"):
        return
    with tmux(directory, [echo] + [flood] * crowd) as outer:
        theirs, _, _ = typed(outer)
    for what, mine, other in zip(("p50", "p99"), percentiles(ours), percentiles(theirs), strict=True):
        row(f"key → echo, {crowd} flooding, {what}", mine, other, "ms", "tmux")


def typed(outer: OuterTerminal, to_pane: bytes = b"") -> tuple[list[float], float, float]:
    """Type one key after the other; seconds to each echo, CPU in percent and frames per second meanwhile."""
    outer.wait_for(b"echo is ready", 60)
    time.sleep(2)
    if to_pane:
        outer.send(to_pane)
        time.sleep(0.5)
    frames, used, began, times = outer.frames, cpu_seconds(outer.pid), time.perf_counter(), []
    for number in range(KEYS):
        letter = LETTERS[number % len(LETTERS)]
        times.append(outer.wait_for(letter, 20, typing=letter))
        time.sleep(PAUSE)
    seconds = time.perf_counter() - began
    return times, (cpu_seconds(outer.pid) - used) / seconds * 100, (outer.frames - frames) / seconds


@contextmanager
def cockpit(directory: Path, agents: dict[str, Sequence[str]]) -> Iterator[tuple[OuterTerminal, Path]]:
    """`maestro-tui` on a fresh home with these agents, in an outer terminal. Its agents end with it."""
    with tempfile.TemporaryDirectory(prefix="home-", dir=directory) as name:
        home = Path(name)
        config = "".join(
            f'[agents.{key}]\ncommand = {json.dumps(argv)}\nbrief = "none"\n' for key, argv in agents.items()
        )
        (home / "config.toml").write_text(
            f"{config}[spawn]\nmaxLive = 100\nmaxPerMinute = 1000\n[server]\nport = 0\n"
        )
        environment = plain_environment() | {"MAESTRO_HOME": name, "PYTHONPATH": str(ROOT)}
        with OuterTerminal([sys.executable, "-m", "maestro_tui"], environment) as outer:
            until(lambda: (home / "server.json").exists(), "the server")
            try:
                yield outer, home
                end_sessions(home)
            finally:
                kill_sessions(home)


@contextmanager
def tmux(directory: Path, panes: Sequence[Sequence[str]]) -> Iterator[OuterTerminal]:
    """An attached tmux; the first pane is the active one."""
    socket = str(directory / "tmux.sock")
    command = ["tmux", "-f/dev/null", "-S", socket, "new-session", *panes[0]]
    for pane in panes[1:]:
        command += [";", "split-window", "-d", *pane, ";", "select-layout", "tiled"]
    with OuterTerminal(command, plain_environment()) as outer:
        yield outer
        os.system(f"tmux -S {socket} kill-server")


def plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO_", "TMUX"))}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


def request(home: Path, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    found = json.loads((home / "server.json").read_text())
    headers = {"Authorization": f"Bearer {found['token']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(found["url"] + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def spawn(home: Path, agent: str) -> str:
    """Start an agent on the home's one task, and wait until it runs; its session."""
    projects = request(home, "GET", "/api/projects")
    project = projects[0] if projects else request(home, "POST", "/api/projects", {"name": "bench"})
    tasks = request(home, "GET", f"/api/tasks?projectId={project['id']}")
    task = (
        tasks[0] if tasks else request(home, "POST", "/api/tasks", {"projectId": project["id"], "title": "bench"})
    )
    body = {"projectId": project["id"], "taskIds": [task["id"]], "agent": agent, "name": agent}
    session = request(home, "POST", "/api/sessions/spawn", body)["sessionId"]
    until(lambda: request(home, "GET", f"/api/sessions/{session}")["status"] == "running", f"{agent} to run")
    return str(session)


def end_sessions(home: Path) -> None:
    for session in request(home, "GET", "/api/sessions?active=true"):
        request(home, "POST", f"/api/sessions/{session['id']}/stop", {})
    until(lambda: not request(home, "GET", "/api/sessions?active=true"), "the agents' end")


def kill_sessions(home: Path) -> None:
    """Whatever went wrong: a flood must not outlive its measurement."""
    for directory in (home / "sessions").glob("*"):
        run = records.read_run(directory)
        for identity in (run.agent, run.host) if run else ():
            if identity.is_alive:
                os.kill(identity.pid, signal.SIGKILL)


def until(condition: Any, what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
