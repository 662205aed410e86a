"""The protocol without a socket."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_tui.client.errors import Incompatible, PositionLost, ProtocolError
from maestro_tui.client.items import Snapshot, WireEvent
from maestro_tui.client.mirror import Mirror
from maestro_tui.client.wire import Hello, Pong, Wire
from maestro_tui.domain.order import Order, OrderKind


def frame(**fields):
    return orjson.dumps(fields).decode()


def hello(mode="snapshot", seq=0, epoch="e", **data):
    return frame(type="hello", data={"mode": mode, "seq": seq, "epoch": epoch, "heartbeatMs": 15_000, **data})


def part(number=1, of=1, seq=0, **documents):
    return frame(type="snapshot", data={"part": number, "of": of, **documents}, seq=seq)


def event(seq, epoch="e", **more):
    return frame(type="task:updated", event="task:updated", data={}, timestamp=1, epoch=epoch, seq=seq, **more)


def joined(seq=0, **options):
    wire = Wire(**options)
    assert wire.open() == "0"
    wire.receive(hello(seq=seq))
    wire.receive(part(seq=seq))
    return wire


def seqs(items):
    return [item.seq for item in items]


def test_the_hello_is_read():
    wire = Wire()
    wire.open()
    assert wire.receive(hello(seq=3, serverVersion="1.2")) == [Hello("e", 3, "snapshot", 15.0, "1.2")]
    assert not wire.is_caught_up


def test_the_position_is_what_to_connect_with():
    wire = joined(7)
    assert wire.is_caught_up
    wire.receive(event(8))
    assert wire.open() == "e:8"


def test_an_order_is_no_event():
    wire = joined(7)
    data = {"orderId": "ord_1", "sessionId": "s", "fence": 1, "kind": "input", "text": "y", "enter": True}
    [order] = wire.receive(frame(type="order", data=data))
    assert order == Order(order_id="ord_1", session_id="s", fence=1, kind=OrderKind.INPUT, text="y", enter=True)
    assert wire.open() == "e:7"


def test_an_order_of_a_newer_server_is_passed_over():
    data = {"orderId": "ord_1", "sessionId": "s", "fence": 1, "kind": "dance"}
    assert joined(7).receive(frame(type="order", data=data)) == []


def test_events_wait_behind_the_snapshot():
    wire = Wire()
    wire.open()
    wire.receive(hello(seq=4))
    assert wire.receive(part(1, 2, seq=4)) == []
    assert wire.receive(event(5)) == []
    snapshot, follower = wire.receive(part(2, 2, seq=4, tasks=[{"id": "broken"}]))
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.seq, follower.seq) == (4, 5)
    assert snapshot.unreadable[0].startswith("Task broken: ")


def test_a_half_received_snapshot_is_forgotten():
    wire = Wire()
    wire.open()
    wire.receive(hello())
    wire.receive(part(1, 2, projects=[{"id": "x", "name": "n", "createdAt": 1, "updatedAt": 1}]))
    assert wire.open() == "0"
    wire.receive(hello())
    (snapshot,) = wire.receive(part())
    assert snapshot.projects == ()


def test_a_server_that_went_back_is_told():
    wire = joined(9)
    wire.open()
    wire.receive(hello(seq=5))
    assert wire.receive(part(seq=5))[0].rewound
    assert wire.open() == "e:5"


def test_replay_skips_what_is_known():
    wire = joined(2)
    wire.open()
    wire.receive(hello("replay", seq=4))
    assert [seqs(wire.receive(event(seq))) for seq in (1, 2, 3, 4)] == [[], [], [3], [4]]
    assert wire.is_caught_up


def test_events_behind_a_gap_are_held_until_it_is_covered():
    wire = joined()
    assert wire.receive(event(2)) == []
    assert wire.has_gap
    assert wire.receive(event(4)) == []
    assert seqs(wire.receive(event(5, seqFrom=1))) == [2, 4, 5]
    assert not wire.has_gap
    assert seqs(wire.receive(event(6))) == [6]


def test_a_gap_that_stays_is_resumed_from_before_it():
    wire = joined(3)
    wire.receive(event(5))
    assert wire.open() == "e:3"
    assert not wire.has_gap


def test_a_heartbeat_ahead_of_us_is_a_lost_event():
    wire = joined(3)
    wire.receive(frame(type="heartbeat", data={"seq": 3}))
    with pytest.raises(PositionLost):
        wire.receive(frame(type="heartbeat", data={"seq": 4}))


def test_with_a_part_of_the_stream_gaps_are_right():
    wire = joined(filtered=True)
    assert seqs(wire.receive(event(5))) == [5]
    wire.receive(frame(type="heartbeat", data={"seq": 9}))
    assert wire.open() == "e:9"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", ProtocolError),
        ("[]", ProtocolError),
        ("3", ProtocolError),
        (hello(protocol=2), Incompatible),
        (hello(mode="other"), ProtocolError),
        (hello(mode="replay", epoch="unknown"), ProtocolError),
        (hello(seq=True), ProtocolError),
        (hello(seq="1"), ProtocolError),
        (part(), ProtocolError),
        (frame(type="task:updated", seq=1, epoch="e", timestamp=1), ProtocolError),
        (event(10**9), PositionLost),
        (event(1, epoch="other"), PositionLost),
    ],
)
def test_what_cannot_be(text, error):
    with pytest.raises(error):
        joined().receive(text)


def test_an_event_before_the_hello_is_an_error():
    wire = Wire()
    wire.open()
    with pytest.raises(ProtocolError):
        wire.receive(event(1))


@pytest.mark.parametrize("number", [2, 0])
def test_parts_come_in_order(number):
    wire = Wire()
    wire.open()
    wire.receive(hello())
    with pytest.raises(ProtocolError):
        wire.receive(part(number, 3))


def test_answers_and_news_without_a_place_pass():
    wire = joined()
    assert wire.receive(frame(type="pong", id="7")) == [Pong("7")]
    assert wire.receive(frame(type="subscribed", projectId="p")) == []
    assert wire.receive(frame(type="error", code="X", message="y")) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NUMBER = st.integers(-5, 20) | JSON
DATA = JSON | st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("part", "of", "seq", "heartbeatMs", "protocol", "revision"), NUMBER),
        **dict.fromkeys(("projects", "tasks", "sessions", "session", "task", "id"), JSON),
        "mode": st.sampled_from(["replay", "snapshot"]) | JSON,
        "epoch": st.just("e") | JSON,
    },
)
FRAME = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["hello", "snapshot", "heartbeat", "pong", "task:updated", "task:deleted", "session:spawn_request"]
        )
        | JSON
    },
    optional={"data": DATA, "seq": NUMBER, "seqFrom": NUMBER, "epoch": st.just("e") | JSON, "timestamp": NUMBER},
)


@settings(max_examples=300, deadline=None)
@given(frames=st.lists(FRAME, max_size=8))
def test_whatever_a_server_says_nothing_but_a_protocol_error_comes_of_it(frames):
    wire, mirror = joined(), Mirror()
    for one in frames:
        try:
            items = wire.receive(orjson.dumps(one).decode())
        except ProtocolError:
            wire.open()
            continue
        for item in items:
            if isinstance(item, Snapshot | WireEvent):
                mirror.apply(item)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), total=st.integers(1, 40))
def test_thinned_and_cut_anywhere_every_survivor_comes_once_and_in_order(data, total):
    """A server that drops updates for a later one, and connections that end at any moment."""
    wire, seen = joined(), []
    while wire.seq < total:
        since = int(wire.open().rpartition(":")[2])
        wire.receive(hello("replay", seq=total))
        for text in _thinned(data, since + 1, total):
            seen += seqs(wire.receive(text))
            if data.draw(st.integers(0, 9)) == 0:
                break
    assert seen == sorted(set(seen))
    assert seen[-1] == total
    assert not wire.has_gap


def _thinned(data, start, total):
    """Events start to total; each survivor names the first of those it stands for."""
    waiting = None
    for seq in range(start, total + 1):
        if seq < total and data.draw(st.booleans()):
            waiting = waiting or seq
            continue
        covers = waiting is not None and (seq == total or data.draw(st.booleans()))
        yield event(seq, seqFrom=waiting) if covers else event(seq)
        if covers:
            waiting = None
