"""The fan-out, without a socket: filters, coalescing, limits, and joining without a gap."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.events import Event, EventName, JournalEntry
from maestro_tui.server.dialogue import MOST_SUBSCRIPTIONS, answer
from maestro_tui.server.hub import Channel, Hub, QueueLimits, Subscription, frame
from maestro_tui.services.journal import MemoryJournal

SMALL = QueueLimits(events=8, size=10_000, soft_events=3, soft_size=5_000, soft_seconds=10)


def event(identifier="task_1", name=EventName.TASK_UPDATED, project="proj_1", **data):
    return Event(name, {"id": identifier, **data}, 1, project, (identifier,), data.get("sessionId"))


@pytest.fixture
def journal():
    return MemoryJournal(capacity=50, epoch="e1")


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def hub(journal, now):
    return Hub(journal, clock=lambda: now[0])


async def publish(hub, journal, *events):
    for entry in await journal.append(events):
        hub.publish(entry)


def drain(channel):
    found = []
    while (text := channel.pop()) is not None:
        found.append(json.loads(text))
    return found


async def test_events_arrive_in_order(hub, journal):
    channel = Channel()
    hub.join(channel)
    await publish(hub, journal, *(event(f"task_{n}", EventName.TASK_CREATED) for n in range(3)))
    assert [one["seq"] for one in drain(channel)] == [1, 2, 3]
    assert hub.seq == 3


async def test_joining_after_a_position_neither_misses_nor_doubles(hub, journal):
    await publish(hub, journal, event("task_1"), event("task_2"))
    [unpublished] = await journal.append([event("task_3")])
    channel = Channel(resumable=True)
    missed = hub.join(channel, 1)
    assert [entry.seq for entry in missed] == [2, 3]
    hub.publish(unpublished)
    await publish(hub, journal, event("task_4"))
    assert [one["seq"] for one in drain(channel)] == [4]


async def test_what_a_newcomer_was_given_is_not_queued_for_it_again(hub, journal):
    """Events are numbered before they are published: all of these come in between."""
    unpublished = await journal.append([event(f"task_{number}") for number in range(3)])
    channel = Channel(resumable=True)
    assert [entry.seq for entry in hub.join(channel, 0)] == [1, 2, 3]
    for entry in unpublished:
        hub.publish(entry)
    assert drain(channel) == []


async def test_a_position_out_of_reach_joins_nobody(hub, journal):
    await publish(hub, journal, *(event() for _ in range(60)))
    channel = Channel()
    assert hub.join(channel, 5) is None
    assert hub.join(channel, 61) is None
    assert hub.channels == ()


async def test_a_reader_that_keeps_up_gets_every_update(hub, journal):
    channel = Channel(limits=SMALL)
    hub.join(channel)
    await publish(hub, journal, *(event("task_1") for _ in range(SMALL.soft_events)))
    assert [one["seq"] for one in drain(channel)] == [1, 2, 3]


async def test_older_updates_give_way_once_a_reader_lags(hub, journal):
    channel = Channel(limits=SMALL)
    hub.join(channel)
    created = event("task_9", EventName.TASK_CREATED)
    await publish(hub, journal, event("task_1"), created, event("task_2"), created)
    await publish(hub, journal, event("task_1"), event("task_1"), created)
    frames = drain(channel)
    assert [one["seq"] for one in frames] == [2, 3, 4, 6, 7]
    assert [one.get("seqFrom") for one in frames] == [None, None, None, 1, None]


async def test_an_update_that_was_sent_is_not_taken_for_one_that_waits(hub, journal):
    """Numbers grow far beyond those that are one object each."""
    await publish(hub, journal, *(event() for _ in range(300)))
    channel = Channel(limits=SMALL)
    hub.join(channel)
    await publish(hub, journal, event("task_1"))
    assert [one["seq"] for one in drain(channel)] == [301]
    created = event("task_9", EventName.TASK_CREATED)
    await publish(hub, journal, *(created for _ in range(4)), event("task_1"))
    assert [one["seq"] for one in drain(channel)] == [302, 303, 304, 305, 306]


@pytest.mark.parametrize("spare", [0, -1])
async def test_the_limit_in_bytes_is_to_the_byte(hub, journal, spare):
    texts = [frame(one).text for one in await journal.append([event(f"task_{n}") for n in range(2)])]
    channel = Channel(limits=QueueLimits(size=sum(map(len, texts)) + spare))
    hub.join(channel)
    for entry in journal.since(0):
        hub.publish(entry)
    assert channel.slow is (spare < 0)


async def test_a_full_queue_marks_the_reader_slow_and_nobody_else(hub, journal):
    woken = []
    sleeper, reader = Channel(limits=SMALL, wake=lambda: woken.append(1)), Channel(limits=SMALL)
    hub.join(sleeper)
    hub.join(reader)
    for number in range(12):
        await publish(hub, journal, event(f"task_{number}", EventName.TASK_CREATED))
        assert len(drain(reader)) == 1
    assert sleeper.slow
    assert woken
    assert not reader.slow
    assert len(sleeper) == 0
    assert sleeper.pop() is None


async def test_bytes_count_too_but_one_large_event_gets_through(hub, journal):
    channel = Channel(limits=SMALL)
    hub.join(channel)
    await publish(hub, journal, event("task_1", EventName.TASK_CREATED, title="x" * 20_000))
    assert not channel.slow
    await publish(hub, journal, event("task_2", EventName.TASK_CREATED, title="x" * 20_000))
    assert channel.slow


async def test_lagging_for_too_long_is_slow_too(hub, journal, now):
    channel = Channel(limits=SMALL)
    hub.join(channel)
    await publish(hub, journal, *(event(f"task_{n}", EventName.TASK_CREATED) for n in range(5)))
    now[0] = 9.0
    await publish(hub, journal, event("task_5", EventName.TASK_CREATED))
    assert not channel.slow
    now[0] = 10.5
    await publish(hub, journal, event("task_6", EventName.TASK_CREATED))
    assert channel.slow


async def test_a_session_sees_its_own_project_only(hub, journal):
    await publish(hub, journal, event("task_1", project="proj_1"), event("task_2", project="proj_2"))
    channel = Channel(actor=Actor("sess_1", "proj_2"))
    assert [entry.event.data["id"] for entry in hub.join(channel, 0)] == ["task_2"]
    await publish(hub, journal, event("task_3", project="proj_1"), event("task_4", project=None))
    assert drain(channel) == []


async def test_a_session_that_ended_may_no_longer_listen(hub, journal):
    channel, other = Channel(actor=Actor("sess_1", "proj_1")), Channel(actor=Actor("sess_2", "proj_1"))
    hub.join(channel)
    hub.join(other)
    ended = Event(EventName.SESSION_UPDATED, {"id": "sess_1", "status": "completed"}, 1, "proj_1", (), "sess_1")
    await publish(hub, journal, ended)
    assert channel.revoked
    assert not other.revoked
    assert len(drain(other)) == 1


def test_subscriptions_match_on_every_part_given():
    one = Event(EventName.TASK_UPDATED, {}, 1, "proj_1", ("task_1",), "sess_1")
    for wish, expected in [
        (Subscription(), True),
        (Subscription("proj_1"), True),
        (Subscription("proj_2"), False),
        (Subscription("proj_1", frozenset({"task_2"})), False),
        (Subscription(None, frozenset({"task_1", "task_2"})), True),
        (Subscription(None, frozenset(), frozenset({"sess_1"})), True),
        (Subscription(None, frozenset(), frozenset({"sess_2"})), False),
    ]:
        assert wish.matches(one) is expected


def test_what_a_client_may_say():
    channel = Channel()

    def say(message):
        return answer(json.dumps(message), channel, 7)

    assert say({"type": "ping", "id": 3}) == {"type": "pong", "timestamp": 7, "id": 3}
    assert say({"type": "ping"}) == {"type": "pong", "timestamp": 7}
    subscribed = say({"type": "subscribe", "projectId": "proj_1", "taskIds": ["task_1"]})
    assert subscribed == {"type": "subscribed", "projectId": "proj_1", "taskIds": ["task_1"]}
    say({"type": "subscribe", "projectId": "proj_1", "taskIds": ["task_1"]})
    say({"type": "subscribe", "sessionIds": ["sess_1"]})
    assert len(channel.subscriptions) == 2
    assert say({"type": "unsubscribe", "sessionIds": ["sess_1"]})["type"] == "unsubscribed"
    assert say({"type": "unsubscribe"}) == {"type": "unsubscribed"}
    assert channel.subscriptions == []


def test_a_client_has_so_many_subscriptions_and_no_more():
    channel = Channel()

    def say(kind, number):
        return answer(json.dumps({"type": kind, "taskIds": [f"task_{number}"]}), channel, 7)

    for number in range(MOST_SUBSCRIPTIONS):
        assert say("subscribe", number)["type"] == "subscribed"
    assert f"At most {MOST_SUBSCRIPTIONS} subscriptions" in str(say("subscribe", MOST_SUBSCRIPTIONS))
    assert say("subscribe", 0)["type"] == "subscribed", "one that it has is no further one"
    say("unsubscribe", MOST_SUBSCRIPTIONS)  # it was refused
    assert len(channel.subscriptions) == MOST_SUBSCRIPTIONS
    say("unsubscribe", 0)
    assert say("subscribe", MOST_SUBSCRIPTIONS)["type"] == "subscribed"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        '"ping"',
        "{}",
        '{"type": ["ping"]}',
        '{"type": "session:spawn_request", "data": {}}',
        '{"type": "subscribe", "projectId": "../x"}',
        '{"type": "subscribe", "taskIds": "task_1"}',
        '{"type": "subscribe", "taskIds": [1]}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_an_error_and_changes_nothing(text):
    channel = Channel()
    said = answer(text, channel, 7)
    assert said["type"] == "error"
    assert said["code"] == "VALIDATION_ERROR"
    assert said["message"]
    assert channel.subscriptions == []


KINDS = [EventName.TASK_CREATED, EventName.TASK_UPDATED, EventName.SESSION_UPDATED, EventName.TASK_DELETED]


@given(steps=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3)) | st.integers(1, 4), max_size=60))
def test_whatever_is_coalesced_is_covered_by_something_newer(steps):
    """A step is an event about one of four documents, or how many frames the client reads."""
    limits = QueueLimits(events=12, soft_events=2)
    hub, channel, received, sent = Hub(MemoryJournal()), Channel(limits=limits), [], []
    hub.join(channel)
    for step in steps:
        if isinstance(step, int):
            received += [json.loads(text) for text in (channel.pop() for _ in range(step)) if text is not None]
        else:
            entry = JournalEntry("e1", len(sent) + 1, event(f"doc_{step[1]}", step[0]))
            sent.append(entry)
            hub.publish(entry)
    received += drain(channel)
    seqs = [frame["seq"] for frame in received]
    assert seqs == sorted(set(seqs))
    if channel.slow:
        return
    for entry in sent:
        if entry.seq in seqs:
            continue
        assert entry.event.name.endswith(":updated")
        assert any(
            frame["event"] == entry.event.name
            and frame["data"]["id"] == entry.event.data["id"]
            and frame.get("seqFrom", frame["seq"]) <= entry.seq < frame["seq"]
            for frame in received
        )


def test_an_entry_is_written_whole():
    entry = JournalEntry("e1", 4, event("task_1"))
    channel = Channel()
    hub = Hub(MemoryJournal())
    hub.join(channel)
    hub.publish(entry)
    assert drain(channel) == [
        {
            "type": "task:updated",
            "event": "task:updated",
            "data": {"id": "task_1"},
            "timestamp": 1,
            "epoch": "e1",
            "seq": 4,
        }
    ]
