"""The signals of what tests start."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["heeding_ctrl_c"]


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """What is started meanwhile heeds SIGINT, as from a terminal, also where the tests run in the background.

    A shell has what it starts there ignore it, and so does all that this starts.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
