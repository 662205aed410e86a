"""Starts that go wrong, wait for another server, or are told to leave: what is said, and what is left behind."""

import asyncio
import contextlib
import io
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import pytest

from maestro_tui import discovery, main
from maestro_tui.config.settings import ServerSettings, Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import DirectoryInUse, serve
from maestro_tui.store.opening import open_store

SETTINGS = Settings(server=ServerSettings(port=0))
DEADLINE = 60


@pytest.fixture
def place(tmp_path):
    home = Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "home")})
    home.root.mkdir(mode=0o700)
    return home


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


async def appears(file):
    while not file.exists():  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.01)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(main, "LOOK_SECONDS", 0.01)


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


def test_interrupted_it_says_nothing(refused, tmp_path):
    """Whoever presses ctrl+c while it reads its settings gets the shell's own code."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    os.mkfifo(home / "config.toml")

    def interrupt():
        with (home / "config.toml").open("w"):  # as soon as somebody reads it
            os.kill(os.getpid(), signal.SIGINT)
            interrupted.wait(DEADLINE)

    interrupted, person = threading.Event(), threading.Thread(target=interrupt)
    person.start()
    try:
        assert refused("serve", code=130) == ""
    finally:
        interrupted.set()
        person.join(DEADLINE)


async def test_one_that_finds_another_starting_joins_it(place, quick):
    tried = place.logs / "audit.jsonl"  # begun with each try to serve
    async with asyncio.timeout(DEADLINE), contextlib.AsyncExitStack() as other:
        store = await open_store(place)  # has the data, and has told nobody yet where it is
        other.push_async_callback(store.close)
        async with contextlib.AsyncExitStack() as stack:
            joining = asyncio.create_task(stack.enter_async_context(main._serving_or_joined(place, SETTINGS)))
            await appears(tried)
            assert not joining.done()
            start = discovery.process_start_time(os.getpid())
            told = discovery.Discovery(
                url="http://127.0.0.1:1", token="t", pid=os.getpid(), start_time=start, epoch="e", version="1"
            )
            discovery.write(place, told)
            assert (await joining).url == told.url
            # The other one ends, but is still busy with its data; then it has gone.
            tried.unlink()
            discovery.remove(place)
            await appears(tried)
            assert discovery.read(place) is None
            await other.aclose()
            await appears(place.discovery)
            assert discovery.read(place).url != told.url
    assert discovery.read(place) is None, "what took over ends with its cockpit"


async def test_one_that_never_starts_is_not_waited_for_for_ever(place, quick, monkeypatch):
    monkeypatch.setattr(main, "START_SECONDS", 0.05)
    store = await open_store(place)
    try:
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(DirectoryInUse, match="Another server uses"):
                async with main._serving_or_joined(place, SETTINGS):
                    raise AssertionError("there is no server")
    finally:
        await store.close()


async def test_one_server_serves_and_the_other_joins(place):
    async with serve(place, SETTINGS) as first, main._serving_or_joined(place, SETTINGS) as joined:
        assert (joined.url, joined.token) == (first.url, first.token)


async def test_the_one_that_joined_serves_as_soon_as_the_other_has_gone(place, quick, monkeypatch):
    looks, look = [], discovery.read
    monkeypatch.setattr(discovery, "read", lambda home: looks.append(home) or look(home))
    async with contextlib.AsyncExitStack() as other, asyncio.timeout(DEADLINE):
        first = await other.enter_async_context(serve(place, SETTINGS))
        async with main._serving_or_joined(place, SETTINGS):
            known = len(looks)
            while len(looks) < known + 2:  # noqa: ASYNC110 - a look tells nobody
                await asyncio.sleep(0.01)
            assert look(place).url == first.url, "while the other serves, nothing changes"
            await other.aclose()
            await appears(place.discovery)
            assert look(place).token != first.token
    assert look(place) is None


async def test_what_there_is_to_say_is_said_by_name(capsys):
    async def lines():
        return ["while nobody was here: 1 agent ended", "2 agents run that nobody knows"]

    await main._say(lines())
    said = capsys.readouterr().out
    assert (
        said == "maestro-tui: while nobody was here: 1 agent ended\nmaestro-tui: 2 agents run that nobody knows\n"
    )


async def test_what_fails_in_the_background_is_logged_and_stops_nothing_else(caplog):
    async def fail():
        raise ValueError("of no use")

    async with asyncio.timeout(DEADLINE), main._in_background(fail(), "worker"):
        while "The worker ended" not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
            await asyncio.sleep(0.01)
    assert "of no use" in caplog.text


async def test_what_ends_by_itself_is_no_defect(caplog):
    ended = asyncio.Event()

    async def work():
        ended.set()

    async with main._in_background(work(), "worker"):
        await ended.wait()
        await asyncio.sleep(0)
    assert "The worker ended" not in caplog.text


async def test_work_that_fails_is_not_waited_for(place):
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DirectoryInUse):
            async with serve(place, SETTINGS):
                await main._until_told_to_stop(main._server_alone(place, SETTINGS))


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
