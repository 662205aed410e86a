"""Plays a recording in a terminal, at the pace it was made or faster, with long pauses cut short."""

import select
import time
from collections.abc import Iterable

from maestro_tui.attach.keys import DetachKey
from maestro_tui.attach.outer import OuterTerminal
from maestro_tui.attach.queries import QueryFilter
from maestro_tui.replay import Missing, Resized, Step

__all__ = ["play"]

LONGEST_PAUSE = 1.0
"""Seconds: nobody wants to watch an agent think."""
PAUSE, QUIT, ESCAPE = b" ", frozenset(b"q\x03"), b"\x1b"


def play(outer: OuterTerminal, steps: Iterable[Step], detach: DetachKey, speed: float) -> bool:
    """Show what happened, until its end or until somebody leaves; whether it came to the end.

    speed: how many times as fast as it was. Space pauses, q leaves. Raises EOFError when the terminal is gone.
    """
    queries, before = QueryFilter(), 0
    outer.clear()
    for step in steps:
        if isinstance(step, Missing):
            outer.clear()
            outer.write(b"[%d bytes are missing here]\r\n" % (step.end - step.offset))
            continue
        pause = min((step.at - before) / 1000, LONGEST_PAUSE) / speed if before else 0.0
        before = step.at or before
        if not _wait(outer, max(pause, 0.0), detach):
            return False
        if not isinstance(step, Resized):  # a terminal of another size shows it as well as it can
            outer.write(queries.feed(step.data))
    return True


def _wait(outer: OuterTerminal, seconds: float, detach: DetachKey) -> bool:
    """Let time pass while the terminal takes what it was given; False when somebody wants to leave."""
    end, paused = time.monotonic() + seconds, False
    while True:
        left = None if paused else max(end - time.monotonic(), 0.0)
        readable, _, _ = select.select([outer.fd], [outer.fd] if outer.waiting else [], [], left)
        outer.flush()
        if readable:
            typed = outer.read()
            if typed == ESCAPE or set(typed) & QUIT or detach.find(typed) is not None:
                return False
            if PAUSE in typed:
                paused, end = not paused, time.monotonic()
        elif not paused and not outer.waiting and time.monotonic() >= end:
            return True
