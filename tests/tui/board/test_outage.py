"""Telling of an outage: once when it lasts, once when it is over."""

from dataclasses import replace

import pytest

from maestro_tui.client.connection import Connection, Moment, Phase
from maestro_tui.tui.outage import PATIENCE, Outage

ONLINE = Connection("http://127.0.0.1:1", Phase.ONLINE, epoch="a", seq=10)
LOST = replace(ONLINE, phase=Phase.RECONNECTING, attempt=1, last_error="gone")


class Person:
    """Reads what is told, and lets time pass."""

    def __init__(self):
        self.told, self.planned = [], []
        self.outage = Outage(lambda sentence, severity: self.told.append((severity, sentence)), self._later)

    def _later(self, seconds, call):
        assert seconds == PATIENCE
        self.planned.append(call)
        return self

    def stop(self):
        self.planned.clear()

    def wait(self):
        while self.planned:
            self.planned.pop()()

    def see(self, *connections):
        for connection in connections:
            self.outage.follow(connection)


@pytest.fixture
def person():
    return Person()


def test_a_hiccup_is_not_worth_a_word(person):
    person.see(ONLINE, LOST, replace(LOST, phase=Phase.RESYNCING), ONLINE)
    person.wait()
    assert person.told == []


def test_an_outage_is_told_once_however_many_attempts_it_takes(person):
    person.see(ONLINE, LOST, *(replace(LOST, phase=Phase.OFFLINE, attempt=number) for number in range(2, 9)))
    person.wait()
    person.see(replace(LOST, phase=Phase.OFFLINE, attempt=9), replace(ONLINE, seq=13))
    assert [severity for severity, _ in person.told] == ["warning", "information"]
    assert person.told[1][1].endswith("3 events caught up")
    person.see(LOST)
    person.wait()
    assert len(person.told) == 3


@pytest.mark.parametrize(
    ("after", "news"),
    [
        (ONLINE, "nothing was missed"),
        (replace(ONLINE, seq=11), "1 event caught up"),
        (replace(ONLINE, epoch="b", seq=2), "state reloaded"),
        (replace(ONLINE, history=(Moment(1, Phase.RESYNCING, "snapshot from server 1"),)), "state reloaded"),
        (replace(ONLINE, history=(Moment(1, Phase.RESYNCING, "replay from server 1"),)), "nothing was missed"),
    ],
)
def test_what_the_time_away_amounted_to(person, after, news):
    person.see(ONLINE, LOST)
    person.wait()
    person.see(after)
    assert person.told[-1] == ("information", f"Connected again: {news}")


def test_a_refusal_is_told_at_once_and_once(person):
    refused = replace(LOST, phase=Phase.REFUSED, last_error="another token")
    person.see(LOST, refused, refused)
    assert person.told == [("error", "The server refuses this cockpit: another token")]
