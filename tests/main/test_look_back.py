"""What a headless runner says of the time before it, and what it does where it cannot leave a trace."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from maestro_tui.client.connection import Connection, Phase
from maestro_tui.client.mirror import Mirror
from maestro_tui.domain.session import NeedsInput
from maestro_tui.look_back import here, look_back
from tests.homes import private_home
from tests.tui.board.memory_feed import NOW, a_session


@pytest.fixture
def place(tmp_path):
    return private_home(tmp_path)


async def test_who_was_here_before_is_told_when(place):
    async with here(place) as left:
        assert left is None
        async with asyncio.timeout(30):
            while not list(place.state.glob("*.seen")):  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.01)
    async with here(place) as left:
        assert left is not None


async def test_where_no_trace_can_be_left_it_works_all_the_same(place, caplog):
    place.state.parent.mkdir(parents=True, exist_ok=True)
    place.state.write_text("a file where the directory should be")
    with caplog.at_level(logging.INFO, "maestro_tui.look_back"):
        async with here(place) as left, asyncio.timeout(30):
            assert left is None
            while "is not remembered" not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.01)


async def test_nothing_is_said_of_a_time_nobody_knows_the_beginning_of(place):
    feed = SimpleNamespace(connection=Connection("http://127.0.0.1:1", Phase.OFFLINE), mirror=Mirror())
    looking = asyncio.create_task(look_back(feed, place, None))
    await asyncio.sleep(0)
    assert not looking.done(), "the server has told nothing yet"
    feed.connection = Connection("http://127.0.0.1:1", Phase.ONLINE)
    async with asyncio.timeout(30):
        assert await looking == []


async def test_who_waits_for_a_person_is_told(place):
    asking = NeedsInput(active=True, message="May I?", since=NOW)
    sessions = {
        "sess_1": a_session("sess_1", "Asker", needs_input=asking),
        "sess_2": a_session("sess_2", "Worker"),
    }
    feed = SimpleNamespace(
        connection=Connection("http://127.0.0.1:1", Phase.ONLINE), mirror=SimpleNamespace(sessions=sessions)
    )
    assert await look_back(feed, place, NOW) == ["while nobody was here: 1 agent needs you"]


async def test_where_nothing_went_on_and_nobody_waits_nothing_is_said(place):
    mirror = SimpleNamespace(sessions={"sess_1": a_session("sess_1", "Worker")})
    feed = SimpleNamespace(connection=Connection("http://127.0.0.1:1", Phase.ONLINE), mirror=mirror)
    assert await look_back(feed, place, NOW) == []
