"""What the agents of the workflows share: their task, `maestro`, and a book of who started and who finished."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BOOK = Path(os.environ["E2E_BOOK"])
"""The directory with `starts` and `finishes`, one line per event; `signal` in it lets the workers go."""


def task_id() -> str:
    return os.environ["MAESTRO_TASK_IDS"]


def description() -> str:
    return str(maestro_json("task", "get", task_id())["description"])


def log_start() -> None:
    _note("starts")


def log_finish() -> None:
    _note("finishes")


def _note(name: str) -> None:
    line = f"{os.environ['MAESTRO_SESSION_ID']} {task_id()}\n"
    descriptor = os.open(BOOK / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode())  # one write, so that two agents never mix their lines
    os.close(descriptor)


def await_signal() -> None:
    if "E2E_SIGNAL" in os.environ:
        while not (BOOK / "signal").exists():
            time.sleep(0.1)


def maestro(*arguments: str) -> str:
    """The command as an agent runs it; ends the agent with the command's code when it fails."""
    done = subprocess.run(["maestro", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"maestro {' '.join(arguments)} exited with {done.returncode}", flush=True)
        sys.exit(done.returncode)
    return done.stdout


def maestro_json(*arguments: str) -> Any:
    return json.loads(maestro(*arguments, "--json"))["data"]
