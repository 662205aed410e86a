"""A terminal's output, written without waiting as far as the terminal takes it."""

import os
import select
from collections import deque
from contextlib import suppress
from time import monotonic

__all__ = ["Outlet"]

LOOK_SECONDS = 0.1
"""How often the thread looks whether it should go on with a terminal that takes nothing."""


class Outlet:
    """Written to by two: `offer` by whoever must not wait, `write` by a thread that may, for what was left.

    descriptor: the terminal's. What was offered is written in its order.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._quick: int | None = None
        self._left: deque[bytes] = deque()
        # Of what was ever left one counts what came, the other what went, so that neither needs a lock.
        self._left_bytes = self._late_bytes = 0
        self._deadline = float("inf")

    @property
    def waiting(self) -> int:
        """Bytes that were left and are not written yet."""
        return self._left_bytes - self._late_bytes

    def open(self) -> None:
        """Get ready to write at once; a terminal that cannot be opened has everything left for `write`."""
        self._deadline = float("inf")
        with suppress(OSError):
            # Opened anew: the descriptor is shared with whoever started us, and has to go on blocking for them.
            self._quick = os.open(os.ttyname(self._descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)

    def end(self, seconds: float) -> None:
        """Let `write` go on for no longer than this: a terminal that stands still holds up nobody's end."""
        self._deadline = monotonic() + seconds

    def close(self) -> None:
        """Let go of the terminal."""
        if self._quick is not None:
            os.close(self._quick)
            self._quick = None

    def offer(self, text: str) -> bool:
        """Write a text as far as that does not wait; False when `write` has to be called for the rest."""
        data = text.encode("utf-8", "replace")
        if self._quick is not None and not self.waiting:
            with suppress(OSError):
                data = data[os.write(self._quick, data) :]
        if not data:
            return True
        self._left.append(data)
        was_waiting = self.waiting  # after the append: a thread that is done just now looks for more once again
        self._left_bytes += len(data)
        return bool(was_waiting)

    def write(self, _: str = "") -> None:
        """Write all that is left, however long it takes. A terminal that is gone takes nothing more."""
        while self._left:
            data = self._left.popleft()
            while data:
                written = self._write_some(data)
                data = data[written:]
                self._late_bytes += written

    def flush(self) -> None:
        """Nothing is kept back."""

    def _write_some(self, data: bytes) -> int:
        """Wait a while for the terminal; how much it took, which is all of it when nobody will ever."""
        try:
            if self._quick is None:
                return os.write(self._descriptor, data)
            if monotonic() > self._deadline:
                return len(data)
            waiter = select.poll()
            waiter.register(self._quick, select.POLLOUT)
            waiter.poll(LOOK_SECONDS * 1000)
            return os.write(self._quick, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)
