"""From the program's start to the moment nothing of the session is left."""

import contextlib
import os
import time
from pathlib import Path

from maestro_tui.ptyhost import processes, records
from maestro_tui.ptyhost.ending import LADDER, LEFTOVERS, Ladder
from maestro_tui.ptyhost.stream import NEVER

__all__ = ["Lifecycle"]

RETRY_SECONDS = 1.0
DRAIN_SECONDS = 2.0


class Lifecycle:
    """Whether the program lives, is being stopped or has ended, and what that calls for next."""

    def __init__(self, session_id: str, directory: Path, agent: int, started_at: int) -> None:
        self._session_id = session_id
        self._directory = directory
        self._agent = agent
        self._started_at = started_at
        self._ladder: Ladder | None = None
        self._stopped_by: str | None = None
        self._record_at = NEVER
        self._recorded = False
        self._clear = False
        self.status: int | None = None
        """The program's wait status, once it ended."""
        self.drained_at = NEVER
        """When output is no longer waited for, although something still writes."""
        self.exit: records.ExitRecord | None = None
        self.failure: str | None = None
        """Why the exit record could not be written yet."""

    @property
    def phase(self) -> str:
        """`running`, `stopping` or `ended`."""
        return "ended" if self.exit else "stopping" if self._ladder else "running"

    @property
    def step(self) -> str | None:
        """The signal sent last: `HUP`, `TERM` or `KILL`."""
        return self._ladder.step.name if self._ladder and self._ladder.step else None

    def next_step_ms(self, now: float) -> int | None:
        """How long the signal sent last has time to work; None while nothing is being stopped."""
        if self._ladder is None or self._clear:
            return None
        return max(round((self._ladder.due - now) * 1000), 0)

    def count_left(self) -> int | None:
        """How many processes of the session are left; None while nothing is stopped, or none can tell."""
        if self._ladder is not None:
            with contextlib.suppress(OSError):
                return len(processes.descendants(os.getpid()))
        return None

    @property
    def due(self) -> float:
        """When something is to be done next (monotonic seconds)."""
        return min(
            self._record_at, self.drained_at, self._ladder.due if self._ladder and not self._clear else NEVER
        )

    @property
    def is_over(self) -> bool:
        """Whether the end is on record and nothing the program started is left."""
        return self.exit is not None and self._recorded and self._clear

    def stop(self, who: str, now: float) -> None:
        """Begin the ladder; while it runs, go to its next step at once."""
        if self._ladder is not None:
            self._ladder.skip(now)
        elif self.status is None:
            self._stopped_by = who
            self._ladder = Ladder(now, LADDER)

    def reap(self, now: float) -> bool:
        """Collect every child that ended, adopted ones too; whether the program is among them."""
        ended = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                pid = 0
            if pid == 0:
                break
            if pid == self._agent:
                self.status, ended = status, True
                self.drained_at = now + DRAIN_SECONDS
        self._look_for_leftovers()
        return ended

    def conclude(self, end_offset: int, now: float) -> None:
        """The output is complete: record the end and begin to clear up."""
        assert self.status is not None
        code = os.waitstatus_to_exitcode(self.status)
        self.drained_at = NEVER
        self.exit = records.ExitRecord(
            session_id=self._session_id,
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            stopped_by=self._stopped_by,
            end_offset=end_offset,
            started_at=self._started_at,
            ended_at=time.time_ns() // 1_000_000,
        )
        self._record(now)
        self._ladder = Ladder(now, LEFTOVERS)
        self._look_for_leftovers()

    def acknowledge(self) -> None:
        """Somebody knows how it ended; the record need not be tried any longer."""
        if self.exit is not None:
            self._recorded = True
            self._record_at = NEVER

    def advance(self, now: float) -> bool:
        """Do what is due; whether a viewer would see a difference."""
        if now >= self._record_at:
            self._record(now)
        self._look_for_leftovers()
        if self._ladder is None or self._clear:
            return False
        step = self._ladder.advance(now)
        if step is not None:
            processes.send_tree(step.signal, self._agent, os.getpid())
        return step is not None

    def _look_for_leftovers(self) -> None:
        if self.exit is not None and not self._clear:
            with contextlib.suppress(OSError):  # no descriptor is free: they are looked for again
                self._clear = not processes.descendants(os.getpid())

    def _record(self, now: float) -> None:
        assert self.exit is not None
        try:
            records.write_exit(self._directory, self.exit)
        except FileNotFoundError:  # the session's directory is gone: nobody will ask how it ended
            self.acknowledge()
        except OSError as error:  # a full disk: viewers are told, and it is tried again
            self.failure = f"cannot write the exit record: {error}"
            self._record_at = now + RETRY_SECONDS
        else:
            self.failure = None
            self.acknowledge()
