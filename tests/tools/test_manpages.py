"""The man pages name every command and flag, and are what the commands would write today."""

import re
import shutil
import subprocess

import pytest

from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS
from maestro_tui.main import command_line
from tools import manpages

SHOWN = [command for command in COMMANDS if not command.hidden]


def plain(page):
    """A page as a reader sees it, roughly."""
    letters = re.sub(r"\\\[u([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), re.sub(r"\\f.", "", page))
    return letters.replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\&", "")


@pytest.mark.parametrize("name", manpages.PAGES)
def test_a_page_is_what_would_be_written_now(name):
    stored = (manpages.DIRECTORY / name).read_text()
    assert stored == manpages.PAGES[name](), f"{name} is stale: python -m tools.manpages"


@pytest.mark.parametrize("command", SHOWN, ids=lambda command: command.path)
def test_every_command_of_maestro_is_named_with_its_flags(command):
    page = plain(manpages.maestro_page())
    assert f".SS {command.usage}\n" in page
    names = [name for flag in (*command.flags, *GLOBAL_FLAGS) if not flag.hidden for name in flag.names]
    assert [name for name in names if name not in page] == []


def test_every_command_of_maestro_tui_is_named_with_its_options():
    page = plain(manpages.maestro_tui_page())
    found = list(manpages._parsers(command_line(), ""))
    assert {"serve", "run", "attach", "demo", "backup", "restore", "fsck", "config show"} <= {
        one[0] for one in found
    }
    for path, about, parser in found:
        assert f".SS {path}\n" in page
        assert about
        assert [name for name in parser._option_string_actions if name not in page] == []


@pytest.mark.parametrize("name", manpages.PAGES)
def test_a_formatter_has_nothing_to_complain_of(name):
    if not (groff := shutil.which("groff")):
        pytest.skip("groff is not installed")
    command = [groff, "-man", "-Tutf8", "-ww", "-z", str(manpages.DIRECTORY / name)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""
