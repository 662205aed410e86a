"""The terminals that run on this machine: each a program's screen, kept up to date over its host's socket."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from maestro_tui.ptyhost import records
from maestro_tui.recording import Recording, output_directory
from maestro_tui.replay import replay
from maestro_tui.runner.checkpoints import Checkpoints, Restored, restore
from maestro_tui.runner.drain import Drain
from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.news import Closed, Exited, Opened, Output, TerminalNews

__all__ = ["Terminals"]

LOG = logging.getLogger(__name__)

Unsubscribe = Callable[[], None]


class Terminals:
    """Live terminals by session id. Closing them detaches; no program notices.

    checkpoints: writes the checkpoints of what is shown, and knows how much of it is kept; by default as
        `Checkpoints` says.
    """

    def __init__(self, *, checkpoints: Checkpoints | None = None) -> None:
        self._terminals: dict[str, LiveTerminal] = {}
        self._subscribers: list[Callable[[TerminalNews], None]] = []
        self._drain = Drain()
        self._checkpoints = checkpoints or Checkpoints()

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
        # The engine's first use costs 0.2 s, and a long scrollback more: no frame has that to spare.
        restored = await asyncio.to_thread(restore, directory, self._checkpoints.scrollback_lines)
        live = LiveTerminal(session_id, directory, restored, tell=self._tell, fresh=fresh)
        self._checkpoints.begin(session_id, restored.offset)
        try:
            await live.attach(socket, self._drain)
        except BaseException:
            live.close()
            raise
        self._open(live)
        return live

    async def show_ended(self, session_id: str, directory: Path, record: records.ExitRecord) -> LiveTerminal:
        """The last screen of a session that ended before anybody was attached."""
        restored = await asyncio.to_thread(_last_state, directory, self._checkpoints.scrollback_lines)
        live = LiveTerminal(session_id, directory, restored, tell=self._tell)
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
        self._checkpoints.close()
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
        elif isinstance(news, Output) and (live := self._terminals.get(news.session_id)) is not None:
            self._checkpoints.consider(live.session_id, live.directory, live.offset)
        for subscriber in tuple(self._subscribers):
            subscriber(news)


def _last_state(directory: Path, scrollback_lines: int) -> Restored:
    """The terminal of a session as its last output left it."""
    restored = restore(directory, scrollback_lines)
    restored.play(replay(Recording(output_directory(directory)), restored.offset))
    return restored
