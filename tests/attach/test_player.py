"""Playing a recording, choosing a session, and terminals that go: without a process of their own."""

import io
import os
import pty
import sys
import termios
import threading
import time
from argparse import Namespace

import pytest

from maestro_tui.attach import outer as outer_module
from maestro_tui.attach.choice import MOST_NAMED, find_session
from maestro_tui.attach.command import attach
from maestro_tui.attach.keys import DetachKey
from maestro_tui.attach.outer import OuterTerminal
from maestro_tui.attach.player import play
from maestro_tui.domain.errors import MaestroError
from maestro_tui.paths import Home
from maestro_tui.ptyhost.records import RUN
from maestro_tui.replay import Missing, Resized, Written

DEADLINE = 30.0
FAST = 1000.0
SLOW = 0.001
"""A pause of a second lasts longer than any test."""


class Person:
    """Sits at a terminal: reads what it shows, in a thread, and types when it is told to."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.shown = bytearray()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._answers = {}

    def types_when_shown(self, answers):
        """answers: what is typed as soon as a text is shown."""
        self._answers = dict(answers)

    def _watch(self):
        while not self._over.wait(0.002):
            try:
                self.shown += os.read(self.master, 1 << 16)
            except OSError:
                continue
            for text in [text for text in self._answers if text in self.shown]:
                os.write(self.master, self._answers.pop(text))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(DEADLINE)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def person():
    with Person() as somebody:
        yield somebody


def played(person, *steps, speed=FAST):
    with OuterTerminal(person.slave) as outer:
        return play(outer, steps, DetachKey(), speed)


def shows(person, text):
    deadline = time.monotonic() + DEADLINE
    while text not in person.shown:
        assert time.monotonic() < deadline, bytes(person.shown)
        time.sleep(0.005)  # the pace of looking; the condition decides
    return True


def test_what_is_missing_is_said_and_a_size_is_not_forced_on_the_terminal(person):
    assert played(
        person,
        Written(0, 1000, b"begun"),
        Resized(5, 1001, 200, 50),
        Missing(5, 47),
        Written(47, 1003, b"do\x1b[6nne"),
    )
    assert shows(person, b"done"), "and nothing that the terminal would answer"
    assert person.shown.index(b"begun") < person.shown.index(b"[42 bytes are missing here]")
    assert b"\x1b[8;50;200t" not in person.shown


@pytest.mark.parametrize("key", [b"q", b"\x03", b"\x1b", b"\x1c"], ids=["q", "ctrl+c", "escape", "detach"])
def test_each_key_that_leaves_leaves(person, key):
    person.types_when_shown({b"begun": key})
    assert not played(person, Written(0, 1000, b"begun"), Written(5, 9000, b"never"), speed=SLOW)
    assert b"never" not in person.shown


def test_who_pauses_and_goes_on_need_not_wait_for_the_rest_of_the_pause(person):
    over = threading.Event()

    def press():
        while not over.wait(0.01):
            os.write(person.master, b" ")

    pressing = threading.Thread(target=press)
    pressing.start()
    try:
        assert played(person, Written(0, 1000, b"begun"), Written(5, 9000, b"and on"), speed=SLOW)
    finally:
        over.set()
        pressing.join(DEADLINE)
    assert shows(person, b"and on")


def test_a_key_that_means_nothing_changes_nothing(person):
    person.types_when_shown({b"begun": b"x", b"more": b"q"})
    steps = [Written(0, 1000, b"begun"), Written(5, 1200, b"more"), Written(9, 9000, b"never")]
    assert not played(person, *steps, speed=0.1)
    assert b"never" not in person.shown


def test_a_terminal_that_takes_nothing_more_is_not_waited_for_when_leaving(monkeypatch):
    monkeypatch.setattr(outer_module, "WAIT_SECONDS", 0.05)
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with OuterTerminal(slave) as outer:
        outer.write(bytes(1 << 20))
        assert outer.waiting
    assert termios.tcgetattr(slave) == before
    os.close(slave)
    os.close(master)


def test_a_terminal_that_is_slow_gets_all_of_it(person):
    with OuterTerminal(person.slave) as outer:
        outer.write(b"x" * 100_000 + b"the end")
    assert shows(person, b"the end")


def test_without_a_terminal_nothing_can_be_attached(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    arguments = Namespace(session="sess_1", speed=1.0, detach_key="ctrl+q", replay=False, since=None)
    with pytest.raises(MaestroError, match="needs a terminal") as refused:
        attach(Home.from_environment({"HOME": str(tmp_path)}), arguments)
    assert "session logs" in refused.value.suggestion


def test_a_terminal_that_goes_ends_it():
    master, slave = pty.openpty()
    with OuterTerminal(slave) as outer:
        os.close(slave)
        os.close(master)
        with pytest.raises(EOFError):
            play(outer, [Written(0, 1000, b"begun")], DetachKey(), SLOW)


@pytest.mark.parametrize("gone_before", ["it is opened", "it is raw"])
def test_a_terminal_that_is_gone_before_anything_is_shown_is_told_as_such(gone_before):
    master, slave = pty.openpty()
    if gone_before == "it is opened":
        os.close(master)
        with pytest.raises(EOFError):
            OuterTerminal(slave)
        os.close(slave)
        return
    outer = OuterTerminal(slave)
    os.close(master)
    os.close(slave)
    with pytest.raises(EOFError), outer:
        raise AssertionError("it is shown in")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(outer.fd)


@pytest.fixture
def sessions(tmp_path):
    def ran(*names):
        for name in names:
            (tmp_path / name).mkdir()
            (tmp_path / name / RUN).write_text("{}")
        return tmp_path

    return ran


def test_a_whole_id_means_its_session_though_others_begin_with_it(sessions):
    directory = sessions("sess_1", "sess_12", "sess_23")
    assert find_session(directory, "sess_1") == directory / "sess_1"
    assert find_session(directory, "sess_12").name == "sess_12"
    assert find_session(directory, "sess_2").name == "sess_23"


def test_no_more_are_named_than_a_person_reads(sessions):
    names = [f"sess_{number:02}" for number in range(MOST_NAMED + 3)]
    with pytest.raises(MaestroError, match="and 3 more") as refused:
        find_session(sessions(*names), "sess_")
    assert names[MOST_NAMED - 1] in refused.value.message
    assert names[MOST_NAMED] not in refused.value.message


@pytest.mark.parametrize("given", ["nobody", "../x", ""])
def test_a_session_that_never_ran_here_is_not_found(sessions, given):
    with pytest.raises(MaestroError, match="no session whose id begins with"):
        find_session(sessions(), given)
