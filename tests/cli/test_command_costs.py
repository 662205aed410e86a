"""What no command may cost before it does anything: the network, and modules it has no use for."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import io, json, sys
from maestro_tui.cli import entry
from maestro_tui.cli.table import COMMANDS
wrong = []
def run(*argv, code):
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    if entry.run(argv, {"HOME": "/nonexistent", "MAESTRO_API_URL": "http://127.0.0.1:1"}) != code:
        wrong.append([*argv, sys.stdout.getvalue(), sys.stderr.getvalue()])
for command in COMMANDS:
    path = command.path.split()
    run(*path, "--help", code=0)
    run(*path, "--no-such-flag", code=1)
before = [name for name in sys.modules if name.startswith("maestro_tui.cli.commands.")]
for command in COMMANDS:
    run("__complete", "--", *command.path.split(), "--", code=0)
sys.stdout = sys.__stdout__
print(json.dumps({"wrong": wrong, "before": before, "modules": sorted(sys.modules)}))
"""


def test_help_errors_and_completion_of_every_command_cost_neither_network_nor_imports(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COVERAGE_PROCESS_CONFIG": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert found["wrong"] == []
    assert found["before"] == []
    heavy = {
        "socket",
        "http.client",
        "ssl",
        "email",
        "asyncio",
        "pydantic",
        "aiohttp",
        "textual",
        "argparse",
        "logging",
    }
    assert heavy & set(found["modules"]) == set()
