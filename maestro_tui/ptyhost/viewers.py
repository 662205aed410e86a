"""Everyone who looks at a session: each reads at its own speed, none slows another.

A viewer is a position in the history. Only about a quarter of a mebibyte is ever queued for it; the rest waits
in the history, so that a lagging viewer continues from the log, or learns of a gap when even
that has moved on. The program is paced by the fastest viewer, as by any terminal, and never
stopped: a viewer that takes nothing for a moment does not count.
"""

import socket
import time
from collections.abc import Iterator

from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Decoder, Frame, Kind
from maestro_tui.ptyhost.history import History
from maestro_tui.ptyhost.stream import NEVER

__all__ = ["Viewer", "Viewers"]

QUEUE_BYTES = 256 << 10
CHUNK = 64 << 10
READ_BYTES = 64 << 10
LAG_BYTES = 256 << 10
"""How far the program may be ahead of the fastest viewer."""
RELIEF_BYTES = 192 << 10
"""How much nearer that viewer comes before a program that waits goes on: a few long pieces cost least."""
SOCKET_BYTES = 64 << 10
"""What the kernel may hold for a viewer. It takes more only once most of that is gone, so with the usual
buffer a viewer that reads a megabyte in a second would seem to take nothing for long."""
STALL_SECONDS = 0.25
"""A viewer that takes nothing for so long does not hold the program up."""


class Viewer:
    """One connection: its decoder, its queue, its place in the output, its wishes."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        self.socket = connection
        self.welcomed = False
        self.welcomed_at = 0.0
        self.closing = False
        """No more is queued; the viewer goes once its queue is sent."""
        self.size: tuple[int, int] | None = None
        self.looked_at = 0.0
        """When a person last focused it (monotonic seconds); 0 for one without focus."""
        self.resized_at = 0.0
        self.answers = False
        """Whether it would answer what the program asks its terminal."""
        self.input_waiting = 0
        """Bytes it typed which the program's terminal has not taken yet."""
        self._decoder = Decoder()
        self._queue = bytearray()
        self._position = 0
        self._size_shown: int | None = None
        self._last_words = b""
        self._behind_at_start = self._taken = 0
        self._took_at = 0.0

    @property
    def has_queue(self) -> bool:
        return bool(self._queue)

    def start_at(self, offset: int, history: History) -> None:
        """Read the output from offset on."""
        self._position, self._behind_at_start = offset, history.end - max(offset, history.start)
        self.welcomed, self.welcomed_at = True, time.monotonic()
        self._took_at = self.welcomed_at

    def is_current(self, history: History) -> bool:
        """Whether it has been sent everything there is."""
        return self.welcomed and not self._queue and not self._last_words and self._position >= history.end

    def behind(self, history: History) -> int:
        """How many bytes of output it has yet to take."""
        return history.end - self._position + len(self._queue)

    def lead(self) -> int:
        """How far, in bytes, the program may be ahead of it; one that came late catches up at half its pace."""
        return max(LAG_BYTES, self._behind_at_start - self._taken // 2)

    def stalls_at(self) -> float:
        """From when on (monotonic seconds) it counts as stalled."""
        return self._took_at + STALL_SECONDS if self.welcomed and not self.closing else 0.0

    def receive(self) -> list[Frame] | None:
        """Frames that arrived; None when the viewer is gone. Raises ProtocolError."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return self._decoder.feed(data) if data else None

    def queue(self, frame: bytes) -> None:
        self._queue += frame

    def queue_last(self, frame: bytes) -> None:
        """Queue a frame behind all output there is."""
        self._last_words = frame

    def show_size_again(self) -> None:
        """Tell it the terminal's size, even if it is the one told last."""
        self._size_shown = None

    def pump(self, history: History) -> bool:
        """Send as much as the viewer takes; False when it is gone."""
        while True:
            if self.welcomed and not self.closing and len(self._queue) < QUEUE_BYTES:
                self._fill(history)
            if not self._queue:
                self._took_at = time.monotonic()
                return True
            try:
                sent = self.socket.send(self._queue)
            except BlockingIOError:
                return True
            except OSError:
                return False
            del self._queue[:sent]
            self._taken += sent
            self._took_at = time.monotonic()

    def _fill(self, history: History) -> None:
        piece = history.read(self._position, CHUNK)
        if piece is None:
            self._show_size(history)
            self._queue += self._last_words
            self._last_words = b""
            return
        if piece.offset > self._position:
            self._queue += frames.gap(self._position, piece.offset)
            self._position = piece.offset
        self._show_size(history)
        self._queue += frames.output(piece.offset, piece.data)
        self._position = piece.end

    def _show_size(self, history: History) -> None:
        """Every size from where it is on, since lines wrap anew with each; before that, the one in force."""
        if self._size_shown is None:
            size = history.size_at(self._position)
            sizes = [] if size is None else [size]
        else:
            sizes = history.sizes_since(self._size_shown, self._position)
        for size in sizes:
            self._size_shown = size.number
            self._queue += frames.size(Kind.SIZE, size.columns, size.rows)


class Viewers:
    """All viewers of one session."""

    def __init__(self) -> None:
        self._viewers: list[Viewer] = []

    def __iter__(self) -> Iterator[Viewer]:
        return iter(tuple(self._viewers))

    def __len__(self) -> int:
        return len(self._viewers)

    def add(self, viewer: Viewer) -> None:
        self._viewers.append(viewer)

    def remove(self, viewer: Viewer) -> None:
        self._viewers.remove(viewer)
        viewer.socket.close()

    def owner(self) -> Viewer | None:
        """The one viewer that answers the program's queries: of those willing, the first to be welcomed."""
        willing = [viewer for viewer in self._viewers if viewer.welcomed and viewer.answers]
        return min(willing, key=lambda viewer: viewer.welcomed_at, default=None)

    def rest_until(self, history: History, now: float, *, resting: bool) -> float:
        """Until when the program should wait for those who look at it (monotonic seconds); NEVER: not at all.

        resting: whether it waits already.
        """
        taking = [viewer for viewer in self._viewers if viewer.stalls_at() > now]
        if not taking:
            return NEVER
        fastest = min(taking, key=lambda viewer: viewer.behind(history))
        lead = fastest.lead() - (RELIEF_BYTES if resting else 0)
        return fastest.stalls_at() if fastest.behind(history) > lead else NEVER

    def size(self) -> tuple[int, int] | None:
        """The size to use: the last focused viewer's, else that of the last one resized, else nobody's."""
        sized = [viewer for viewer in self._viewers if viewer.size is not None]
        return max(sized, key=_claim_to_size).size if sized else None


def _claim_to_size(viewer: Viewer) -> tuple[float, float]:
    return viewer.looked_at, viewer.resized_at
