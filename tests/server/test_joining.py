"""Several that start on one home: one serves, the others join it, and one of those takes over."""

import asyncio
import contextlib
import os

import pytest

from maestro_tui import discovery
from maestro_tui.config.settings import ServerSettings, Settings
from maestro_tui.server import joining
from maestro_tui.server.joining import serving_or_joined
from maestro_tui.server.serving import DirectoryInUse, serve
from maestro_tui.store.opening import open_store
from tests.homes import private_home

SETTINGS = Settings(server=ServerSettings(port=0))
DEADLINE = 60


@pytest.fixture
def place(tmp_path):
    return private_home(tmp_path)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(joining, "LOOK_SECONDS", 0.01)


async def appears(file):
    while not file.exists():  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.01)


async def test_one_that_finds_another_starting_joins_it(place, quick):
    tried = place.logs / "audit.jsonl"  # begun with each try to serve
    async with asyncio.timeout(DEADLINE), contextlib.AsyncExitStack() as other:
        store = await open_store(place)  # has the data, and has told nobody yet where it is
        other.push_async_callback(store.close)
        async with contextlib.AsyncExitStack() as stack:
            begun = asyncio.create_task(stack.enter_async_context(serving_or_joined(place, SETTINGS)))
            await appears(tried)
            assert not begun.done()
            start = discovery.process_start_time(os.getpid())
            told = discovery.Discovery(
                url="http://127.0.0.1:1", token="t", pid=os.getpid(), start_time=start, epoch="e", version="1"
            )
            discovery.write(place, told)
            assert (await begun).url == told.url
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
    monkeypatch.setattr(joining, "START_SECONDS", 0.05)
    store = await open_store(place)
    try:
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(DirectoryInUse, match="Another server uses"):
                async with serving_or_joined(place, SETTINGS):
                    raise AssertionError("there is no server")
    finally:
        await store.close()


async def test_one_server_serves_and_the_other_joins(place):
    async with serve(place, SETTINGS) as first, serving_or_joined(place, SETTINGS) as joined:
        assert (joined.url, joined.token) == (first.url, first.token)


async def test_the_one_that_joined_serves_as_soon_as_the_other_has_gone(place, quick, monkeypatch):
    looks, look = [], discovery.read
    monkeypatch.setattr(discovery, "read", lambda home: looks.append(home) or look(home))
    async with contextlib.AsyncExitStack() as other, asyncio.timeout(DEADLINE):
        first = await other.enter_async_context(serve(place, SETTINGS))
        async with serving_or_joined(place, SETTINGS):
            known = len(looks)
            while len(looks) < known + 2:  # noqa: ASYNC110 - a look tells nobody
                await asyncio.sleep(0.01)
            assert look(place).url == first.url, "while the other serves, nothing changes"
            await other.aclose()
            await appears(place.discovery)
            assert look(place).token != first.token
    assert look(place) is None
