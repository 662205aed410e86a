"""A session's recorded output, as bytes or as text, a bounded part at a time."""

import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace

from maestro_tui.asciicast import asciicast
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.session import Session
from maestro_tui.paths import Home
from maestro_tui.recording import Piece, Recording, output_directory
from maestro_tui.replay import replay
from maestro_tui.services.listening import Listening
from maestro_tui.services.output_watch import OutputWatch
from maestro_tui.services.sessions import SessionService
from maestro_tui.transcript import Line, complete_length, read_lines

__all__ = ["LARGEST_PART", "OutputPart", "OutputService"]

LARGEST_PART = 1_048_576


@dataclass(frozen=True, slots=True)
class OutputPart:
    """Output from byte start up to byte end of a session.

    content: as the program wrote it, or its text in UTF-8. gaps: the bytes within that are not
    held any more, or never were. more: whether there is output after end. ended: whether the session
    writes nothing any more.
    """

    content: bytes
    start: int
    end: int
    more: bool = False
    gaps: tuple[tuple[int, int], ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Window:
    """What is recorded from a byte on: stretches with gaps between them."""

    stretches: list[Piece]
    asked_from: int
    recorded_end: int

    @property
    def end(self) -> int:
        return self.stretches[-1].end if self.stretches else self.asked_from

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        ends = (self.asked_from, *(piece.end for piece in self.stretches))
        return tuple(
            (end, piece.offset) for end, piece in zip(ends, self.stretches, strict=False) if end < piece.offset
        )


class OutputService:
    """Reads what PTY hosts on this machine have recorded."""

    def __init__(self, sessions: SessionService, home: Home, listening: Listening) -> None:
        self._sessions = sessions
        self._home = home
        self._listening = listening
        self.watch = OutputWatch()

    async def read(
        self, session_id: str, actor: Actor, *, since: int | None = None, tail: int = 0, raw: bool = False
    ) -> OutputPart:
        """At most 1 MiB of output: from byte since on, else the last tail lines, else from the beginning.

        Text is what a person would read, without escape sequences (see `transcript`); its end may lie a few
        bytes before a sequence that is still being written. Raises NotFound when nothing is
        recorded here, Forbidden.
        """
        session = await self._sessions.get(session_id, actor)
        recording = Recording(output_directory(self._home.session(session_id)))
        if not recording.exists:
            if not session.is_live or _runs_elsewhere(session):
                raise _nothing(session)
            return OutputPart(b"", 0, 0)
        part = await asyncio.to_thread(_part, recording, since, tail, raw)
        return replace(part, ended=not session.is_live)

    async def follow(
        self, session_id: str, actor: Actor, *, since: int, raw: bool = False, wait_seconds: float
    ) -> OutputPart:
        """As `read` from byte since on; while there is nothing yet, wait so long for output or the end."""
        directory, deadline = self._home.session(session_id), asyncio.get_running_loop().time() + wait_seconds
        async with self.watch.on(directory) as written:
            with self._listening.to(lambda entry: entry.event.session_id == session_id) as told:
                while True:
                    part = await self.read(session_id, actor, since=since, raw=raw)
                    has_news = part.end > since or part.ended or self._listening.is_over
                    if has_news or not await _either(written, told, deadline):
                        return part

    async def cast(self, session_id: str, actor: Actor, since: int | None = None) -> Iterator[str]:
        """The lines of an asciicast v2 of what is recorded, from byte since on; reading them blocks.

        Raises NotFound when nothing is recorded here, Forbidden.
        """
        session = await self._sessions.get(session_id, actor)
        recording = Recording(output_directory(self._home.session(session_id)))
        if not recording.exists:
            raise _nothing(session)
        return asciicast(replay(recording, recording.start if since is None else since), session.name)


async def _either(written: asyncio.Event, told: asyncio.Event, deadline: float) -> bool:
    """Whether something happened before the deadline (the loop's time)."""
    waiting = [asyncio.create_task(event.wait()) for event in (written, told)]
    try:
        patience = max(deadline - asyncio.get_running_loop().time(), 0.0)
        done, _ = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    written.clear()
    told.clear()
    return bool(done)


def _part(recording: Recording, since: int | None, tail: int, raw: bool) -> OutputPart:
    start = recording.start if since is None else since
    if tail:
        start = max(start, recording.end - LARGEST_PART)
    window = _Window(recording.stretches(start, LARGEST_PART), start, recording.end)
    return _bytes(window, tail) if raw else _text(window, tail)


def _bytes(window: _Window, tail: int) -> OutputPart:
    content = b"".join(piece.data for piece in window.stretches)
    if tail and window.stretches:
        last = window.stretches[-1]
        kept = _last_lines(last.data, tail)
        if len(kept) < len(last.data):
            start = last.end - len(kept)
            return OutputPart(kept, start, last.end, more=last.end < window.recorded_end)
    return OutputPart(content, window.asked_from, window.end, window.end < window.recorded_end, window.gaps)


def _text(window: _Window, tail: int) -> OutputPart:
    lines: list[Line] = []
    at = end = window.asked_from
    for piece in window.stretches:
        if lines and not lines[-1].text:
            lines.pop()
        if piece.offset > at:
            lines.append(Line(f"[{piece.offset - at} bytes are missing here]", at))
        data = piece.data[: complete_length(piece.data)] if piece is window.stretches[-1] else piece.data
        lines += (Line(line.text, piece.offset + line.offset) for line in read_lines(data))
        at, end = piece.end, piece.offset + len(data)
    ends_in_line = bool(lines and lines[-1].text)
    if lines and not ends_in_line:
        lines.pop()
    start = window.asked_from
    if tail and len(lines) > tail:
        lines = lines[-tail:]
        start = lines[0].offset
    text = "\n".join(line.text for line in lines) + ("\n" if lines and not ends_in_line else "")
    gaps = tuple(gap for gap in window.gaps if gap[1] > start)
    return OutputPart(text.encode(), start, end, window.end < window.recorded_end, gaps)


def _last_lines(data: bytes, count: int) -> bytes:
    """The last lines, whole; a line feed at the very end begins no line."""
    ends = [found.end() for found in re.finditer(rb"\n", data) if found.end() < len(data)]
    return data[ends[-count] :] if len(ends) >= count else data


def _runs_elsewhere(session: Session) -> bool:
    return session.hostname not in (None, socket.gethostname())


def _nothing(session: Session) -> NotFound:
    where = f"; it ran on {session.hostname}" if _runs_elsewhere(session) else ""
    return NotFound(
        f"No output of session '{session.id}' is recorded on this machine{where}",
        suggestion=f"maestro session info {session.id}",
        details={"sessionId": session.id},
    )
