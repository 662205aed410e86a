"""The terminal somebody sits at: raw while a session is shown in it, and afterwards as it was."""

import os
import select
import termios
import tty
from types import TracebackType

__all__ = ["LEAVE", "OuterTerminal"]

LEAVE = (
    b"\x18"  # whatever sequence the output ended in
    b"\x1b[?2026l\x1b[0m\x1b(B\x0f"  # a frame being drawn; style; character set
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2031l\x1b[?2048l"  # focus, paste, colour and size reports
    b"\x1b[<9u\x1b[=0;1u\x1b[>4m\x1b[?1l\x1b>"  # keyboard protocols, cursor and keypad keys
    b"\x1b[?1049l\x1b[r\x1b[?6l\x1b[?7h\x1b[4l\x1b[?69l"  # screen, margins, origin, wrapping, inserting
    b"\x1b[<9u\x1b[=0;1u"  # the keyboard once more: each screen has its own
    b"\x1b]8;;\x1b\\\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"  # link, colours
    b"\x1b[0 q\x1b[?25h\x1b[23;0t"  # cursor, title
)
"""Undoes whatever a program may have asked its terminal for."""
ENTER = b"\x1b[22;0t"
WAIT_SECONDS = 1.0


class OuterTerminal:
    """A context in which the terminal is raw. Writing never blocks: what it does not take waits.

    descriptor: of the terminal. Raises EOFError when that is gone.
    """

    def __init__(self, descriptor: int = 0) -> None:
        # An open file of our own: not to block is a property of the file, which the shell shares.
        try:
            self._attributes = termios.tcgetattr(descriptor)
            self.fd = os.open(os.ttyname(descriptor), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, termios.error) as error:
            raise EOFError(str(error)) from error
        self._waiting = bytearray()

    def __enter__(self) -> "OuterTerminal":
        try:
            self.make_raw()
            self.write(ENTER)
        except EOFError:
            os.close(self.fd)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whatever happened, the terminal is as it was, the cursor below what was shown."""
        try:
            self._write_patiently(LEAVE + b"\x1b[9999;1H\r\n")
            termios.tcsetattr(self.fd, termios.TCSADRAIN, self._attributes)
        except (EOFError, OSError, termios.error):
            pass  # the terminal is gone, and what it showed with it
        finally:
            os.close(self.fd)

    def make_raw(self) -> None:
        """Every key is passed on as it is, nothing is echoed; again after the process was stopped.

        Raises EOFError when the terminal is gone.
        """
        try:
            tty.setraw(self.fd, termios.TCSANOW)
        except termios.error as error:
            raise EOFError(str(error)) from error

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows; 80 and 24 where the terminal does not know. Raises EOFError when it is gone."""
        try:
            columns, rows = os.get_terminal_size(self.fd)
        except OSError as error:
            raise EOFError(str(error)) from error
        return columns or 80, rows or 24

    def clear(self) -> None:
        """An empty screen; what it showed before scrolls up."""
        _, rows = self.size
        self.write(b"\x1b[0m\x1b[9999;1H" + b"\r\n" * rows + b"\x1b[H\x1b[2J")

    def read(self) -> bytes:
        """What was typed; empty when nothing was. Raises EOFError when the terminal is gone."""
        try:
            data = os.read(self.fd, 64 << 10)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise EOFError(str(error)) from error
        if not data:
            raise EOFError("the terminal is gone")
        return data

    def write(self, data: bytes) -> None:
        """Show data as soon as the terminal takes it. Raises EOFError when it is gone."""
        self._waiting += data
        self.flush()

    def flush(self) -> None:
        """Give the terminal what it takes now. Raises EOFError when it is gone."""
        while self._waiting:
            try:
                del self._waiting[: os.write(self.fd, self._waiting[: 16 << 10])]
            except BlockingIOError:
                return
            except OSError as error:
                raise EOFError(str(error)) from error

    @property
    def waiting(self) -> int:
        """How many bytes the terminal has not taken yet."""
        return len(self._waiting)

    def _write_patiently(self, data: bytes) -> None:
        """Write data, and wait for a terminal that is slow, but not for one that hangs."""
        self.write(data)
        while self._waiting:
            _, writable, _ = select.select([], [self.fd], [], WAIT_SECONDS)
            if not writable:
                return
            self.flush()
