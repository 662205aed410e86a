"""The terminals that run on this machine: each a program's screen, kept up to date over its host's socket."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from maestro_tui.ptyhost import records, registry
from maestro_tui.ptyhost.registry import Fate
from maestro_tui.recording import Recording, output_directory
from maestro_tui.replay import replay
from maestro_tui.runner.checkpoints import Checkpoints, Restored, restore
from maestro_tui.runner.drain import Drain
from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.news import Closed, Exited, Opened, Output, TerminalNews
from maestro_tui.telemetry.logs import during

__all__ = ["Terminals"]

LOG = logging.getLogger(__name__)

Unsubscribe = Callable[[], None]


ENDED_KEPT = 20
"""Terminals of ended sessions that stay open; each costs up to a megabyte, with a long scrollback a few."""
_OVER = frozenset({Fate.ENDED, Fate.LOST, Fate.REBOOTED, Fate.ORPHANED})


class Terminals:
    """Live terminals by session id. Closing them detaches; no program notices.

    Those of sessions that have ended stay, the `ended_kept` newest of them and those in sight; older ones
    are read from their recordings again when somebody wants to see them.

    directory_of: where a session's records lie; without it nothing can be opened again. checkpoints: writes
    the checkpoints of what is shown, and knows how much of it is kept; by default as `Checkpoints` says.
    """

    def __init__(
        self,
        *,
        directory_of: Callable[[str], Path] | None = None,
        checkpoints: Checkpoints | None = None,
        ended_kept: int = ENDED_KEPT,
    ) -> None:
        self._directory_of = directory_of
        self._ended_kept = ended_kept
        self._retired: dict[str, None] = {}
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

    def subscribe(self, callback: Callable[[TerminalNews], None], *, first: bool = False) -> Unsubscribe:
        """Be told of everything that happens to a terminal, at once, on the event loop.

        first: before the others, as who shows it to a person has to be.
        """
        self._subscribers.insert(0 if first else len(self._subscribers), callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def make_way(self, *, typed: bool = False) -> None:
        """A key for a program was pressed: let its echo pass before anybody else's output.

        typed: the program has it already; without, it is whoever `send` is called for next.
        """
        self._drain.make_way(typed=typed)

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

    async def attach_if_alive(
        self, session_id: str, directory: Path, socket: str, *, fresh: bool = False
    ) -> LiveTerminal | None:
        """As `attach` does; None when its host has left already."""
        try:
            return await self.attach(session_id, directory, socket, fresh=fresh)
        except (OSError, TimeoutError) as error:
            LOG.info("Session %s: its PTY host does not answer: %s", session_id, error)
            return None

    async def show_ended(
        self, session_id: str, directory: Path, record: records.ExitRecord | None
    ) -> LiveTerminal:
        """The last screen of a session that has ended; record is None when no host told how."""
        restored = await asyncio.to_thread(_last_state, directory, self._checkpoints.scrollback_lines)
        live = LiveTerminal(session_id, directory, restored, tell=self._tell)
        self._open(live)
        live.end(record)
        return live

    async def reopen(self, session_id: str) -> bool:
        """Show a session that ended here as its recording has it; False where no records say that it did."""
        if self._directory_of is None:
            return False
        directory = self._directory_of(session_id)
        try:
            if await asyncio.to_thread(registry.fate, directory) not in _OVER:
                return False
            record = await asyncio.to_thread(records.read_exit, directory)
            await self.show_ended(session_id, directory, record)
        except OSError as error:
            LOG.warning("The records of session %s cannot be read: %s", session_id, error)
            return False
        self.retire(session_id)
        return True

    def retire(self, session_id: str) -> None:
        """A session has ended and everybody knows: its terminal goes when enough others have ended after it."""
        if session_id not in self._terminals or session_id in self._retired:
            return
        self._retired[session_id] = None
        excess = max(0, len(self._retired) - self._ended_kept)
        out_of_sight = [one for one in self._retired if not self._terminals[one].is_in_sight]
        for oldest in out_of_sight[:excess]:
            self.close(oldest)

    def close(self, session_id: str) -> None:
        """Leave a session's terminal; its program runs on."""
        self._retired.pop(session_id, None)
        self._checkpoints.forget(session_id)
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
        self._retired.pop(live.session_id, None)
        if (old := self._terminals.pop(live.session_id, None)) is not None:
            old.close()
        self._terminals[live.session_id] = live
        self._tell(Opened(live.session_id))
        live.announce()

    def _tell(self, news: TerminalNews) -> None:
        if isinstance(news, Exited):
            with during(sessionId=news.session_id):
                LOG.info("Session %s ended", news.session_id)
        for subscriber in tuple(self._subscribers):
            subscriber(news)
        if isinstance(news, Output) and (live := self._terminals.get(news.session_id)) is not None:
            self._checkpoints.consider(live.session_id, live.directory, live.offset)


def _last_state(directory: Path, scrollback_lines: int) -> Restored:
    """The terminal of a session as its last output left it."""
    restored = restore(directory, scrollback_lines)
    restored.play(replay(Recording(output_directory(directory)), restored.offset))
    return restored
