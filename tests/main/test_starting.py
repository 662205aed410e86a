"""Starts that go wrong, or are told to leave: what is said, and what is left behind."""

import asyncio
import io
import logging
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from maestro_tui import main
from maestro_tui.config.settings import ServerSettings, Settings
from maestro_tui.lifetime import until_told_to_stop
from maestro_tui.paths import Home
from maestro_tui.server.serving import DirectoryInUse, serve
from maestro_tui.store.opening import open_store
from tests.homes import private_home

SETTINGS = Settings(server=ServerSettings(port=0))
DEADLINE = 60


@pytest.fixture
def place(tmp_path):
    return private_home(tmp_path)


@pytest.fixture
def refused(monkeypatch, capsys, tmp_path):
    """refused(words of the command …, home=…, code=…): what it says on standard error, without a traceback."""
    for name in [name for name in os.environ if name.startswith("MAESTRO_")]:
        monkeypatch.delenv(name)

    def run(*words, home=tmp_path / "home", code=1):
        monkeypatch.setenv("MAESTRO_HOME", str(home))
        with pytest.raises(SystemExit) as ended:
            main.main(words)
        assert ended.value.code == code
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    return run


@pytest.fixture
def own_logging():
    """Takes away what a command installs to log with."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_home_that_is_a_file_is_told(refused, tmp_path, command):
    file = tmp_path / "file"
    file.write_text("mine")
    assert f"{file} must be a directory" in refused(command, home=file)
    assert file.read_text() == "mine"


def test_a_home_that_cannot_be_made_is_told(refused, tmp_path):
    (tmp_path / "file").write_text("")
    said = refused("serve", home=tmp_path / "file" / "home").splitlines()
    assert said == [
        f"maestro-tui: {tmp_path}/file/home cannot be made: Not a directory",
        "  → choose another MAESTRO_HOME",
    ]


def test_strangers_are_not_let_in_by_mistake(refused, own_logging):
    said = refused("serve", "--bind", "0.0.0.0", code=2)
    assert "lets other machines in" in said
    assert "--token-file" in said


@pytest.mark.parametrize(
    ("address", "reason"),
    [("192.0.2.7", "assign requested address"), ("taken", "already in use")],
)
def test_an_address_the_machine_refuses_is_told(refused, own_logging, tmp_path, address, reason):
    token = tmp_path / "token"
    token.write_text("t" * 40)
    token.chmod(0o600)
    with socket.create_server(("0.0.0.0", 0)) as other:
        port = str(other.getsockname()[1])
        address = "0.0.0.0" if address == "taken" else address
        beyond = ("--bind", address, "--behind-proxy", "--allow-host", "here.example", "--token-file", str(token))
        said = refused("serve", "--port", port, *beyond)
    assert f"Cannot listen on {address} port {port}: " in said
    assert reason in said
    assert "--bind an address of this machine" in said
    assert not (tmp_path / "home" / "server.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_output_that_finds_no_room_is_told(refused, monkeypatch):
    with io.TextIOWrapper(io.FileIO("/dev/full", "w"), write_through=True) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert refused("config", "show") == "maestro-tui: No space left on device\n"
        monkeypatch.undo()


def test_interrupted_it_says_nothing(maestro_tui, home, wait):
    """Whoever presses ctrl+c while it reads its settings gets the shell's own code."""
    home.mkdir(mode=0o700)
    os.mkfifo(home / "config.toml")
    process = maestro_tui("serve")
    writer = wait(lambda: _opened_to_write(home / "config.toml"), "somebody who reads the settings")
    process.send_signal(signal.SIGINT)
    os.close(writer)  # whoever had not begun to wait for what is in it when the signal came is woken by this
    assert (*process.communicate(timeout=DEADLINE), process.returncode) == ("", "", 130)


def _opened_to_write(fifo):
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody reads it yet
        return None


async def test_what_there_is_to_say_is_said_by_name(capsys):
    async def lines():
        return ["while nobody was here: 1 agent ended", "2 agents run that nobody knows"]

    await main._say(lines())
    said = capsys.readouterr().out
    assert (
        said == "maestro-tui: while nobody was here: 1 agent ended\nmaestro-tui: 2 agents run that nobody knows\n"
    )


async def test_work_that_fails_is_not_waited_for(place):
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DirectoryInUse):
            async with serve(place, SETTINGS):
                await until_told_to_stop(main._server_alone(place, SETTINGS))


def test_told_to_leave_while_it_waits_it_leaves(maestro_tui, home, wait):
    """A start may take seconds: whoever ends it then is neither kept waiting nor shown a traceback."""

    async def start_and_end():
        place = Home.from_environment({"HOME": str(home.parent), "MAESTRO_HOME": str(home)})
        home.mkdir(mode=0o700)
        store = await open_store(place)
        try:
            process = maestro_tui("run")
            wait((home / "state" / "runner.seen").exists, "the runner to be starting")
            process.send_signal(signal.SIGTERM)
            return *process.communicate(timeout=DEADLINE), process.returncode
        finally:
            await store.close()

    assert asyncio.run(start_and_end()) == ("", "", 0)
