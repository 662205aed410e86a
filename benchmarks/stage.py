"""What the benchmarks of the whole cockpit share: the cockpit and tmux in an outer terminal, agents, typing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.outer import OuterTerminal, cpu_seconds
from maestro_tui.ptyhost import records

__all__ = [
    "LETTERS",
    "cockpit",
    "home_with",
    "request",
    "scripts",
    "spawn",
    "tmux",
    "tmux_server",
    "typed",
    "until",
]

ROOT = Path(__file__).resolve().parent.parent
KEYS = 200
PAUSE = 0.03
"""Seconds between two keys: a fast typist's."""
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


def scripts(directory: Path) -> dict[str, list[str]]:
    """The programs that run as agents, written down: an echo, a flood."""
    for name, text in (("echo", ECHO), ("flood", FLOOD)):
        (directory / f"{name}.py").write_text(text)
    return {name: [sys.executable, str(directory / f"{name}.py")] for name in ("echo", "flood")}


def typed(outer: OuterTerminal, keys: int = KEYS) -> tuple[list[float], float, float]:
    """Type one key after the other; seconds to each echo, CPU in percent and frames per second meanwhile."""
    frames, used, began, times = outer.frames, cpu_seconds(outer.pid), time.perf_counter(), []
    for number in range(keys):
        letter = LETTERS[number % len(LETTERS)]
        times.append(outer.wait_for(letter, 20, typing=letter))
        time.sleep(PAUSE)
    seconds = time.perf_counter() - began
    return times, (cpu_seconds(outer.pid) - used) / seconds * 100, (outer.frames - frames) / seconds


@contextmanager
def home_with(directory: Path, agents: dict[str, Sequence[str]]) -> Iterator[Path]:
    """A fresh home that knows these agents. What runs in it ends with it."""
    with tempfile.TemporaryDirectory(prefix="home-", dir=directory) as name:
        home = Path(name)
        config = "".join(
            f'[agents.{key}]\ncommand = {json.dumps(argv)}\nbrief = "none"\n' for key, argv in agents.items()
        )
        (home / "config.toml").write_text(
            f"{config}[spawn]\nmaxLive = 100\nmaxPerMinute = 1000\n[server]\nport = 0\n"
        )
        try:
            yield home
        finally:
            kill_sessions(home)


@contextmanager
def cockpit(home: Path) -> Iterator[OuterTerminal]:
    """`maestro-tui` on a home, in an outer terminal. Agents go on when it ends."""
    environment = plain_environment() | {"MAESTRO_HOME": str(home), "PYTHONPATH": str(ROOT)}
    (home / "server.json").unlink(missing_ok=True)  # of a cockpit that has ended
    with OuterTerminal([sys.executable, "-m", "maestro_tui"], environment) as outer:
        until(lambda: (home / "server.json").exists(), "the server")
        yield outer


@contextmanager
def tmux(
    directory: Path, programs: Sequence[Sequence[str]], *, windows: bool = False, history: int = 2000
) -> Iterator[OuterTerminal]:
    """An attached tmux, each program in a pane or a window of its own; the first one is the active one."""
    socket = str(directory / "tmux.sock")
    command = ["tmux", "-f/dev/null", "-S", socket, "set", "-g", "history-limit", str(history), ";"]
    command += ["set", "-g", "assume-paste-time", "0", ";"]  # keys that come together are keys here
    command += ["new-session", *programs[0]]
    for program in programs[1:]:
        if windows:
            command += [";", "new-window", "-d", *program]
        else:
            command += [";", "split-window", "-d", *program, ";", "select-layout", "tiled"]
    with OuterTerminal(command, plain_environment()) as outer:
        yield outer
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False)


def tmux_echo(directory: Path, programs: dict[str, list[str]], crowd: int) -> list[float]:
    """Seconds to each echo in a pane of tmux beside floods; none where there is no tmux."""
    if not shutil.which("tmux"):
        return []
    with tmux(directory, [programs["echo"]] + [programs["flood"]] * crowd) as outer:
        outer.wait_for(b"echo is ready", 60)
        time.sleep(2)
        return typed(outer)[0]


def tmux_server(directory: Path) -> int:
    """The process of the tmux that runs there."""
    socket = str(directory / "tmux.sock")
    return int(subprocess.check_output(["tmux", "-S", socket, "display-message", "-p", "#{pid}"]))


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
