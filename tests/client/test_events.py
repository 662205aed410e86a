"""The stream against a real server: resume without a gap or a double, whatever the connection does."""

import asyncio
import random

import pytest

from maestro_tui.client.connection import Phase
from maestro_tui.client.events import Timing
from maestro_tui.client.items import Snapshot, WireEvent


def seqs(items):
    return [item.seq for item in items if isinstance(item, WireEvent)]


@pytest.fixture
def record():
    """The items a feed delivers from now on."""

    def record(feed):
        items = []
        feed.subscribe(lambda item, _changes: items.append(item))
        return items

    return record


async def test_the_state_comes_first_then_events(server, connect):
    server.put("project", "p", name="Shop")
    server.put("task", "t", title="Login")
    async with connect(server) as feed:
        assert feed.mirror.projects["p"].name == "Shop"
        server.put("task", "t", title="Logout")
        await feed.until(lambda feed: feed.mirror.tasks["t"].title == "Logout")
        assert feed.connection.phase is Phase.ONLINE
        assert (feed.connection.epoch, feed.connection.seq) == ("e1", 3)
    assert server.upgrades[0].headers["Authorization"] == "Bearer secret"
    assert server.upgrades[0].query["since"] == "0"


async def test_a_runner_says_who_it_is(server, connect):
    async with connect(server, runner_id="runner_1"):
        assert server.upgrades[0].query["runner"] == "runner_1"


async def test_drops_are_resumed_without_a_gap_or_a_double(server, connect, record):
    chance = random.Random(7)
    async with connect(server) as feed:
        items = record(feed)
        for number in range(300):
            server.put("task", f"t{number % 9}", title=str(number))
            if chance.random() < 0.1:
                server.drop_all()
            if chance.random() < 0.3:
                await asyncio.sleep(0)
            if chance.random() < 0.1:
                await feed.until(lambda feed: feed.mirror.seq == server.seq)
        await feed.until(lambda feed: feed.mirror.seq == 300)
        assert seqs(items) == list(range(1, 301))
        assert not any(isinstance(item, Snapshot) for item in items)
        assert len(server.upgrades) > 5
        assert set(server.modes[1:]) == {"replay"}


async def test_a_server_that_restarts_is_found_again(server, connect, record):
    async with connect(server) as feed:
        items = record(feed)
        await server.stop()
        await feed.until(lambda feed: feed.connection.phase is Phase.OFFLINE)
        assert feed.connection.attempt >= 3
        assert "Cannot reach" in feed.connection.last_error
        server.put("project", "p")
        await server.start()
        await feed.until(lambda feed: "p" in feed.mirror.projects and feed.connection.is_online)
        assert (feed.connection.attempt, feed.connection.last_error) == (0, None)
        assert seqs(items) == [1]


async def test_a_new_epoch_brings_the_whole_state(server, connect, record):
    server.put("task", "gone")
    async with connect(server) as feed:
        items = record(feed)
        server.epoch, server.seq = "e2", 0
        server.journal.clear()
        server.documents["tasks"].clear()
        server.put("task", "new")
        server.drop_all()
        await feed.until(lambda feed: feed.mirror.epoch == "e2")
        assert set(feed.mirror.tasks) == {"new"}
        assert isinstance(items[0], Snapshot)


async def test_beyond_the_journal_comes_a_snapshot(server, connect, record):
    async with connect(server) as feed:
        await server.stop()
        for number in range(20):
            server.put("task", f"t{number}")
        while len(server.journal) > 5:
            server.journal.popleft()
        items = record(feed)
        await server.start()
        await feed.until(lambda feed: feed.mirror.seq == 20)
        assert [type(item) for item in items] == [Snapshot]


async def test_a_missing_event_is_fetched_by_resuming(server, connect, record):
    async with connect(server, timing=Timing(gap=0.05)) as feed:
        items = record(feed)
        server.skip = {2}
        for number in range(3):
            server.put("task", f"t{number}")
        await feed.until(lambda feed: feed.mirror.seq == 3)
        assert seqs(items) == [1, 2, 3]


async def test_an_idle_gap_is_noticed_by_the_heartbeat(server, connect, record):
    async with connect(server) as feed:
        items = record(feed)
        server.skip = {1}
        server.put("task", "t")
        server.say('{"type":"heartbeat","data":{"seq":1}}')
        await feed.until(lambda feed: feed.mirror.seq == 1)
        assert seqs(items) == [1]


async def test_one_update_may_stand_for_several(server, connect, record):
    async with connect(server, timing=Timing(gap=30)) as feed:
        items = record(feed)
        server.skip = {1, 3}
        for title in "abcd":
            server.put("task", "t" if title != "b" else "u", title=title)
        server.skip = {5}
        server.put("task", "t", title="e")
        server.say(server.journal[4].replace('"seq":5', '"seq":5,"seqFrom":1'))
        await feed.until(lambda feed: feed.mirror.seq == 5)
        assert seqs(items) == [2, 4, 5]
        assert feed.mirror.tasks["t"].title == "e"
        assert len(server.upgrades) == 1


async def test_doubles_and_unknown_frames_change_nothing(server, connect, record):
    async with connect(server) as feed:
        items = record(feed)
        server.put("task", "t")
        server.say(server.journal[0])
        server.say('{"type":"error","code":"X","message":"?"}')
        server.say('{"type":"news:unheard_of","data":{},"timestamp":1,"epoch":"e1","seq":2}')
        server.seq = 2
        server.put("task", "u")
        await feed.until(lambda feed: feed.mirror.seq == 3)
        assert seqs(items) == [1, 2, 3]
        assert len(server.upgrades) == 1


@pytest.mark.parametrize("garbage", ["{", "[1]", '{"type":"snapshot","data":{}}', '{"type":"x","seq":"y"}'])
async def test_garbage_ends_the_connection_and_not_the_stream(server, connect, garbage):
    async with connect(server) as feed:
        server.say(garbage)
        server.put("task", "t")
        await feed.until(lambda feed: "t" in feed.mirror.tasks and feed.connection.is_online)
        assert len(server.upgrades) == 2


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 4101, 4102, 4150, 4201, 4202, 4299])
async def test_codes_that_mean_come_back(server, connect, code):
    async with connect(server) as feed:
        await server.close_all(code)
        server.put("task", "t")
        await feed.until(lambda feed: "t" in feed.mirror.tasks and feed.connection.is_online)
        assert server.modes == ["snapshot", "replay"]


@pytest.mark.parametrize(
    ("code", "phase"),
    [(4400, Phase.REFUSED), (4401, Phase.REFUSED), (4429, Phase.REFUSED), (4426, Phase.INCOMPATIBLE)],
)
async def test_codes_that_mean_stop_until_the_person_says_otherwise(server, connect, code, phase):
    async with connect(server) as feed:
        await server.close_all(code)
        await feed.until(lambda feed: feed.connection.phase is phase)
        assert feed.connection.retry_at is None
        assert str(code) in feed.connection.last_error
        feed.retry_now()
        await feed.ready()
        assert len(server.upgrades) == 2


@pytest.mark.parametrize("status", [401, 403, 421])
async def test_a_refused_upgrade_stops(server, connect, status):
    server.refuse_upgrade = status
    async with connect(server, ready=False) as feed:
        await feed.until(lambda feed: feed.connection.phase is Phase.REFUSED)
        assert len(server.upgrades) == 1


async def test_an_unavailable_server_is_tried_again(server, connect):
    server.refuse_upgrade = 503
    async with connect(server, ready=False) as feed:
        await feed.until(lambda feed: feed.connection.attempt >= 2)
        server.refuse_upgrade = None
        await feed.ready()


async def test_another_protocol_is_incompatible(server, connect):
    server.protocol = 2
    async with connect(server, ready=False) as feed:
        await feed.until(lambda feed: feed.connection.phase is Phase.INCOMPATIBLE)
        assert "protocol 2" in feed.connection.last_error


async def test_the_round_trip_is_measured(server, connect):
    async with connect(server) as feed:
        await feed.until(lambda feed: feed.connection.latency_ms is not None)
        assert 0 < feed.connection.latency_ms < 5000


async def test_a_half_open_connection_is_noticed_within_two_heartbeats(server, connect):
    server.heartbeat_ms = 200
    async with connect(server) as feed:
        loop = asyncio.get_running_loop()
        server.mute = True
        start = loop.time()
        await feed.until(lambda feed: not feed.connection.is_online)
        assert loop.time() - start < 2.0
        assert "nothing was heard" in feed.connection.last_error
        server.mute = False
        await feed.ready()


async def test_a_server_that_never_says_hello_is_given_up(server, connect):
    server.mute = True
    server._opening = lambda _since: iter(())
    async with connect(server, ready=False, timing=Timing(silence=0.05)) as feed:
        await feed.until(lambda feed: feed.connection.attempt >= 2)
        assert not feed.connection.is_online


async def test_after_sleep_the_connection_is_made_anew(server, connect):
    asleep = 0.0
    loop = asyncio.get_running_loop()
    timing = Timing(monotonic=loop.time, wall=lambda: loop.time() + asleep)
    async with connect(server, timing=timing) as feed:
        asleep = 3600.0
        server.put("task", "t")
        await feed.until(lambda feed: len(server.upgrades) == 2 and feed.connection.is_online)
        assert any("asleep" in moment.message for moment in feed.connection.history)


async def test_the_history_tells_what_happened(server, connect):
    async with connect(server) as feed:
        server.drop_all()
        await feed.until(lambda feed: feed.connection.phase is Phase.RECONNECTING)
        await feed.ready()
        phases = [moment.phase.value for moment in feed.connection.history]
        assert phases == ["resyncing", "online", "reconnecting", "resyncing", "online"]
        assert all(str(moment) for moment in feed.connection.history)
