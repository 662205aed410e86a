"""The outer terminal is found wherever the output goes, and put back by one that has no time to leave in order."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import tty

import pytest

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


TAKES = """
import shutil, sys
from maestro_tui.tui.outer_terminal import take_terminal
take_terminal()
print("printed")
print("complained", file=sys.stderr)
print("drawn", *shutil.get_terminal_size(), file=sys.__stderr__, flush=True)
"""


def take(outputs):
    """What a process writes to its terminal, its output and its errors; `outputs` of them are sent elsewhere."""
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    elsewhere = dict.fromkeys(outputs, subprocess.PIPE)
    command = [sys.executable, "-c", TAKES]
    try:
        streams = {"stdout": inside, "stderr": inside} | elsewhere
        done = subprocess.run(command, stdin=inside, env=environment, text=True, check=True, **streams)
        return os.read(outside, 4096).decode(), done.stdout or "", done.stderr or ""
    finally:
        os.close(inside)
        os.close(outside)


@pytest.mark.parametrize("outputs", [(), ("stderr",), ("stdout",), ("stdout", "stderr")])
def test_it_is_drawn_on_wherever_the_output_goes(outputs):
    terminal, printed, complained = take(outputs)
    assert "drawn 77 33" in terminal
    assert "drawn" not in printed + complained
    assert ("printed" in printed) is ("stdout" in outputs)
    assert ("complained" in complained) is ("stderr" in outputs)


@pytest.mark.parametrize("keys_from", ["< /dev/null", "<&-"])
def test_without_one_to_read_keys_from_it_says_so(keys_from):
    command = ["sh", "-c", f'exec "$0" -c "$1" {keys_from}', sys.executable, TAKES]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "NoTerminal: the cockpit needs a terminal, and its standard input is none" in done.stderr
