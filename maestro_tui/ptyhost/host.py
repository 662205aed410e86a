"""The host of one session: owns the terminal and its output, serves viewers, outlives them all.

One thread, one selector. A program whose terminal is not drained stops, so its output is read at
the pace of the fastest viewer that takes any, and at full speed when there is none; no viewer can
hold it up for longer than a moment. Nothing here parses the output.
"""

import contextlib
import os
import selectors
import signal
import socket
import time
from pathlib import Path

from maestro_tui.ptyhost.history import History
from maestro_tui.ptyhost.lifecycle import Lifecycle
from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.ptyhost.pty import Pty
from maestro_tui.ptyhost.records import RunRecord
from maestro_tui.ptyhost.service import Service
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.stream import NEVER, Stream
from maestro_tui.recording import output_directory

__all__ = ["Host"]

LINGER_SECONDS = 2.0
UNSEEN_SECONDS = 0.5
ACCEPT_AGAIN_SECONDS = 0.5


class Host:
    """Runs one session from its start to the last byte a viewer wants.

    listener: a listening socket, non-blocking. wake: descriptor that gets the number of every
    signal that comes. record: what is on disk of it.
    """

    def __init__(self, spec: HostSpec, pty: Pty, *, listener: socket.socket, wake: int, record: RunRecord) -> None:
        directory = Path(spec.directory)
        self._spec = spec
        self._listener = listener
        self._wake = wake
        self._leave_at = self._accept_at = NEVER
        self._selector = selectors.DefaultSelector()
        self._log = OutputLog(output_directory(directory), limit=spec.log_limit)
        self._history = History(self._log, spec.ring)
        self._history.resized(spec.columns, spec.rows)
        self._stream = Stream(pty, self._history, self._selector)
        self._lifecycle = Lifecycle(spec.session_id, directory, pty.pid, record.started_at)
        self._service = Service(
            record,
            (spec.columns, spec.rows),
            pty=pty,
            log=self._log,
            history=self._history,
            stream=self._stream,
            lifecycle=self._lifecycle,
            selector=self._selector,
        )

    def run(self) -> None:
        """Serve until the program and all it started are gone, and viewers have the whole output."""
        self._listen()
        self._selector.register(self._wake, selectors.EVENT_READ, lambda _: self._signalled())
        self._reap()
        while not self._is_done():
            for key, events in self._selector.select(self._patience()):
                if self._selector.get_map().get(key.fd) is key:  # an earlier one may have closed or replaced it
                    key.data(events)
            self._tick(time.monotonic())
            self._service.pump()
            self._pace(time.monotonic())
        self._close()

    def _listen(self) -> None:
        self._accept_at = NEVER
        self._selector.register(self._listener, selectors.EVENT_READ, lambda _: self._accept())

    def _accept(self) -> None:
        if not self._service.accept(self._listener):
            # It stays ready, and would keep the processor busy until a descriptor is free.
            self._selector.unregister(self._listener)
            self._accept_at = time.monotonic() + ACCEPT_AGAIN_SECONDS

    def _signalled(self) -> None:
        if signal.SIGTERM in os.read(self._wake, 4096):
            self._lifecycle.stop("system", time.monotonic())
        self._reap()

    def _reap(self) -> None:
        now = time.monotonic()
        if self._lifecycle.reap(now):
            self._stream.program_ended(now)

    def _patience(self) -> float | None:
        due = min(
            self._accept_at,
            self._service.resize_at,
            self._stream.reopen_at,
            self._stream.rest_until,
            self._stream.quiet_at if self._lifecycle.status is not None else NEVER,
            self._lifecycle.due,
            self._leave_at if self._lifecycle.is_over else NEVER,
        )
        return None if due == NEVER else max(due - time.monotonic(), 0.0)

    def _tick(self, now: float) -> None:
        if now >= self._accept_at:
            self._listen()
        if now >= self._service.resize_at:
            self._service.apply_size(now)
        if now >= self._stream.reopen_at:
            self._stream.look_again()
        if self._has_all_output(now):
            self._conclude(now)
        if self._lifecycle.advance(now):
            self._service.tell_state()
        self._service.tell_failure()

    def _pace(self, now: float) -> None:
        if self._lifecycle.status is None:
            self._stream.rest(self._service.rest_until(now))

    def _has_all_output(self, now: float) -> bool:
        if self._lifecycle.status is None or self._lifecycle.exit is not None:
            return False
        return now >= min(self._stream.quiet_at, self._lifecycle.drained_at)

    def _conclude(self, now: float) -> None:
        self._stream.close()
        self._lifecycle.conclude(self._history.end, now)
        self._service.tell_exit()
        self._leave_at = now + (LINGER_SECONDS if self._service.has_viewers else UNSEEN_SECONDS)

    def _is_done(self) -> bool:
        if not self._lifecycle.is_over:
            return False
        return self._service.is_finished() or time.monotonic() >= self._leave_at

    def _close(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._spec.socket)
        self._listener.close()
        self._service.close()
        self._log.close()
        self._selector.close()
