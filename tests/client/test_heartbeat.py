import pytest

from maestro_tui.client.heartbeat import Dead, Heartbeat, Ping


@pytest.fixture
def heart():
    return Heartbeat(10.0, now=0.0, wall=1000.0)


def beat(heart, now, *, wall=None):
    return heart.poll(now, 1000.0 + now if wall is None else wall)


def test_it_pings_at_once_and_twice_per_interval(heart):
    assert beat(heart, 0.0) == Ping("1")
    assert beat(heart, 0.1) is None
    heart.heard(0.2)
    assert heart.wait(0.2) == pytest.approx(4.8)
    assert beat(heart, 5.0) == Ping("2")


def test_the_round_trip_belongs_to_its_ping(heart):
    beat(heart, 0.0)
    beat(heart, 5.0)
    assert heart.pong("2", 5.02) == pytest.approx(20.0)
    assert heart.pong("2", 5.03) is None
    assert heart.pong("9", 5.03) is None
    assert heart.pong("1", 6.0) == pytest.approx(6000.0)


def test_silence_for_two_intervals_is_death(heart):
    now = 0.0
    while not isinstance(beat(heart, now), Dead):
        now += heart.wait(now)
    assert now == pytest.approx(20.0)


def test_anything_heard_keeps_it_alive(heart):
    for now in range(0, 200, 4):
        heart.heard(float(now))
        assert not isinstance(beat(heart, float(now)), Dead)
        heart.wait(float(now))


def test_our_own_stall_is_not_their_silence(heart):
    beat(heart, 0.0)
    heart.wait(0.0)
    assert not isinstance(beat(heart, 60.0), Dead)
    now = 60.0
    while not isinstance(beat(heart, now), Dead):
        now += heart.wait(now)
    assert now <= 80.0


def test_a_machine_that_slept_connects_anew(heart):
    beat(heart, 0.0)
    assert beat(heart, 1.0, wall=1001.0 + 21.0) == Dead("the machine was asleep")


def test_small_corrections_of_the_clock_are_no_sleep(heart):
    beat(heart, 0.0)
    assert beat(heart, 1.0, wall=1001.0 + 5) is None
    assert beat(heart, 2.0, wall=1002.0 - 500) is None


def test_the_interval_of_the_hello_is_adopted(heart):
    beat(heart, 0.0)
    heart.adopt(1.0)
    heart.heard(0.5)
    heart.wait(0.5)
    assert isinstance(beat(heart, 2.5), Dead)
