"""Reads all attachments fairly: one bounded turn at a time, so that a flood never holds up a key."""

import asyncio
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context

__all__ = ["Drain"]

TURN_SECONDS = 0.002
SLICE_BYTES = 16 << 10
WAY_SECONDS = 0.02
"""The longest that a key holds up everybody else's output."""
SHOW_SECONDS = 0.005
"""What the screen needs to show an echo that has come; after it, the others have as long for sure."""
CALM_SECONDS = 0.5
"""How long after a key for one program everybody else is read at an easy pace."""
BREATH_SECONDS = 0.004
"""What lies between two slices at that pace, some 4 MB/s: reading at full speed keeps every core busy
with programs and their hosts, and each step of the next key would wait for one."""

Receiver = Callable[[bytes], None]


class Drain:
    """One selector for all attachments, registered with the event loop as a single descriptor.

    Every turn of the loop takes at most 2 ms, and 16 KiB of one attachment before the next has its
    turn; what is left waits in the kernel, which slows the sender. While a key is on its way to a
    program and its echo back, nobody else is read, and for a moment after that only slowly.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_over = False
        self._ready: deque[socket.socket] = deque()
        self._way: asyncio.TimerHandle | None = None
        self._typed_to: socket.socket | None = None
        self._no_way_before = 0.0
        self._favourite: socket.socket | None = None
        self._calm_until = 0.0
        self._breath: asyncio.TimerHandle | None = None
        self._context = Context()
        """In which all are read: not that of the one session whose start began the reading."""

    def make_way(self, *, typed: bool = False) -> None:
        """A key was pressed: read nobody until its echo has been shown, or for 20 ms at most.

        typed: `typed_to` has told already where it went.
        """
        if self._loop is None:
            return
        now = self._loop.time()
        self._calm_until = now + CALM_SECONDS
        if self._way is None and now >= self._no_way_before:
            self._stop_reading()
            self._way = self._loop.call_later(WAY_SECONDS, self._end_way)
        if typed:
            self._await_echo()

    def typed_to(self, connection: socket.socket) -> None:
        """The key went there: what comes back is read at once."""
        self._favourite = connection
        self._await_echo()

    def add(self, connection: socket.socket, receive: Receiver) -> None:
        """Give receive what the connection brings, in pieces; an empty piece means it is closed."""
        if self._loop is None and not self._is_over:
            self._loop = asyncio.get_running_loop()
            self._read_all()
        self._selector.register(connection, selectors.EVENT_READ, receive)

    def remove(self, connection: socket.socket) -> None:
        """Read a connection no longer."""
        if connection in self._selector.get_map():
            self._selector.unregister(connection)
        if connection in self._ready:
            self._ready.remove(connection)
        if connection is self._typed_to:
            self._end_way()
        if connection is self._favourite:
            self._favourite = None
        if not self._selector.get_map():
            self._leave_loop()

    def rest(self) -> None:
        """Read nothing any more, of connections that come later neither; they stay open until they are removed."""
        self._is_over = True
        self._leave_loop()

    def close(self) -> None:
        """Read nothing any more."""
        for key in tuple(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
        self._leave_loop()
        self._selector.close()

    @property
    def _descriptor(self) -> int:
        return int(self._selector.fileno())

    def _leave_loop(self) -> None:
        if self._loop is not None:
            self._end_way()
            self._stop_reading()
            self._loop = None

    def _await_echo(self) -> None:
        if self._loop is None or self._way is None or self._typed_to is not None or self._favourite is None:
            return
        self._typed_to = self._favourite
        # By its number: a socket's name, which asyncio's look-up makes up each time, costs more than the rest.
        self._context.run(self._loop.add_reader, self._typed_to.fileno(), self._read_echo)

    def _read_echo(self) -> None:
        if self._loop is None or self._way is None or self._typed_to is None:
            return
        shown = self._loop.time() + SHOW_SECONDS
        if shown < self._way.when():
            self._way.cancel()
            self._way = self._loop.call_at(shown, self._end_way)
        self._read(self._typed_to)

    def _end_way(self) -> None:
        """Read everybody again."""
        if self._loop is None or self._way is None:
            return
        self._way.cancel()
        self._way = None
        self._no_way_before = self._loop.time() + SHOW_SECONDS
        if self._typed_to is not None:
            self._loop.remove_reader(self._typed_to.fileno())
            self._typed_to = None
        self._read_all()

    def _read_all(self) -> None:
        if self._loop is not None:
            self._context.run(self._loop.add_reader, self._descriptor, self._turn)

    def _stop_reading(self) -> None:
        if self._breath is not None:
            self._breath.cancel()
            self._breath = None
        if self._loop is not None:
            self._loop.remove_reader(self._descriptor)

    def _take_a_breath(self) -> None:
        if self._loop is not None:
            self._stop_reading()
            self._breath = self._loop.call_later(BREATH_SECONDS, self._read_on)

    def _read_on(self) -> None:
        self._breath = None
        self._read_all()

    def _turn(self) -> None:
        end = time.perf_counter() + TURN_SECONDS
        waiting = set(self._ready)
        for key, _ in self._selector.select(0):
            if key.fileobj not in waiting:
                self._ready.append(key.fileobj)  # type: ignore[arg-type]
        is_calm = self._loop is not None and self._loop.time() < self._calm_until
        while self._ready and time.perf_counter() < end:
            connection = self._ready.popleft()
            self._read(connection)
            if is_calm and connection is not self._favourite:
                self._take_a_breath()
                return

    def _read(self, connection: socket.socket) -> None:
        receive: Receiver = self._selector.get_key(connection).data
        try:
            data = connection.recv(SLICE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if len(data) == SLICE_BYTES:
            self._ready.append(connection)
        receive(data)
