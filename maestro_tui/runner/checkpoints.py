"""A terminal's state beside the output log, with its byte offset: from there on a screen is made anew.

A checkpoint is made from the recording alone, by an engine of its own in a thread, so that no
frame waits for it. Whoever attaches begins with the newest one and needs only the output after it.
"""

import asyncio
import json
import logging
import threading
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from maestro_tui.domain.errors import Invalid
from maestro_tui.files import write_whole
from maestro_tui.recording import Recording, output_directory
from maestro_tui.replay import Missing, Resized, Step, replay
from maestro_tui.terminal.engine import SCROLLBACK_LINES, Terminal

__all__ = ["EVERY_BYTES", "Checkpoints", "Restored", "advance", "restore", "warm_up"]

LOG = logging.getLogger(__name__)

FILE = "checkpoint"
EVERY_BYTES = 8 << 20
"""How much output may lie behind the newest checkpoint of a session that is shown."""
PAUSE_SECONDS = 10.0
"""Between two checkpoints of a session: a flood must not keep a core busy with them."""
COLUMNS, ROWS = 80, 24
_FORMAT = "maestro-checkpoint-1"


@dataclass(slots=True)
class Restored:
    """A terminal as it was when the session had written offset bytes.

    exact: whether no output before offset was missing; otherwise the program should paint again.
    """

    terminal: Terminal
    offset: int = 0
    exact: bool = True

    def play(self, steps: Iterable[Step]) -> None:
        """Go on with what happened then."""
        for step in steps:
            if isinstance(step, Resized):
                self.terminal.resize(step.columns, step.rows)
            elif isinstance(step, Missing):
                self.terminal.reset()
                self.offset, self.exact = step.end, False
            else:
                self.terminal.feed(step.data)
                self.offset = step.end


def restore(directory: Path, scrollback_lines: int = SCROLLBACK_LINES) -> Restored:
    """The newest checkpoint of the session with this directory, or a new terminal. Blocks up to a second."""
    restored = Restored(Terminal(COLUMNS, ROWS, scrollback_lines=scrollback_lines))
    try:
        head, _, packed = (directory / FILE).read_bytes().partition(b"\n")
        fields = json.loads(head)
        offset, exact = int(fields["offset"]), bool(fields["exact"])
        if fields["format"] != _FORMAT or fields["digest"] != _digest(offset, exact, packed):
            raise ValueError("it is damaged or was written by another version")
        restored.terminal.restore(zlib.decompress(packed))
        return Restored(restored.terminal, offset, exact)
    except FileNotFoundError:
        pass  # there is none yet, as for every short session
    except (OSError, ValueError, KeyError, TypeError, zlib.error, Invalid) as error:
        LOG.info("The checkpoint in %s is not used: %s", directory, error)
    return restored


def warm_up() -> None:
    """Load the engine, so that the first terminal does not wait for it. Blocks for a fifth of a second."""
    Terminal(COLUMNS, ROWS).close()


def advance(
    directory: Path,
    until: int | None = None,
    *,
    scrollback_lines: int = SCROLLBACK_LINES,
    stopped: Callable[[], bool] = lambda: False,
) -> int | None:
    """Write a newer checkpoint from what is recorded up to byte until; its offset.

    None when it was stopped, or the output ends in the middle of something. Blocks; raises OSError.
    """
    restored = restore(directory, scrollback_lines)
    try:
        for step in replay(Recording(output_directory(directory)), restored.offset, until):
            if stopped():
                return None
            restored.play((step,))
        state = restored.terminal.snapshot()
        if state is None or stopped():
            return None
        _write(directory, restored, zlib.compress(state, 1))
        return restored.offset
    finally:
        restored.terminal.close()


def _write(directory: Path, restored: Restored, packed: bytes) -> None:
    head = {
        "format": _FORMAT,
        "offset": restored.offset,
        "exact": restored.exact,
        "digest": _digest(restored.offset, restored.exact, packed),
    }
    # One that a power cut takes is made anew: the recording is the truth.
    write_whole(directory / FILE, json.dumps(head).encode() + b"\n" + packed, mode=0o600, durable=False)


def _digest(offset: int, exact: bool, packed: bytes) -> str:
    return sha256(b"%d %d\n" % (offset, exact) + packed).hexdigest()


class Checkpoints:
    """Keeps the checkpoints of the sessions shown here near their ends, one after the other."""

    def __init__(
        self,
        *,
        scrollback_lines: int = SCROLLBACK_LINES,
        every: int = EVERY_BYTES,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self.scrollback_lines = scrollback_lines
        self._every = every
        self._pause = pause
        self._written: dict[str, int] = {}
        self._shown: dict[str, int] = {}
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Semaphore()
        self._stop = threading.Event()

    def begin(self, session_id: str, offset: int) -> None:
        """A session is shown from a checkpoint at offset on."""
        self._written[session_id] = offset

    def consider(self, session_id: str, directory: Path, end: int) -> None:
        """Write one if much output came since the last. end: how many bytes are shown. Returns at once."""
        self._shown[session_id] = end
        if self._is_behind(session_id) and session_id not in self._at_work:
            task = asyncio.get_running_loop().create_task(self._catch_up(session_id, directory))
            self._at_work[session_id] = task
            task.add_done_callback(lambda _: self._at_work.pop(session_id, None))

    def forget(self, session_id: str) -> None:
        """A session is shown no longer."""
        self._written.pop(session_id, None)
        self._shown.pop(session_id, None)

    def close(self) -> None:
        """Begin no more, and give up those at work."""
        self._stop.set()
        for task in self._at_work.values():
            task.cancel()

    def _is_behind(self, session_id: str) -> bool:
        return self._shown.get(session_id, 0) - self._written.get(session_id, 0) >= self._every

    async def _catch_up(self, session_id: str, directory: Path) -> None:
        while self._is_behind(session_id):
            end = self._shown[session_id]
            try:
                async with self._one_at_a_time:
                    kept = self.scrollback_lines
                    await asyncio.to_thread(
                        advance, directory, end, scrollback_lines=kept, stopped=self._stop.is_set
                    )
            except OSError as error:  # a full disk: attaching takes longer, nothing else
                LOG.info("No checkpoint of session %s: %s", session_id, error)
            if session_id in self._shown:
                self._written[session_id] = end
            await asyncio.sleep(self._pause)
