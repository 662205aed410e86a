"""Cockpits in terminals of their own: one serves, one joins, and each leaves its terminal as it was."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios

import pytest

SCREEN = b"\x1b[?1049h"


class Cockpit:
    def __init__(self, environment):
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 160, 0, 0))
        self._before = termios.tcgetattr(self._slave)
        self._shown = bytearray()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maestro_tui"],
            env=environment,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )

    def _look(self):
        while select.select([self._master], [], [], 0)[0]:
            self._shown += os.read(self._master, 1 << 16)

    def is_up(self):
        self._look()
        return SCREEN in self._shown

    def has_ended(self):
        self._look()  # or it would wait for room to write to
        return self.process.poll() is not None

    def left_its_terminal_as_it_was(self):
        self._look()
        return termios.tcgetattr(self._slave) == self._before and b"\x1b[?1049l" in self._shown

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def cockpit(environment):
    opened = []

    def start():
        opened.append(Cockpit(environment | {"TERM": "xterm-256color"}))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_a_second_cockpit_joins_and_takes_over_when_the_first_ones_terminal_goes(cockpit, server, home, wait):
    def serving():
        try:
            return json.loads((home / "server.json").read_text())["pid"]
        except FileNotFoundError:
            return None

    first = cockpit()
    wait(first.is_up, "the first cockpit")
    assert server()("GET", "/health")["status"] == "ok"
    second = cockpit()
    wait(second.is_up, "the second cockpit")
    assert serving() == first.process.pid
    first.process.send_signal(signal.SIGHUP)
    wait(first.has_ended, "the first cockpit to leave")
    assert first.process.returncode == 0
    assert first.left_its_terminal_as_it_was()
    wait(lambda: second.is_up() and serving() == second.process.pid, "the second cockpit to serve")
    second.process.send_signal(signal.SIGTERM)
    wait(second.has_ended, "the second cockpit to leave")
    assert second.process.returncode == 0
    assert second.left_its_terminal_as_it_was()
    assert serving() is None
