"""A session joined with a terminal: what a host may say, and what the terminal's owner may do, beside bytes."""

import os
import pty
import signal
import socket
import threading
import time

import pytest

from maestro_tui.attach.keys import DetachKey
from maestro_tui.attach.outer import OuterTerminal
from maestro_tui.attach.passthrough import MOST_WAITING, Detached, HostGone, Passthrough, TerminalGone
from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Decoder, Kind
from maestro_tui.runner.checkpoints import Restored
from maestro_tui.terminal.engine import Terminal

DEADLINE = 30.0
CLEARED = b"\x1b[H\x1b[2J"


class Host:
    """The host's side: says what a test has it say, in a thread, for signals are the main thread's."""

    def __init__(self, connection, screen):
        self._connection, self._screen = connection, screen
        self._decoder = Decoder()
        self.heard = []
        connection.settimeout(DEADLINE)

    def welcome(self, *, since=0, end=0, owner=True):
        self.hear(Kind.HELLO)
        told = {"protocol": frames.PROTOCOL, "since": since, "end": end, "owner": owner}
        self.say(frames.message(Kind.WELCOME, told))
        self.until(lambda: CLEARED in self._screen)

    def say(self, data):
        self._connection.sendall(data)

    def hear(self, kind, number=1):
        """That many frames of a kind, since the beginning."""
        while len(found := [frame for frame in self.heard if frame.kind is kind]) < number:
            data = self._connection.recv(1 << 16)
            assert data, "the viewer hung up"
            self.heard += self._decoder.feed(data)
        return found

    def until(self, condition):
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, bytes(self._screen)
            time.sleep(0.005)

    def shows(self, text):
        self.until(lambda: text in self._screen)

    def close(self):
        self._connection.close()


@pytest.fixture
def joined():
    """joined(what the host does, restored=…): the outcome, and all that the terminal was sent."""
    master, slave = pty.openpty()
    screen, over = bytearray(), threading.Event()
    os.set_blocking(master, False)

    def drain():
        while not over.wait(0.002):
            try:
                screen.extend(os.read(master, 1 << 16))
            except OSError:
                continue

    def join(does, *, exact=True, type_in=b""):
        here, there = socket.socketpair()
        restored = Restored(Terminal(80, 24), 0, exact)
        host, failed = Host(there, screen), []

        def play():
            try:
                does(host)
            except Exception as error:
                failed.append(error)
                host.close()

        threads = [threading.Thread(target=play), threading.Thread(target=drain)]
        for thread in threads:
            thread.start()
        try:
            with OuterTerminal(slave) as outer, here:
                os.write(master, type_in)
                outcome = Passthrough(outer, here, restored, DetachKey()).run()
        finally:
            over.set()
            for thread in threads:
                thread.join(DEADLINE)
            there.close()
        if failed:
            raise failed[0]
        return outcome, bytes(screen)

    yield join
    os.close(master)
    os.close(slave)


def sizes(host, number):
    return [frames.parse_size(frame) for frame in host.hear(Kind.RESIZE, number)]


def test_bytes_that_are_missing_have_the_program_paint_again(joined):
    def does(host):
        host.welcome()
        host.say(frames.output(0, b"before"))
        host.shows(b"before")
        host.say(frames.gap(6, 100))
        assert sizes(host, 2) == [(80, 25), (80, 24)], "its size changes, and is what it was again"
        host.say(frames.output(100, b"after"))
        host.shows(b"after")
        host.close()

    outcome, shown = joined(does)
    assert outcome == HostGone()
    assert shown.index(b"before") < shown.rindex(CLEARED) < shown.index(b"after")


def test_bytes_that_are_missing_before_it_is_live_do_too(joined):
    def does(host):
        host.hear(Kind.HELLO)
        host.say(frames.message(Kind.WELCOME, {"protocol": frames.PROTOCOL, "since": 0, "end": 50, "owner": True}))
        host.say(frames.output(0, b"old"))
        host.say(frames.gap(3, 50))
        assert sizes(host, 2) == [(80, 25), (80, 24)]
        host.say(frames.output(50, b"new"))
        host.shows(b"new")
        host.close()

    _, shown = joined(does)
    assert b"old" not in shown


def test_a_screen_that_is_not_known_exactly_is_painted_again(joined):
    def does(host):
        host.welcome()
        assert sizes(host, 2) == [(80, 25), (80, 24)]
        host.close()

    assert joined(does, exact=False)[0] == HostGone()


def test_who_is_not_the_owner_asks_the_terminal_nothing_until_it_is(joined):
    def does(host):
        host.welcome(owner=False)
        host.say(frames.output(0, b"a\x1b[6nb"))
        host.shows(b"ab")
        host.say(frames.message(Kind.STATE, {"owner": True}))
        host.say(frames.output(6, b"c\x1b[5nd"))
        host.shows(b"c\x1b[5nd")
        host.close()

    assert b"\x1b[6n" not in joined(does)[1]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (frames.message(Kind.ERROR, {"message": "no such session"}), "no such session"),
        (b"\xff" * 64, None),
    ],
    ids=["an error", "no frame at all"],
)
def test_what_a_host_says_last_is_kept(joined, said, why):
    def does(host):
        host.welcome()
        host.say(said)

    outcome, _ = joined(does)
    assert isinstance(outcome, HostGone)
    assert outcome.why == why if why else outcome.why


def test_told_to_leave_it_leaves(joined):
    def does(host):
        host.welcome()
        os.kill(os.getpid(), signal.SIGTERM)

    assert joined(does)[0] == TerminalGone()


def test_after_it_was_stopped_the_program_paints_again(joined):
    def does(host):
        host.welcome()
        os.kill(os.getpid(), signal.SIGCONT)
        assert sizes(host, 2) == [(80, 25), (80, 24)]
        host.close()

    assert joined(does)[0] == HostGone()


def test_a_window_that_changes_is_told(joined):
    def does(host):
        host.welcome()
        os.kill(os.getpid(), signal.SIGWINCH)
        assert sizes(host, 1) == [(80, 24)]
        host.close()

    assert joined(does)[0] == HostGone()


def test_what_is_typed_before_the_key_that_detaches_is_sent(joined):
    def does(host):
        (typed,) = host.hear(Kind.INPUT)
        assert typed.payload.endswith(b"last words")

    assert joined(does, type_in=b"last words\x1cnot these")[0] == Detached()


def test_a_terminal_slower_than_its_program_loses_nothing(joined):
    lines = b"".join(b"%07d\n" % number for number in range(60_000))
    assert len(lines) > MOST_WAITING

    def does(host):
        host.welcome()
        for start in range(0, len(lines), 1 << 15):
            host.say(frames.output(start, lines[start : start + (1 << 15)]))
        host.shows(lines[-8:-1])
        host.close()

    outcome, shown = joined(does)
    assert outcome == HostGone()
    assert lines in shown.replace(b"\r", b"")


def test_a_host_that_speaks_another_protocol_is_left(joined):
    def does(host):
        host.hear(Kind.HELLO)
        host.say(frames.message(Kind.WELCOME, {"protocol": frames.OLDEST - 1, "since": 0, "end": 0}))

    outcome, _ = joined(does)
    assert isinstance(outcome, HostGone)
    assert "is not spoken here" in outcome.why
