"""How a session is ended: HUP, then TERM, then KILL, with time between to leave in good order."""

import signal
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["LADDER", "LEFTOVERS", "Ladder", "Step"]


class Step(NamedTuple):
    """A signal, and how many seconds it is given to work."""

    signal: signal.Signals
    seconds: float

    @property
    def name(self) -> str:
        return self.signal.name.removeprefix("SIG")


LADDER = (Step(signal.SIGHUP, 2.0), Step(signal.SIGTERM, 5.0), Step(signal.SIGKILL, 2.0))
"""For an agent somebody stops."""

LEFTOVERS = (Step(signal.SIGHUP, 0.3), Step(signal.SIGTERM, 2.0), Step(signal.SIGKILL, 1.0))
"""For what an agent that ended by itself left running: nothing of a session outlives it."""


class Ladder:
    """Says which signal is due. Does nothing itself; the last step repeats until nothing is left."""

    def __init__(self, now: float, steps: Sequence[Step] = LADDER) -> None:
        self._steps = steps
        self._index = -1
        self.due = now
        """When the next step is to be taken (monotonic seconds)."""

    @property
    def step(self) -> Step | None:
        """The step taken last."""
        return self._steps[self._index] if self._index >= 0 else None

    def skip(self, now: float) -> None:
        """Wait no longer for the step in force."""
        self.due = now

    def advance(self, now: float) -> Step | None:
        """The step to take now, or None while the last one still has time."""
        if now < self.due:
            return None
        self._index = min(self._index + 1, len(self._steps) - 1)
        step = self._steps[self._index]
        self.due = now + step.seconds
        return step
