"""Writing to a terminal without waiting for it: nothing is lost, nothing overtakes."""

import os
import pty
import select
import threading
import tty

import pytest

from maestro_tui.tui.outlet import Outlet

LARGE = "wide: 漢字 " * 40_000


@pytest.fixture
def terminal():
    """Both sides of a PTY: what is read from the first was written to the second."""
    outside, inside = pty.openpty()
    tty.setraw(inside)
    yield outside, inside
    for descriptor in (outside, inside):
        os.close(descriptor)


def received(outside, size):
    """The next bytes that came, all of them."""
    data = b""
    while len(data) < size:
        ready, _, _ = select.select([outside], [], [], 10)
        assert ready, f"{len(data)} of {size} bytes came"
        data += os.read(outside, 1 << 16)
    return data


@pytest.fixture
def outlet(terminal):
    outlet = Outlet(terminal[1])
    outlet.open()
    yield outlet
    outlet.close()


def test_what_fits_is_written_at_once(outlet, terminal):
    assert outlet.offer("a frame é\n")
    assert received(terminal[0], 11) == "a frame é\n".encode()


def test_a_full_terminal_is_not_waited_for_and_loses_nothing(outlet, terminal):
    offered = [LARGE, "second", "third"]
    assert [outlet.offer(text) for text in offered] == [False, True, True], "one call of write is for all of them"
    assert outlet.waiting > len(LARGE)
    rest = threading.Thread(target=outlet.write)
    rest.start()
    wanted = "".join(offered).encode()
    assert received(terminal[0], len(wanted)) == wanted
    rest.join()
    assert outlet.waiting == 0
    assert outlet.offer("at once again")
    assert received(terminal[0], 13) == b"at once again"


def test_whoever_shares_the_terminal_still_waits_for_it(outlet, terminal):
    assert os.get_blocking(terminal[1])


def test_what_is_no_terminal_has_everything_left_for_the_thread():
    reading, writing = os.pipe()
    outlet = Outlet(writing)
    outlet.open()
    assert not outlet.offer("text")
    outlet.write()
    assert os.read(reading, 10) == b"text"
    outlet.close()
    os.close(reading)
    assert not outlet.offer("to nobody")
    outlet.write()
    os.close(writing)
