"""A terminal's output, written without waiting as far as the terminal takes it."""

import os
from collections import deque
from contextlib import suppress

__all__ = ["Outlet"]


class Outlet:
    """Written to by two: `offer` by whoever must not wait, `write` by a thread that may, for what was left.

    descriptor: the terminal's. What was offered is written in its order.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._quick: int | None = None
        self._left: deque[bytes] = deque()
        self._left_count = self._written_count = 0

    def open(self) -> None:
        """Get ready to write at once; a terminal that cannot be opened has everything left for `write`."""
        with suppress(OSError):
            # Opened anew: the descriptor is shared with whoever started us, and has to go on blocking for them.
            self._quick = os.open(os.ttyname(self._descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)

    def close(self) -> None:
        """Let go of the terminal."""
        if self._quick is not None:
            os.close(self._quick)
            self._quick = None

    def offer(self, text: str) -> bool:
        """Write a text; False when some of it is left, for which `write` has to be called once."""
        data = text.encode("utf-8", "replace")
        if self._quick is not None and self._left_count == self._written_count:
            with suppress(OSError):
                data = data[os.write(self._quick, data) :]
            if not data:
                return True
        self._left.append(data)
        self._left_count += 1
        return False

    def write(self, _: str = "") -> None:
        """Write what one `offer` left, however long it takes. A terminal that is gone takes nothing more."""
        data = self._left.popleft()
        with suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]
        self._written_count += 1

    def flush(self) -> None:
        """Nothing is kept back."""
