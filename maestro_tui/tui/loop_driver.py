"""The outer terminal on the event loop: keys are read and frames are written without a thread in between.

Textual reads in one thread and writes in another. Each key and each echo then waits until the operating
system has woken them and the interpreter has changed hands: nearly a third of the way.
"""

import asyncio
import os
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import Any

from textual import constants
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from maestro_tui.tui.outer_cursor import CursorApp
from maestro_tui.tui.outer_keys import OuterParser
from maestro_tui.tui.outlet import Outlet

__all__ = ["LoopDriver"]

READ_BYTES = 4096
LAST_WORDS_SECONDS = 1.0
LARGE_WRITE = 4096
"""Bytes from which on a write is the greater part of a frame."""
MOST_WAITING = 64 * 1024
"""Bytes that may wait: a frame of a large screen; where one frame has more, as many as it has."""


class LoopDriver(LinuxDriver):
    """Textual's driver for Linux without its threads, of which the writing one is left for what takes long.

    Input that is no terminal is read as Textual reads it.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        assert self._file is not None
        self._outlet = Outlet(self._file.fileno())
        self._file = self._outlet  # type: ignore[assignment]  # what Textual's writing thread writes to
        self._escape_timer: asyncio.TimerHandle | None = None
        self._frame_bytes = 0
        self._has_terminal = False

    def start_application_mode(self) -> None:
        self._has_terminal = True
        self._outlet.open()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        if isinstance(self._app, CursorApp):
            self._app.leave_cursor()
        super().stop_application_mode()
        self._has_terminal = False

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own size, which Textual asks for after COLUMNS and LINES.

        Those are often another terminal's: whatever has readline hands them on to what it starts.
        """
        with suppress(OSError):
            size = os.get_terminal_size(self.fileno)
            if all(size):
                return size
        return super()._get_terminal_size()

    def _sigcont_application(self, *_: Any) -> None:
        """Go on after a stop, in the event loop's own time: a signal may come amid a stop or a start."""
        if self._auto_restart and self._app.is_running:
            self._loop.call_soon_threadsafe(self._go_on)

    def _go_on(self) -> None:
        """Draw everything: whoever had the terminal meanwhile may have written to it.

        Of SIGSTOP nobody is told. What it left open is closed first, or there would be two of it.
        """
        if not self._app.is_running:
            return
        if self._has_terminal:
            self.suspend_application_mode()
        self.resume_application_mode()
        self._app.refresh(layout=True)

    def close(self) -> None:
        self._outlet.end(LAST_WORDS_SECONDS)
        super().close()
        self._outlet.close()

    # Keys

    def _run_input_thread(self) -> None:
        """Textual starts a thread with this; it has nothing else to do than to say that input may come."""
        if self.input_tty:
            self._loop.call_soon_threadsafe(self._listen)
        else:
            super()._run_input_thread()

    def _listen(self) -> None:
        self._parser = OuterParser(self._debug)
        self._decoder = getincrementaldecoder("utf-8")(errors="replace")
        self._loop.add_reader(self.fileno, self._read)

    def disable_input(self) -> None:
        self._loop.remove_reader(self.fileno)
        if self._escape_timer is not None:
            self._escape_timer.cancel()
        super().disable_input()

    def _read(self) -> None:
        try:
            data = os.read(self.fileno, READ_BYTES)
        except OSError:
            data = b""
        if not data:  # The terminal is gone. SIGHUP says so too, but not to a process that others started for it.
            self._loop.remove_reader(self.fileno)
            self._app.exit()
            return
        for event in self._parser.feed(self._decoder.decode(data)):
            self.process_message(event)
        if self._escape_timer is not None:
            self._escape_timer.cancel()
            self._escape_timer = None
        if self._parser.awaits_more:
            self._escape_timer = self._loop.call_later(constants.ESCAPE_DELAY, self._end_sequence)

    def _end_sequence(self) -> None:
        """What began as a sequence and did not go on was a key: Escape."""
        for event in self._parser.tick():
            self.process_message(event)

    def send_message(self, message: Message) -> None:
        if self.input_tty:
            self._app.post_message(message)
        else:
            super().send_message(message)

    # Frames

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has yet to take so much that further frames should wait."""
        return self._outlet.waiting > max(MOST_WAITING, self._frame_bytes)

    def write(self, data: str) -> None:
        if len(data) > LARGE_WRITE:
            self._frame_bytes = len(data)
        if not self._outlet.offer(data):
            super().write("")
