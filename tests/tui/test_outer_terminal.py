"""The outer terminal is put back by a process that has no time to leave in order."""

import os
import pty
import termios
import tty

from maestro_tui.tui.outer_terminal import RESET, OuterTerminal


def test_its_modes_and_its_attributes_are_put_back():
    outside, inside = pty.openpty()
    try:
        tty.setraw(outside)
        before = termios.tcgetattr(inside)
        outer = OuterTerminal(inside)
        tty.setraw(inside)
        outer.restore()
        assert os.read(outside, 4096) == RESET
        assert termios.tcgetattr(inside) == before
    finally:
        os.close(inside)
        os.close(outside)


def test_what_is_no_terminal_gets_the_words_alone_and_one_that_is_gone_nothing():
    reading, writing = os.pipe()
    outer = OuterTerminal(writing)
    outer.restore()
    assert os.read(reading, 4096) == RESET
    os.close(writing)
    outer.restore()
    assert os.read(reading, 4096) == b""
    os.close(reading)


def test_a_full_pipe_is_not_waited_for():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    size = 0
    try:
        while True:
            size += os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    OuterTerminal(writing).restore()
    os.close(writing)
    left = 0
    while data := os.read(reading, 65536):
        left += len(data)
    os.close(reading)
    assert left == size
