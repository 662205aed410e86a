"""The `maestro-tui` command as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.signals import heeding_ctrl_c

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def environment(tmp_path: Path, home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")}
    return {
        **kept,
        "HOME": str(tmp_path),
        "MAESTRO_HOME": str(home),
        "MAESTRO_PORT": "0",
        "XDG_RUNTIME_DIR": "",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def maestro_tui(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        with heeding_ctrl_c():
            process = subprocess.Popen(
                [sys.executable, "-m", "maestro_tui", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def wait() -> Callable[..., Any]:
    """Poll a condition with a deadline; its value."""

    def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.02)  # the pace of polling another process; the condition decides
        raise AssertionError(f"waited {seconds:g} s for {what}")

    return until


@pytest.fixture
def server(home: Path, wait: Callable[..., Any]) -> Callable[[], Callable[..., Any]]:
    """Wait for the home's server; a function that asks it: `ask(method, path, body=None)`."""

    def found() -> Callable[..., Any]:
        file = home / "server.json"
        wait(file.exists, "the discovery file")
        known = json.loads(file.read_text())

        def ask(method: str, path: str, body: Any = None) -> Any:
            request = urllib.request.Request(
                known["url"] + path,
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers={"Authorization": f"Bearer {known['token']}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)

        return ask

    return found
