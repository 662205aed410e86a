import itertools

import pytest

from maestro_tui.client.connection import Connection, Phase
from maestro_tui.client.reconnect import MOST_AT_ONCE, Again, Ending, Reconnect, Stop, delays_for


@pytest.fixture
def reconnect():
    return Reconnect(lambda: itertools.count(1.0))


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 1012, 3000, 4102, 4199, 4300, 4500])
def test_delays_grow_from_failure_to_failure(reconnect, code):
    endings = [reconnect.after(Ending("x", code=code)) for _ in range(4)]
    assert endings == [Again(1.0, 1), Again(2.0, 2), Again(3.0, 3), Again(4.0, 4)]
    assert [ending.phase for ending in endings] == [Phase.RECONNECTING] * 2 + [Phase.OFFLINE] * 2


@pytest.mark.parametrize("code", [4200, 4201, 4202, 4299])
def test_at_once_but_not_for_ever(reconnect, code):
    delays = [reconnect.after(Ending("x", code=code, lived=0.1)).delay for _ in range(MOST_AT_ONCE + 2)]
    assert delays == [0.0] * MOST_AT_ONCE + [1.0, 2.0]


def test_a_restart_is_soon_over(reconnect):
    assert reconnect.after(Ending("x", code=4101)).delay <= 0.5
    assert reconnect.after(Ending("x", code=4101)).delay == 1.0


@pytest.mark.parametrize(
    ("ending", "phase"),
    [
        (Ending("x", code=4400), Phase.REFUSED),
        (Ending("x", code=4499), Phase.REFUSED),
        (Ending("x", code=4426), Phase.INCOMPATIBLE),
        (Ending("x", http_status=401), Phase.REFUSED),
        (Ending("x", http_status=426), Phase.INCOMPATIBLE),
        (Ending("x", incompatible=True), Phase.INCOMPATIBLE),
    ],
)
def test_some_endings_are_final(reconnect, ending, phase):
    assert reconnect.after(ending) == Stop(phase)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_unavailable_server_is_not_a_refusal(reconnect, status):
    assert reconnect.after(Ending("x", http_status=status)) == Again(1.0, 1)


def test_only_a_healthy_connection_clears_the_record(reconnect):
    reconnect.after(Ending("x"))
    assert reconnect.after(Ending("x", lived=9.9)) == Again(2.0, 2)
    assert reconnect.after(Ending("x", lived=10.0)) == Again(1.0, 1)


@pytest.mark.parametrize(("url", "cap"), [("http://127.0.0.1:1", 5.0), ("http://example.org", 30.0)])
def test_the_cap_depends_on_how_far_the_server_is(url, cap):
    delays = list(itertools.islice(delays_for(url)(), 400))
    assert min(delays) > 0
    assert cap * 0.8 < max(delays) <= cap


def test_the_limits_of_the_delays_can_be_chosen():
    delays = delays_for("http://127.0.0.1:1", first=0.2, longest=0.4)()
    drawn = [next(delays) for _ in range(200)]
    assert max(drawn[:1]) <= 0.2
    assert 0.3 < max(drawn) <= 0.4


def test_the_history_is_bounded():
    connection = Connection("http://x")
    for number in range(200):
        connection = connection.moved(Phase.OFFLINE, number, "again")
    assert len(connection.history) == 50
    assert connection.history[-1].at == 199
