"""Processes that are made to stand still for a moment."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.platforms import needs_proc, process_state
from tools.stalls import stalls

pytestmark = needs_proc

FAMILY = "import subprocess, sys; p = subprocess.Popen(('sleep', '600')); print(p.pid, flush=True); p.wait()"


@pytest.fixture
def family():
    """A process and the only child it has."""
    with subprocess.Popen((sys.executable, "-IS", "-c", FAMILY), stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        yield parent.pid, child
        os.kill(child, signal.SIGKILL)


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_children_are_stopped_again_and_again_and_go_on_at_the_end(family):
    parent, child = family
    with stalls(parent, 1):
        for _ in range(2):
            until(lambda: process_state(child) == "T")
            assert process_state(parent) != "T"
            until(lambda: process_state(child) != "T")
    assert process_state(child) != "T"
