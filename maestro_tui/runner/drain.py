"""Reads all attachments fairly: one bounded turn at a time, so that a flood never holds up a key."""

import asyncio
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable

__all__ = ["Drain"]

TURN_SECONDS = 0.002
SLICE_BYTES = 16 << 10

Receiver = Callable[[bytes], None]


class Drain:
    """One selector for all attachments, registered with the event loop as a single descriptor.

    Every turn of the loop takes at most 2 ms, and 16 KiB of one attachment before the next has its
    turn; what is left waits in the kernel, which slows the sender's viewer queue and nobody else.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: deque[socket.socket] = deque()

    def add(self, connection: socket.socket, receive: Receiver) -> None:
        """Give receive what the connection brings, in pieces; an empty piece means it is closed."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._descriptor, self._turn)
        self._selector.register(connection, selectors.EVENT_READ, receive)

    def remove(self, connection: socket.socket) -> None:
        """Read a connection no longer."""
        if connection in self._selector.get_map():
            self._selector.unregister(connection)
        if connection in self._ready:
            self._ready.remove(connection)
        if not self._selector.get_map() and self._loop is not None:
            self._loop.remove_reader(self._descriptor)
            self._loop = None

    def close(self) -> None:
        """Read nothing any more."""
        for key in tuple(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
        if self._loop is not None:
            self._loop.remove_reader(self._descriptor)
            self._loop = None
        self._selector.close()

    @property
    def _descriptor(self) -> int:
        return int(self._selector.fileno())

    def _turn(self) -> None:
        end = time.perf_counter() + TURN_SECONDS
        waiting = set(self._ready)
        for key, _ in self._selector.select(0):
            if key.fileobj not in waiting:
                self._ready.append(key.fileobj)  # type: ignore[arg-type]
        while self._ready and time.perf_counter() < end:
            self._read(self._ready.popleft())

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
