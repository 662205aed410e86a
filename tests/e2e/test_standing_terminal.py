"""A terminal that takes nothing more (^S, a line that has gone, a laptop asleep) holds nobody else up."""

import os
import signal
import sys
import time

import ptyprocess
import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Textual's own driver writes"),
]


@pytest.fixture
def standing(cockpit, environment, api, wait):
    """The cockpit in a terminal that nobody reads from once it is up."""
    process = ptyprocess.PtyProcess.spawn(cockpit, env=environment, dimensions=(60, 200))
    os.set_blocking(process.fd, False)
    shown = b""

    def is_up() -> bool:
        nonlocal shown
        try:
            shown += os.read(process.fd, 1 << 16)
        except BlockingIOError:
            return api.is_ready and b"Tasks" in shown
        return False

    wait(is_up, "the board")
    yield process
    process.close(force=True)


def test_the_server_goes_on_and_the_cockpit_can_be_ended(standing, maestro, wait):
    project = maestro("project", "create", "standing")
    for number in range(45):
        began = time.monotonic()
        maestro("task", "create", f"what changes the screen, number {number}", "--project", project["id"])
        assert time.monotonic() - began < 10, f"task {number} waited for the terminal"
    os.kill(standing.pid, signal.SIGTERM)
    wait(lambda: not standing.isalive(), "the end of the cockpit")
