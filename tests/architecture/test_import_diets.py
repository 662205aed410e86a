"""What must stay light does not import what is heavy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

COMMAND_AVOIDS = (
    "pydantic",
    "aiohttp",
    "textual",
    "rich",
    "asyncio",
    "dataclasses",
    "logging",
    "orjson",
    "watchfiles",
)
NETWORKED = (
    "maestro_tui.cli.entry, maestro_tui.cli.transport, maestro_tui.cli.layout, maestro_tui.cli.commands.task"
)
NETWORKED_AVOIDS = (
    "http",
    "email",
    "ssl",
    "typing",
    "inspect",
    "subprocess",
    "hashlib",
    "random",
    "pathlib",
    "urllib",
)
HOST_AVOIDS = ("pydantic", "aiohttp", "asyncio", "textual", "rich", "orjson", "watchfiles")
COCKPIT_WING = (
    "maestro_tui.tui",
    "maestro_tui.runner",
    "maestro_tui.client",
    "maestro_tui.terminal",
    "maestro_tui.ptyhost",
)
SERVER_WING = ("maestro_tui.server", "maestro_tui.services", "maestro_tui.store")


def loaded_by(module: str) -> set[str]:
    """The names in sys.modules after importing module in a fresh interpreter."""
    program = f"import sys, {module}; print('\\n'.join(sys.modules))"
    quiet = {**os.environ, "COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "avoided"),
    [
        ("maestro_tui.cli.entry", (*COMMAND_AVOIDS, "http.client", "json", "argparse", "subprocess")),
        (NETWORKED, (*COMMAND_AVOIDS, *NETWORKED_AVOIDS)),
        ("maestro_tui.discovery", (*COMMAND_AVOIDS, "subprocess", "typing", "fcntl")),
        ("maestro_tui.main", ("pydantic", "aiohttp", "textual", "rich", "pyghostty", "cffi")),
        ("maestro_tui.ptyhost.host", HOST_AVOIDS),
        ("maestro_tui.server.serving", ("textual", "rich", "pyghostty", *COCKPIT_WING)),
        ("maestro_tui.tui.app", ("pyghostty", *SERVER_WING)),
        ("maestro_tui.runner.runner", ("textual", "pyghostty", *SERVER_WING)),
        ("maestro_tui.domain.requests.sessions", ("aiohttp", "asyncio")),
    ],
)
def test_an_import_diet(module: str, avoided: tuple[str, ...]) -> None:
    heavy = loaded_by(module).intersection(avoided)
    assert not heavy, f"importing {module} loads {', '.join(sorted(heavy))}"
