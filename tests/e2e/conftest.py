"""A real terminal (tmux) with the real cockpit in it, and a shell beside it."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Poll a condition until it holds; its value. Fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)  # the pace of polling another process; the condition decides
    raise AssertionError(f"waited {seconds:g} s for {what}")


class Terminal:
    """One tmux server of our own, with one window."""

    def __init__(self, socket: Path, environment: dict[str, str]) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        self._environment = environment

    def run(self, *command: str, columns: int = 160, rows: int = 45) -> None:
        """Start a program in a window of that size; it stays visible after its end."""
        size = ["-x", str(columns), "-y", str(rows)]
        start = ["new-session", "-d", *size, "-s", "cockpit", *command, ";", "set", "remain-on-exit", "on"]
        subprocess.run([*self._tmux, *start], env=self._environment, check=True)

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names (`Enter`, `C-b`, …)."""
        subprocess.run([*self._tmux, "send-keys", *keys], check=True)

    def type(self, text: str) -> None:
        subprocess.run([*self._tmux, "send-keys", "-l", text], check=True)

    def resize(self, columns: int, rows: int) -> None:
        subprocess.run([*self._tmux, "resize-window", "-x", str(columns), "-y", str(rows)], check=True)

    def screen(self) -> str:
        shown = subprocess.run([*self._tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True)
        return shown.stdout

    def shows(self, pattern: str, seconds: float = PATIENCE) -> str:
        """Wait until the screen matches a pattern; the screen."""

        def matches() -> str:
            screen = self.screen()
            return screen if re.search(pattern, screen) else ""

        try:
            return str(wait_until(matches, pattern, seconds))
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{self.screen()}") from None

    @property
    def program(self) -> int:
        """The pid of the program in the window."""
        shown = subprocess.run(
            [*self._tmux, "display-message", "-p", "#{pane_pid}"], capture_output=True, text=True, check=True
        )
        return int(shown.stdout)

    @property
    def is_dead(self) -> bool:
        """Whether the program in the window has ended."""
        shown = subprocess.run(
            [*self._tmux, "display-message", "-p", "#{pane_dead}"], capture_output=True, text=True, check=False
        )
        return shown.stdout.strip() != "0"

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


class Api:
    """The server of a home, as a program outside sees it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def get(self, path: str) -> Any:
        found = json.loads((self.home / "server.json").read_text())
        request = urllib.request.Request(
            found["url"] + path, headers={"Authorization": f"Bearer {found['token']}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    @property
    def is_ready(self) -> bool:
        return (self.home / "server.json").exists()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user with an empty home, a plain shell, and nothing of the outer maestro."""
    user = tmp_path / "user"
    temporary, runtime = tmp_path / "tmp", tmp_path / "run"
    for directory in (user, temporary, runtime):
        directory.mkdir(mode=0o700)
    foreign = ("COLUMNS", "COVERAGE_", "LINES", "MAESTRO_", "TMUX")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "HOME": str(user),
        "MAESTRO_HOME": str(user / ".maestro"),
        "MAESTRO_PORT": "0",
        "TMPDIR": str(temporary),
        "XDG_RUNTIME_DIR": str(runtime),
        "SHELL": "/bin/sh",
        "PS1": "$ ",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.fixture
def open_terminal(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[[], Terminal]]:
    """Opens another terminal each time it is called."""
    if not shutil.which("tmux"):
        pytest.fail("the end-to-end tests need tmux: install it (apt install tmux, brew install tmux)")
    opened: list[Terminal] = []

    def open_one() -> Terminal:
        opened.append(Terminal(tmp_path / f"tmux{len(opened)}.sock", environment))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


@pytest.fixture
def terminal(open_terminal: Callable[[], Terminal]) -> Terminal:
    return open_terminal()


@pytest.fixture
def cockpit() -> list[str]:
    """The command line of the cockpit."""
    return [sys.executable, "-m", "maestro_tui"]


@pytest.fixture
def maestro(environment: dict[str, str]) -> Callable[..., Any]:
    """The `maestro` command in a plain shell; its JSON answer."""

    def run(*arguments: str, code: int = 0) -> Any:
        command = [sys.executable, "-m", "maestro_tui.cli", *arguments, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, (
            f"maestro {' '.join(arguments)} → {done.returncode}\n{done.stdout}{done.stderr}"
        )
        answer = json.loads(done.stdout)
        return answer["data"] if code == 0 else answer

    return run


@pytest.fixture
def wait() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def demo_home(environment: dict[str, str]) -> Callable[[], Api | None]:
    """The demo's server, once it is ready."""

    def find() -> Api | None:
        homes = list(Path(environment["TMPDIR"]).glob("maestro-demo-*"))
        return Api(homes[0]) if homes and Api(homes[0]).is_ready else None

    return find


@pytest.fixture
def api(environment: dict[str, str]) -> Api:
    return Api(Path(environment["MAESTRO_HOME"]))
