"""What viewers may ask of a session, and how each is answered."""

import errno
import os
import selectors
import signal
import socket
import struct
import sys
import time
from typing import Any

from maestro_tui.ptyhost import frames, processes
from maestro_tui.ptyhost.frames import Frame, Kind, ProtocolError
from maestro_tui.ptyhost.history import History
from maestro_tui.ptyhost.lifecycle import Lifecycle
from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.ptyhost.pty import Pty
from maestro_tui.ptyhost.records import RunRecord
from maestro_tui.ptyhost.stream import NEVER, Stream
from maestro_tui.ptyhost.viewers import Viewer, Viewers

__all__ = ["Service"]

RESIZE_SECONDS = 0.05
MOST_VIEWERS = 64
MOST_INPUT = 1 << 20
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Service:
    """Accepts viewers, obeys their frames, keeps each supplied with output."""

    def __init__(
        self,
        record: RunRecord,
        size: tuple[int, int],
        *,
        pty: Pty,
        log: OutputLog,
        history: History,
        stream: Stream,
        lifecycle: Lifecycle,
        selector: selectors.BaseSelector,
    ) -> None:
        self._record = record
        self._size = size
        self._pty = pty
        self._log = log
        self._history = history
        self._stream = stream
        self._lifecycle = lifecycle
        self._selector = selector
        self._viewers = Viewers()
        self._failure: str | None = None
        self._resized_at = 0.0
        self._farewells = 0
        self.resize_at = NEVER
        """When the size viewers agree on is to be applied (monotonic seconds)."""

    @property
    def has_viewers(self) -> bool:
        return len(self._viewers) > 0

    def accept(self, listener: socket.socket) -> bool:
        """Let a viewer in, if it belongs to the same user; False when the system has no descriptor for it now."""
        try:
            connection, _ = listener.accept()
        except OSError as error:  # without such a reason it is gone again
            return error.errno not in SHORTAGES
        if len(self._viewers) >= MOST_VIEWERS or not _is_own_user(connection):
            connection.close()
            return True
        viewer = Viewer(connection)
        self._viewers.add(viewer)
        self._selector.register(connection, selectors.EVENT_READ, lambda events: self._hear(viewer, events))
        return True

    def pump(self) -> None:
        """Send every viewer what it takes."""
        for viewer in self._viewers:
            if viewer.pump(self._history) and not (viewer.closing and not viewer.has_queue):
                self._watch(viewer)
            else:
                self._drop(viewer)

    def rest_until(self, now: float) -> float:
        """Until when the program's output is better left unread (monotonic seconds); NEVER: not at all."""
        return self._viewers.rest_until(self._history, now, resting=self._stream.rest_until != NEVER)

    def tell_state(self) -> None:
        """Tell every viewer where the session stands."""
        for viewer in self._viewers:
            if viewer.welcomed and not viewer.closing:
                viewer.queue(frames.message(Kind.STATE, self._state(viewer)))

    def tell_failure(self) -> None:
        """Tell every viewer when recording stopped, or goes on."""
        if self._failure != (failure := self._lifecycle.failure or self._log.failure):
            self._failure = failure
            self.tell_state()

    def tell_exit(self) -> None:
        """Tell every viewer how the session ended, after the last of its output."""
        for viewer in self._viewers:
            self._say_farewell(viewer)

    def apply_size(self, now: float) -> None:
        """Give the terminal the size viewers agree on."""
        self.resize_at = NEVER
        size = self._viewers.size()
        if size is not None and size != self._size and self._lifecycle.exit is None:
            self._size, self._resized_at = size, now
            self._pty.resize(*size)
            self._history.resized(*size)

    def is_finished(self) -> bool:
        """Whether somebody has seen the end, and nobody still waits for it."""
        return self._farewells > 0 and all(viewer.is_current(self._history) for viewer in self._viewers)

    def close(self) -> None:
        for viewer in self._viewers:
            self._drop(viewer)

    def _hear(self, viewer: Viewer, events: int) -> None:
        if not events & selectors.EVENT_READ:
            return  # it takes more now, and `pump` will give it
        try:
            received = viewer.receive()
            if received is None:
                self._drop(viewer)
                return
            for frame in received:
                self._obey(viewer, frame)
        except ProtocolError as error:
            viewer.queue(frames.message(Kind.ERROR, {"code": "protocol_error", "message": str(error)}))
            viewer.closing = True

    def _obey(self, viewer: Viewer, frame: Frame) -> None:
        if viewer.closing:
            return
        if not viewer.welcomed:
            self._welcome(viewer, frame)
        elif frame.kind is Kind.INPUT:
            self._take_input(viewer, frame)
        elif frame.kind is Kind.RESIZE:
            viewer.size, viewer.resized_at = frames.parse_size(frame), time.monotonic()
            viewer.show_size_again()  # it may not be the one that was asked for
            self._want_size()
        elif frame.kind is Kind.FOCUS:
            viewer.looked_at = time.monotonic() if frames.parse_focus(frame) else 0.0
            self._want_size()
        elif frame.kind is Kind.SIGNAL:
            self._signal(frames.parse_signal(frame))
        elif frame.kind is Kind.STOP:
            self._lifecycle.stop("user", time.monotonic())
        elif frame.kind is Kind.ACK:
            self._lifecycle.acknowledge()
        else:
            raise ProtocolError(f"{frame.kind.name} is not for viewers to say")

    def _welcome(self, viewer: Viewer, frame: Frame) -> None:
        if frame.kind is not Kind.HELLO:
            raise ProtocolError(f"HELLO comes first, not {frame.kind.name}")
        hello = frames.parse_message(frame)
        frames.agree(hello.get("protocol", frames.OLDEST))
        since = hello.get("since", 0)
        if type(since) is not int or since < 0:
            raise ProtocolError(f"since is an offset, not {since!r}")
        if "columns" in hello:
            viewer.size = frames.check_size(hello["columns"], hello.get("rows"))
            viewer.resized_at = time.monotonic()
        since = min(since, self._history.end)
        viewer.answers = hello.get("answers") is True
        viewer.start_at(since, self._history)
        viewer.queue(frames.message(Kind.WELCOME, self._state(viewer) | self._greeting(since)))
        self._want_size()
        self._say_farewell(viewer)

    def _greeting(self, since: int) -> dict[str, Any]:
        return {
            "protocol": frames.PROTOCOL,
            "sessionId": self._record.session_id,
            "hostPid": self._record.host.pid,
            "agentPid": self._record.agent.pid,
            "run": self._record.to_json(),
            "columns": self._size[0],
            "rows": self._size[1],
            "since": since,
            "start": self._history.start,
            "end": self._history.end,
        }

    def _state(self, viewer: Viewer) -> dict[str, Any]:
        return {
            "phase": self._lifecycle.phase,
            "step": self._lifecycle.step,
            "due": self._lifecycle.next_step_ms(time.monotonic()),
            "left": self._lifecycle.count_left(),
            "failure": self._failure,
            "owner": viewer is self._viewers.owner(),
        }

    def _say_farewell(self, viewer: Viewer) -> None:
        if viewer.welcomed and self._lifecycle.exit is not None:
            self._farewells += 1
            viewer.queue_last(frames.message(Kind.EXIT, self._lifecycle.exit.to_json()))

    def _take_input(self, viewer: Viewer, frame: Frame) -> None:
        ticket, data = frames.parse_input(frame)
        if self._lifecycle.exit is None:
            viewer.input_waiting += len(data)
            self._stream.put(data, lambda: _took(viewer, ticket, len(data)))
            self._log.typed(len(data))  # after the program has it: the person waits for what it answers

    def _signal(self, number: int) -> None:
        if number not in signal.valid_signals():
            raise ProtocolError(f"no signal has the number {number}")
        if self._lifecycle.status is None:
            processes.send_group(number, self._pty.pid)

    def _want_size(self) -> None:
        size = self._viewers.size()
        if size is not None and size != self._size:
            self.resize_at = min(self.resize_at, max(time.monotonic(), self._resized_at + RESIZE_SECONDS))

    def _watch(self, viewer: Viewer) -> None:
        # A program that does not read must not make its host hold whatever a viewer types.
        wanted = 0 if viewer.input_waiting >= MOST_INPUT or viewer.closing else selectors.EVENT_READ
        wanted |= selectors.EVENT_WRITE if viewer.has_queue else 0
        registered = self._selector.get_map().get(viewer.socket)
        if registered is None:
            if wanted:
                self._selector.register(viewer.socket, wanted, lambda events: self._hear(viewer, events))
        elif not wanted:
            self._selector.unregister(viewer.socket)
        elif registered.events != wanted:
            self._selector.modify(viewer.socket, wanted, registered.data)

    def _drop(self, viewer: Viewer) -> None:
        if viewer.socket in self._selector.get_map():
            self._selector.unregister(viewer.socket)
        owned = viewer is self._viewers.owner()
        self._viewers.remove(viewer)
        self._want_size()
        if owned:
            self.tell_state()


def _took(viewer: Viewer, ticket: int, count: int) -> None:
    viewer.input_waiting -= count
    if ticket:
        viewer.queue(frames.delivered(ticket))


def _is_own_user(connection: socket.socket) -> bool:
    if sys.platform != "linux":
        return True  # the socket's mode 0600 in a directory of mode 0700 says so already
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid = struct.unpack("3i", credentials)[1]
    return bool(uid in (os.getuid(), 0))
