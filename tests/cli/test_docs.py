"""The reference names every command, alias, flag, error code and variable."""

import re
import shlex
from pathlib import Path

import pytest

from maestro_tui import environment
from maestro_tui.cli.diagnostics import EXIT_CODES
from maestro_tui.cli.parser import parse
from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS
from maestro_tui.domain.status import Role
from maestro_tui.paths import bundled
from maestro_tui.skills.commands import command_table

REFERENCE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text()
SHOWN = [command for command in COMMANDS if not command.hidden]


@pytest.mark.parametrize("command", SHOWN, ids=lambda command: command.path)
def test_every_command_is_named_with_its_arguments(command):
    usage = command.usage.removeprefix("maestro ").removesuffix(" [flags]").replace("|", "\\|")
    assert f"| `{usage}` |" in REFERENCE
    for alias in command.aliases:
        assert f"`{alias}`" in REFERENCE


@pytest.mark.parametrize(
    "name", sorted({name for command in SHOWN for flag in (*command.flags, *GLOBAL_FLAGS) for name in flag.names})
)
def test_every_flag_is_named(name):
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_error_code_stands_at_its_exit_code(code):
    row = next(line for line in REFERENCE.splitlines() if f"`{code}`" in line and line.startswith("| "))
    assert row.startswith(f"| {EXIT_CODES[code]} |")


@pytest.mark.parametrize(
    "name",
    sorted(
        value for key, value in vars(environment).items() if key.isupper() and str(value).startswith("MAESTRO_")
    ),
)
def test_every_variable_is_named(name):
    assert f"`{name}`" in REFERENCE


def taught():
    """Every command the shipped skills and briefs show."""
    root = bundled("skills")
    texts = [path.read_text() for path in sorted(root.glob("*/skill.md"))]
    texts += [command_table(role, ["task_1"]) for role in Role]
    for text in texts:
        blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ").split("\n")
        spans = re.findall(r"`(maestro [^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        yield from (line for line in (*blocks, *spans) if line.startswith("maestro "))


@pytest.mark.parametrize("line", sorted(set(taught())))
def test_every_command_that_agents_are_taught_is_understood(line):
    argv = shlex.split(line, comments=True)[1:]
    assert parse(argv).command is not None
