"""A session and a real terminal, joined byte by byte.

First the session's screen is made here, from its checkpoint and the output since, and drawn once;
from then on everything passes as it is. One thread, one selector.
"""

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from maestro_tui.attach.keys import DetachKey
from maestro_tui.attach.outer import OuterTerminal
from maestro_tui.attach.queries import QueryFilter
from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Decoder, Frame, Kind, ProtocolError
from maestro_tui.ptyhost.records import ExitRecord
from maestro_tui.runner.checkpoints import Restored

__all__ = ["Detached", "Ended", "HostGone", "Passthrough", "TerminalGone"]

READ_BYTES = 64 << 10
MOST_WAITING = 256 << 10
"""Bytes that may wait for a slow terminal, or for a host whose program does not read."""
PIECE = 32 << 10
HISTORY_LINES = 5000
NUDGE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Detached:
    """The person left; the session runs on."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session's program ended."""

    record: ExitRecord


@dataclass(frozen=True, slots=True)
class HostGone:
    """The host closed the connection without a word. why: as it said, if it did."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class TerminalGone:
    """The terminal was closed, or this process was told to leave."""


Outcome = Detached | Ended | HostGone | TerminalGone


class Passthrough:
    """Shows a session in a terminal until one of them, or the person, ends it.

    connection: to the session's host. restored: the screen as of a checkpoint.
    """

    def __init__(
        self, outer: OuterTerminal, connection: socket.socket, restored: Restored, detach: DetachKey
    ) -> None:
        connection.setblocking(False)
        self._outer = outer
        self._connection = connection
        self._restored: Restored | None = restored
        self._detach = detach
        self._decoder = Decoder()
        self._filter = QueryFilter()
        self._selector = selectors.DefaultSelector()
        self._outgoing = bytearray()
        self._live_from = 0
        self._owner = False
        self._size: tuple[int, int] | None = None
        self._nudge_at: float | None = None
        self._outcome: Outcome | None = None

    def run(self) -> Outcome:
        """Until it is over; how it ended."""
        assert self._restored is not None
        with _signals() as (wake, arrived), self._selector:
            self._selector.register(wake, selectors.EVENT_READ, lambda _: self._signalled(arrived()))
            try:
                self._greet(self._restored.offset)
                while self._outcome is None:
                    self._watch(self._outer.fd, self._outer.waiting, len(self._outgoing), self._on_terminal)
                    self._watch(self._connection, len(self._outgoing), self._outer.waiting, self._on_host)
                    for key, events in self._selector.select(self._patience()):
                        key.data(events)
                    self._nudge()
            except EOFError:
                self._outcome = TerminalGone()
        return self._outcome

    def _greet(self, since: int) -> None:
        columns, rows = self._outer.size
        hello = {"protocol": frames.PROTOCOL, "since": since, "columns": columns, "rows": rows}
        self._send(frames.message(Kind.HELLO, {**hello, "answers": True}))
        self._send(frames.focus(True))

    def _watch(self, file: Any, to_write: int, held_up: int, react: Callable[[int], None]) -> None:
        """Read from one side only as long as the other takes what it gets."""
        wanted = selectors.EVENT_READ if held_up < MOST_WAITING else 0
        wanted |= selectors.EVENT_WRITE if to_write else 0
        registered = self._selector.get_map().get(file)
        if registered is None:
            if wanted:
                self._selector.register(file, wanted, react)
        elif not wanted:
            self._selector.unregister(file)
        elif registered.events != wanted:
            self._selector.modify(file, wanted, react)

    # -- the terminal --------------------------------------------------------------------

    def _on_terminal(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._outer.flush()
        if events & selectors.EVENT_READ:
            self._typed(self._outer.read())

    def _typed(self, data: bytes) -> None:
        place = self._detach.find(data)
        if place is not None:
            data, self._outcome = data[:place], Detached()
        if data and self._size != self._outer.size:
            self._send(frames.focus(True))  # whoever types looks here
        for start in range(0, len(data), PIECE):
            self._send(frames.input_bytes(0, data[start : start + PIECE]))

    def _signalled(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers or signal.SIGHUP in numbers:
            self._outcome = TerminalGone()
            return
        if signal.SIGCONT in numbers:
            self._outer.make_raw()
            self._have_painted()
        if signal.SIGWINCH in numbers:
            self._send(frames.size(Kind.RESIZE, *self._outer.size))

    # -- the host ------------------------------------------------------------------------

    def _on_host(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._flush()
        if not events & selectors.EVENT_READ:
            return
        try:
            data = self._connection.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._outcome = HostGone()
            return
        try:
            for frame in self._decoder.feed(data):
                self._take(frame)
        except ProtocolError as error:
            self._outcome = HostGone(str(error))

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.OUTPUT:
                self._show(*frames.parse_output(frame))
            case Kind.SIZE:
                self._resized(*frames.parse_size(frame))
            case Kind.GAP:
                self._jump(frames.parse_gap(frame)[1])
            case Kind.WELCOME:
                welcome = frames.parse_message(frame)
                frames.agree(welcome["protocol"])
                self._live_from = int(welcome["end"])
                self._owner = bool(welcome.get("owner"))
                self._go_live_if_caught_up(int(welcome["since"]))
            case Kind.STATE:
                self._set_owner(bool(frames.parse_message(frame).get("owner")))
            case Kind.EXIT:
                self._ended(ExitRecord.from_json(frames.parse_message(frame)))
            case Kind.ERROR:
                self._outcome = HostGone(str(frames.parse_message(frame).get("message")))

    def _show(self, offset: int, data: bytes) -> None:
        if self._restored is not None:
            replayed = max(self._live_from - offset, 0)
            self._restored.terminal.feed(data[:replayed])
            self._go_live_if_caught_up(offset + min(replayed, len(data)))
            data = data[replayed:]
        if data:
            self._outer.write(data if self._owner else self._filter.feed(data))

    def _go_live_if_caught_up(self, offset: int) -> None:
        if self._restored is not None and offset >= self._live_from:
            restored, self._restored = self._restored, None
            _draw(self._outer, restored)
            if not restored.exact:
                self._have_painted()

    def _resized(self, columns: int, rows: int) -> None:
        self._size = columns, rows
        if self._restored is not None:
            self._restored.terminal.resize(columns, rows)

    def _jump(self, end: int) -> None:
        """Bytes are missing, so nobody knows the screen: the program paints it again."""
        if self._restored is not None:
            self._restored.terminal.reset()
            self._restored.exact = False
            self._go_live_if_caught_up(end)
        else:
            self._outer.clear()
            self._have_painted()

    def _set_owner(self, owner: bool) -> None:
        if owner and not self._owner and self._restored is None:
            self._outer.write(self._filter.rest())
        self._owner = owner

    def _ended(self, record: ExitRecord) -> None:
        if self._restored is not None:
            self._go_live_if_caught_up(self._live_from)
        self._send(frames.encode(Kind.ACK))
        self._outcome = Ended(record)

    def _have_painted(self) -> None:
        """Programs paint when their terminal's size changes."""
        columns, rows = self._outer.size
        self._send(frames.size(Kind.RESIZE, columns, rows + 1))
        self._nudge_at = time.monotonic() + NUDGE_SECONDS

    def _nudge(self) -> None:
        if self._nudge_at is not None and time.monotonic() >= self._nudge_at:
            self._nudge_at = None
            self._send(frames.size(Kind.RESIZE, *self._outer.size))

    def _patience(self) -> float | None:
        return None if self._nudge_at is None else max(self._nudge_at - time.monotonic(), 0.0)

    def _send(self, frame: bytes) -> None:
        self._outgoing += frame
        self._flush()

    def _flush(self) -> None:
        try:
            del self._outgoing[: self._connection.send(self._outgoing)]
        except BlockingIOError:
            return
        except OSError:  # the reading side learns of it, after what the host still had to say
            self._outgoing.clear()


def _draw(outer: OuterTerminal, restored: Restored) -> None:
    """The session's screen, as it looks in a terminal of this size, and the lines above it."""
    terminal = restored.terminal
    terminal.resize(*outer.size)
    outer.clear()
    outer.write(terminal.redraw(HISTORY_LINES))
    if terminal.title:
        outer.write(b"\x1b]2;" + terminal.title.encode() + b"\x07")
    terminal.close()


@contextmanager
def _signals() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A descriptor that becomes readable when a signal of interest came, and what reads their numbers."""
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    wanted = (signal.SIGWINCH, signal.SIGCONT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in wanted}
    previous = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def arrived() -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(reading, 4096)
        return b""

    try:
        yield reading, arrived
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
