"""The terminal the cockpit runs in: found at its start, put back when there is no time to leave in order."""

import asyncio
import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from maestro_tui.domain.errors import MaestroError

__all__ = ["NoTerminal", "OuterTerminal", "leave_on_hangup", "take_terminal"]

RESET = (
    b"\x1b[?2026l\x1b[<u\x1b[?1000;1002;1003;1004;1006;1015;1016;2004;2048l"  # frames, keys, mouse, focus, pastes
    b"\x1b[?1049l\x1b[?7;25h\x1b[0m\x1b[0 q\x1b]112\x07"  # the alternate screen, wrapping, styles, the cursor
)
"""Undoes what the screens set."""


class OuterTerminal:
    """The terminal of a descriptor, as it is now."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._attributes = None
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(descriptor)

    def restore(self) -> None:
        """Put it back. Never waits, and a terminal that is gone is fine."""
        with suppress(OSError, termios.error, ValueError):
            if select.select([], [self._descriptor], [], 0)[1]:
                os.write(self._descriptor, RESET)
            if self._attributes is not None:
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._attributes)


class NoTerminal(MaestroError):
    """There is nothing to read keys from or to draw on."""

    code = "NO_TERMINAL"


def take_terminal() -> None:
    """Have what Textual draws on, and asks for its size, be the terminal, wherever the shell sends the output.

    Textual takes standard error for it, and the size of standard output. What Python prints goes where the
    shell sends it all the same. Raises NoTerminal where the keys do not come from a terminal.
    """
    if sys.__stdin__ is None or not sys.__stdin__.isatty():
        raise NoTerminal(
            "the cockpit needs a terminal, and its standard input is none",
            suggestion="without one: maestro-tui serve, or maestro-tui run",
        )
    for name in ("__stderr__", "__stdout__"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None or not stream.isatty():
            setattr(sys, name, _terminal_to_write())


def _terminal_to_write() -> TextIO:
    """The terminal that the keys come from, opened anew: it may have been opened for reading alone."""
    try:
        return open(os.ttyname(0), "w", encoding="utf-8")  # noqa: PTH123 - for as long as the process lives
    except OSError as error:
        raise NoTerminal(
            f"the cockpit needs a terminal to draw on: {error.strerror}",
            suggestion="leave standard output or standard error to the terminal",
        ) from error


def leave_on_hangup(leave: Callable[[], None]) -> None:
    """Leave when the terminal is gone. What is still written must go somewhere, or the writer waits for ever."""
    loop, outer = asyncio.get_running_loop(), OuterTerminal()

    def hang_up(*_: object) -> None:
        signal.signal(signal.SIGCONT, signal.SIG_IGN)  # it follows a hangup, and would start the screen anew
        outer.restore()  # a hangup may also be sent while the terminal is there
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)
        loop.call_soon_threadsafe(leave)

    signal.signal(signal.SIGHUP, hang_up)
