"""Logging out ends no agent: hosts are put into scopes of the user's service manager."""

import json
import os
import sys

import pytest

from maestro_tui.config.settings import SessionSettings
from maestro_tui.ptyhost import records
from maestro_tui.ptyhost.scope import scope_command

SYSTEMD_RUN = """#!{python} -IS
import json, os, sys
words = sys.argv[1:]
with open({seen!r}, "a") as file:
    file.write(json.dumps([os.getpid(), os.environ.get("XDG_RUNTIME_DIR"), words]) + "\\n")
{then}
command = words[words.index("--") + 1:]
os.execv(command[0], command)
"""


@pytest.fixture
def manager(place):
    """A machine with a user manager, as far as a start can tell."""
    (place.root / "systemd").mkdir()
    (place.root / "systemd" / "private").touch()
    seen = place.root / "systemd-run.json"

    def install(then=""):
        place.install("systemd-run", SYSTEMD_RUN.format(python=sys.executable, seen=str(seen), then=then))
        return lambda: [json.loads(line) for line in seen.read_text().splitlines()] if seen.exists() else []

    return install


async def test_a_host_runs_in_a_scope_of_its_own(world, place, manager):
    calls = manager()
    cockpit = await world.cockpit()
    session_id = await world.spawn()
    session = await world.until_status(session_id, "running")
    run = records.read_run(place.home.session(session_id))
    runtime, words = {pid: rest for pid, *rest in calls()}[run.host.pid]  # it took the place of systemd-run
    assert words[:2] == ["--user", "--scope"]
    assert runtime == str(place.root)
    assert session.pid == run.agent.pid
    await world.eventually(lambda: "agent is up" in cockpit.terminals.get(session_id).terminal.text())


async def test_a_manager_that_refuses_costs_no_agent(world, manager, caplog):
    calls = manager("sys.exit(1)")
    await world.cockpit()
    for _ in range(2):
        await world.until_status(await world.spawn(), "running")
    assert len(calls()) <= 2, "once to have a host ready, once for the start; it is not asked again"
    assert "when you log out" in caplog.text


async def test_no_scope_where_none_is_wanted(world, place, manager):
    calls = manager()
    settings = place.settings.model_copy(update={"sessions": SessionSettings(survive_logout="never")})
    await world.cockpit(settings=settings)
    await world.until_status(await world.spawn(), "running")
    assert calls() == []


def test_no_scope_without_a_manager_or_its_command(tmp_path):
    (tmp_path / "systemd").mkdir()
    environ = {"XDG_RUNTIME_DIR": str(tmp_path), "PATH": str(tmp_path)}
    assert scope_command(environ) == ()
    (tmp_path / "systemd" / "private").touch()
    assert scope_command(environ) == ()
    (tmp_path / "systemd-run").write_text("")
    os.chmod(tmp_path / "systemd-run", 0o755)
    assert scope_command(environ)[0] == str(tmp_path / "systemd-run")
    assert scope_command({"PATH": str(tmp_path)}) == ()


async def test_how_much_output_is_kept_can_be_set(world, place):
    settings = place.settings.model_copy(update={"sessions": SessionSettings(log_megabytes=1)})
    await world.cockpit(settings=settings)
    place.script("head -c 3000000 /dev/zero; read line")
    session_id = await world.spawn(agent="script")
    await world.until_status(session_id, "running")
    output = place.home.session(session_id) / "output"
    last = "0" * 20
    await world.eventually(lambda: max(path.stem for path in output.glob("*.out")) > last[:-7] + "2800000")
    assert sum(path.stat().st_size for path in output.glob("*.out")) <= 1 << 20
