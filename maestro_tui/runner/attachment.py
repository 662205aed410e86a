"""The cockpit's side of a PTY host's socket."""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Decoder, Frame, Kind, ProtocolError
from maestro_tui.runner.drain import Drain
from maestro_tui.telemetry.metrics import PTY_BYTES

__all__ = ["Attachment"]

LOG = logging.getLogger(__name__)

INPUT_BYTES = PTY_BYTES.labels("input")
CHUNK = 32 << 10
WINDOW = 256 << 10
"""How much input may be on its way unacknowledged; the rest waits here, so that other frames pass it."""
MOST_INPUT = 64 << 20
CONNECT_SECONDS = 5.0


class Attachment:
    """One connection to a host. `on_frame` gets every frame of the host, `on_close` the end of the connection."""

    def __init__(
        self,
        connection: socket.socket,
        drain: Drain,
        *,
        on_frame: Callable[[Frame], None],
        on_close: Callable[[], None],
    ) -> None:
        self._socket = connection
        self._drain = drain
        self._on_frame = on_frame
        self._on_close = on_close
        self._decoder = Decoder()
        self._loop = asyncio.get_running_loop()
        self._outgoing = bytearray()
        self._is_waiting = False
        """Whether the loop tells when the host takes more."""
        self._input: deque[tuple[int, bytes]] = deque()
        self._waiting = 0
        self._on_way: dict[int, int] = {}
        self._tickets = 0
        self._deliveries: dict[int, asyncio.Future[None]] = {}
        self.is_open = True

    @classmethod
    async def open(
        cls,
        path: str,
        drain: Drain,
        *,
        since: int,
        on_frame: Callable[[Frame], None],
        on_close: Callable[[], None],
        **hello: Any,
    ) -> "Attachment":
        """Connect to the host at path and ask for its output from offset `since` on. Raises OSError, TimeoutError.

        hello: further wishes, as `columns` and `rows`, or `answers`.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(connection, path)
        except BaseException:
            connection.close()
            raise
        attachment = cls(connection, drain, on_frame=on_frame, on_close=on_close)
        drain.add(connection, attachment._receive)
        attachment._send(frames.message(Kind.HELLO, {"protocol": frames.PROTOCOL, "since": since, **hello}))
        return attachment

    def send(self, data: bytes) -> bool:
        """Queue input for the program; False when 64 MiB wait already, or the connection is closed."""
        if self._queue_input(data) is None:
            return False
        self._drain.typed_to(self._socket)
        return True

    async def deliver(self, data: bytes) -> None:
        """Give the program input and wait until its terminal has taken all of it. Raises ConnectionError."""
        ticket = self._queue_input(data)
        if ticket is None:
            raise ConnectionError("the session takes no input")
        future = self._deliveries[ticket] = self._loop.create_future()
        try:
            await future
        finally:
            self._deliveries.pop(ticket, None)

    def resize(self, columns: int, rows: int) -> None:
        """Ask for a size; the focused viewer's wins."""
        largest = frames.LARGEST_SIDE
        self._send(frames.size(Kind.RESIZE, min(max(columns, 1), largest), min(max(rows, 1), largest)))

    def focus(self, has_focus: bool) -> None:
        self._send(frames.focus(has_focus))

    def signal(self, number: int) -> None:
        """Signal the program's process group."""
        self._send(frames.signal_number(number))

    def stop(self) -> None:
        """Begin the stop ladder; again: go to its next step."""
        self._send(frames.message(Kind.STOP, {}))

    def acknowledge_exit(self) -> None:
        self._send(frames.encode(Kind.ACK))

    def close(self) -> None:
        """Leave the host; the program notices nothing. `on_close` is not called."""
        if not self.is_open:
            return
        self.is_open = False
        self._drain.remove(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        for future in self._deliveries.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the session's host is gone"))

    def _queue_input(self, data: bytes) -> int | None:
        """The ticket of the last piece, or None when there is no room."""
        if not self.is_open or self._waiting + len(data) > MOST_INPUT:
            return None
        for start in range(0, max(len(data), 1), CHUNK):
            self._tickets = self._tickets % 0xFFFF_FFFF + 1
            self._input.append((self._tickets, data[start : start + CHUNK]))
        self._waiting += len(data)
        self._fill_window()
        INPUT_BYTES.inc(len(data))
        return self._tickets

    def _fill_window(self) -> None:
        while self._input and sum(self._on_way.values()) < WINDOW:
            ticket, data = self._input.popleft()
            self._on_way[ticket] = len(data)
            self._send(frames.input_bytes(ticket, data))

    def _receive(self, data: bytes) -> None:
        if not data:
            self._lost()
            return
        try:
            for frame in self._decoder.feed(data):
                self._obey(frame)
        except ProtocolError as error:
            LOG.error("A PTY host speaks another language: %s", error)
            self._lost()

    def _obey(self, frame: Frame) -> None:
        if frame.kind is Kind.DELIVERED:
            self._delivered(frames.parse_delivered(frame))
        elif frame.kind is Kind.ERROR:
            LOG.error("A PTY host refused what we said: %s", frames.parse_message(frame).get("message"))
        elif self.is_open:
            self._on_frame(frame)

    def _delivered(self, ticket: int) -> None:
        self._waiting -= self._on_way.pop(ticket, 0)
        future = self._deliveries.get(ticket)
        if future is not None and not future.done():
            future.set_result(None)
        self._fill_window()

    def _lost(self) -> None:
        if self.is_open:
            self.close()
            self._on_close()

    def _send(self, frame: bytes) -> None:
        if not self.is_open:
            return
        self._outgoing += frame
        if len(self._outgoing) == len(frame):
            self._flush()

    def _flush(self) -> None:
        try:
            del self._outgoing[: self._socket.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError:  # the reading side learns of it, after what the host still had to say
            self._outgoing.clear()
        if bool(self._outgoing) is self._is_waiting:
            return
        self._is_waiting = not self._is_waiting
        if self._is_waiting:
            self._loop.add_writer(self._socket, self._flush)
        elif self.is_open:
            self._loop.remove_writer(self._socket)
