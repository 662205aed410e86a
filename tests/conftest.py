"""A second net below the time limits of the tests.

A limit raises an exception where the test happens to be. Within a callback of an event loop, or
within a library that goes on after a failure, it is swallowed, and the test would wait for ever.
A while later the process says where all of its threads are and ends, so that the run reports the
test by name.
"""

import faulthandler

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

GRACE = 60
"""Seconds between the limit and the end of the process, for the test to clean up."""


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer(item, settings):
    stderr = item.config.stash.get(fault_handler_stderr_fd_key, 2)
    faulthandler.dump_traceback_later(settings.timeout + GRACE, exit=True, file=stderr)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_timeout_cancel_timer(item):
    faulthandler.cancel_dump_traceback_later()
    return (yield)
