"""What holds for every test: one that its timeout cannot end ends its process; attacks are summed up."""

import faulthandler
import os
import sys

import pytest
from hypothesis import settings

from tests.attacks.report import is_for_all_attacks, not_tried, note_attacks, summed_up

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""The tests start hundreds of programs: where Python may not keep what it compiled, each compiles it anew, and
pytest does so with every test file."""

for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)
"""pytest loads readline, which gives its own size of a terminal to all workers, and they to what they start."""

settings.register_profile("maestro", deadline=None)
settings.load_profile("maestro")
"""How long an example takes says how busy the machine is."""

GRACE = 60.0
"""Seconds a phase of a test has, after its timeout, to be ended by it.

The timeout is an exception in the main thread. A loop that swallows it, or a task that refuses to be
cancelled, would wait for ever; so the stacks of all threads are printed and the process ends. With
several workers, the run goes on in a new one and names the test.
"""
STDERR = pytest.StashKey[int]()


def pytest_xdist_auto_num_workers(config):
    """Half as many workers again as there are cores: a test mostly waits, for programs, sockets and frames."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # the person's own number counts
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + max(1, cores // 2)


def pytest_configure(config):
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        config.stash[STDERR] = os.dup(2)


def pytest_collection_modifyitems(items):
    for item in items:
        note_attacks(item)


def pytest_terminal_summary(terminalreporter, config):
    if line := summed_up(terminalreporter.stats, all_meant=is_for_all_attacks(config)):
        terminalreporter.write_line(line)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter is not None and is_for_all_attacks(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if not_tried(reporter.stats) else exitstatus


def pytest_unconfigure(config):
    os.close(config.stash[STDERR])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    return (yield from bounded(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    return (yield from bounded(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    return (yield from bounded(item))


def bounded(item):
    """Let the phase run, with an end that nothing in this process can put off."""
    marker = item.get_closest_marker("timeout")
    seconds = float(marker.args[0] if marker else item.config.getini("timeout"))
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
