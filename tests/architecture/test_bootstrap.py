"""The commands of the README, the Makefile and CI are those bootstrap.py knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CALLERS = (
    "README.md",
    "CONTRIBUTING.md",
    "Makefile",
    ".ci/run",
    ".pre-commit-config.yaml",
    "docs/getting-started.md",
)


def bootstrap(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "bootstrap.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_lists_the_actions() -> None:
    shown = bootstrap("help")
    assert shown.returncode == 0
    assert "bootstrap.py cockpit" in shown.stdout


def test_an_unknown_action_is_a_usage_error() -> None:
    assert bootstrap("cokpit").returncode == 2


@pytest.mark.parametrize("caller", CALLERS)
def test_every_action_named_elsewhere_exists(caller: str) -> None:
    known = set(re.findall(r"bootstrap\.py (\w+)", bootstrap("help").stdout))
    named = set(re.findall(r"bootstrap\.py +([a-z]+)", (ROOT / caller).read_text()))
    assert named <= known | {"alone"}


def test_the_demo_is_what_a_reader_of_the_readme_starts() -> None:
    commands = re.findall(r"^python3 bootstrap\.py (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert commands == ["demo", "test"]
