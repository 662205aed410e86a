"""Both directions between the program's terminal and the host: output into the history, input in order."""

import selectors
import time
from collections import deque
from collections.abc import Callable

from maestro_tui.ptyhost.history import History
from maestro_tui.ptyhost.pty import Pty

__all__ = ["NEVER", "Stream"]

NEVER = float("inf")
REOPEN_SECONDS = 0.5
QUIET_SECONDS = 0.1


class Stream:
    """Reads the terminal, unless its viewers need a moment, and writes to it when it takes something."""

    def __init__(self, pty: Pty, history: History, selector: selectors.BaseSelector) -> None:
        self._pty = pty
        self._history = history
        self._selector = selector
        self._input: deque[tuple[memoryview, Callable[[], None]]] = deque()
        self._watched = 0
        self.rest_until = NEVER
        """When to read on, while the output is left where it is (monotonic seconds)."""
        self.reopen_at = NEVER
        """When to look whether somebody opened the terminal again (monotonic seconds)."""
        self.quiet_at = NEVER
        """When the output may count as complete, once the program has ended."""
        self._watch()

    def put(self, data: bytes, delivered: Callable[[], None]) -> None:
        """Give the program data; delivered is called once its terminal has taken all of it."""
        self._input.append((memoryview(data), delivered))
        self._write()

    def look_again(self) -> None:
        """Watch a terminal that every program had closed: one may have opened it since."""
        self.reopen_at = NEVER
        self._watch()

    def rest(self, until: float) -> None:
        """Leave the output where it is until then, which makes a program that writes wait; NEVER: read on."""
        if self.reopen_at != NEVER:
            return
        self.rest_until = until
        self._watch()

    def program_ended(self, now: float) -> None:
        """From here on the output is complete as soon as it is closed, or quiet for a moment."""
        self.rest(NEVER)
        self.quiet_at = now + QUIET_SECONDS if self._watched else now

    def close(self) -> None:
        """Hang up; input not taken yet is dropped."""
        self._unwatch()
        self._input.clear()
        self.rest_until = self.reopen_at = self.quiet_at = NEVER
        self._pty.close()

    def _ready(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._write()
        if events & selectors.EVENT_READ:
            self._read()

    def _read(self) -> None:
        data = self._pty.read()
        if data:
            self._history.append(data)
            if self.quiet_at != NEVER:
                self.quiet_at = time.monotonic() + QUIET_SECONDS
        elif data is None:  # every end of the terminal is closed, which is not the program's end
            self._unwatch()
            self.rest_until, self.reopen_at = NEVER, time.monotonic() + REOPEN_SECONDS
            self.quiet_at = min(self.quiet_at, time.monotonic())

    def _write(self) -> None:
        while self._input:
            data, delivered = self._input[0]
            taken = self._pty.write(data)
            if taken < len(data):
                self._input[0] = (data[taken:], delivered)
                if not taken:
                    break
                continue
            self._input.popleft()
            delivered()
        if self._watched or self.rest_until != NEVER:
            self._watch()

    def _watch(self) -> None:
        wanted = (selectors.EVENT_READ if self.rest_until == NEVER else 0) | (
            selectors.EVENT_WRITE if self._input else 0
        )
        if not wanted:
            self._unwatch()
        elif not self._watched:
            self._selector.register(self._pty.fd, wanted, self._ready)
        elif wanted != self._watched:
            self._selector.modify(self._pty.fd, wanted, self._ready)
        self._watched = wanted

    def _unwatch(self) -> None:
        if self._watched:
            self._watched = 0
            self._selector.unregister(self._pty.fd)
