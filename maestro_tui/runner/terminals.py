"""The terminals that run on this machine: each a program's screen, kept up to date over its host's socket."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from maestro_tui.ptyhost import records
from maestro_tui.recording import Recording, output_directory
from maestro_tui.runner.drain import Drain
from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.news import Closed, Exited, Opened, TerminalNews
from maestro_tui.terminal.library import load

__all__ = ["Terminals"]

LOG = logging.getLogger(__name__)
REPLAYED_BYTES = 4 << 20

Unsubscribe = Callable[[], None]


class Terminals:
    """Live terminals by session id. Closing them detaches; no program notices."""

    def __init__(self) -> None:
        self._terminals: dict[str, LiveTerminal] = {}
        self._subscribers: list[Callable[[TerminalNews], None]] = []
        self._drain = Drain()

    @property
    def session_ids(self) -> tuple[str, ...]:
        """Sessions with a terminal here, ended ones included, in the order they were opened."""
        return tuple(self._terminals)

    def __iter__(self) -> Iterator[LiveTerminal]:
        return iter(tuple(self._terminals.values()))

    def get(self, session_id: str) -> LiveTerminal | None:
        return self._terminals.get(session_id)

    def subscribe(self, callback: Callable[[TerminalNews], None]) -> Unsubscribe:
        """Be told of everything that happens to a terminal, at once, on the event loop."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def make_way(self) -> None:
        """A key for a program was pressed: let its echo pass before anybody else's output."""
        self._drain.make_way()

    async def attach(self, session_id: str, directory: Path, socket: str, *, fresh: bool = False) -> LiveTerminal:
        """The session's terminal, connected to its host, with all its output on the way.

        fresh: nobody was attached before, so the queries in its early output still want answers.
        Raises OSError when the host does not answer.
        """
        if (known := self._terminals.get(session_id)) is not None and known.exited is None:
            if not known.is_attached:
                await known.attach(socket, self._drain)
            return known
        await asyncio.to_thread(load)  # the engine's first use costs 0.2 s, which no frame has to spare
        live = LiveTerminal(session_id, directory, tell=self._tell, fresh=fresh)
        await live.attach(socket, self._drain)
        self._open(live)
        return live

    async def show_ended(self, session_id: str, directory: Path, record: records.ExitRecord) -> LiveTerminal:
        """The last screen of a session that ended before anybody was attached."""
        await asyncio.to_thread(load)
        live = LiveTerminal(session_id, directory, tell=self._tell)
        if (piece := Recording(output_directory(directory)).tail(REPLAYED_BYTES)) is not None:
            live.terminal.feed(piece.data)
        self._open(live)
        live.end(record)
        return live

    def close(self, session_id: str) -> None:
        """Leave a session's terminal; its program runs on."""
        if (live := self._terminals.pop(session_id, None)) is not None:
            live.close()
            self._tell(Closed(session_id))

    def close_all(self) -> None:
        """Leave every terminal, when the cockpit ends."""
        for session_id in self.session_ids:
            self.close(session_id)
        self._drain.close()

    def _open(self, live: LiveTerminal) -> None:
        if (old := self._terminals.pop(live.session_id, None)) is not None:
            old.close()
        self._terminals[live.session_id] = live
        self._tell(Opened(live.session_id))
        live.announce()

    def _tell(self, news: TerminalNews) -> None:
        if isinstance(news, Exited):
            LOG.info("Session %s ended", news.session_id)
        for subscriber in tuple(self._subscribers):
            subscriber(news)
