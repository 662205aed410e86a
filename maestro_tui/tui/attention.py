"""Who asked for the person, when, and how long they waited; and which of it is worth a call.

Pure but for the log file: times are arguments, in Unix ms.
"""

import json
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from maestro_tui.config.settings import AttentionSettings
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Need
from maestro_tui.domain.text import clean_line
from maestro_tui.files import ensure_private_directory

__all__ = ["Asked", "Attention", "is_quiet"]

LOG = logging.getLogger(__name__)
KEPT = 200
LARGEST_FILE = 1 << 20
LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """One time that an agent waited. until: when it no longer did, None while it does. Times are Unix ms."""

    session_id: str
    name: str
    need: str
    message: str
    since: int
    until: int | None = None

    def waited(self, now: int) -> int:
        """For how long, ms."""
        return max((self.until or now) - self.since, 0)


class Attention:
    """Follows the sessions. file: where each wait is written down once it is over; None for nowhere."""

    def __init__(self, settings: AttentionSettings, file: Path | None = None) -> None:
        self._settings = settings
        self._file = file
        self._past: deque[Asked] = deque(maxlen=KEPT)
        self._waiting: dict[str, Asked] = {}
        self._called: set[str] = set()

    def follow(self, sessions: Iterable[Session], now: int) -> None:
        """Take up who waits and who no longer does."""
        waiting = {session.id: session for session in sessions if session.needs_person}
        for session_id in [one for one in self._waiting if one not in waiting]:
            self._end(session_id, now)
        for session in waiting.values():
            known = self._waiting.get(session.id)
            asked = _asked(session, now)
            since = asked.since if known is None else known.since
            self._waiting[session.id] = replace(asked, since=since)

    def due(self, now: int) -> list[Asked]:
        """Those the person is to be called for now; each is answered once, and none in quiet hours."""
        found = [
            asked
            for session_id, asked in self._waiting.items()
            if session_id not in self._called
            and asked.need in self._settings.needs
            and asked.waited(now) >= self._settings.after_seconds * 1000
        ]
        self._called.update(asked.session_id for asked in found)
        return [] if is_quiet(self._settings.quiet_hours, now) else found

    @property
    def log(self) -> tuple[Asked, ...]:
        """Who waits now, the longest first, then who waited, the newest first."""
        return (*sorted(self._waiting.values(), key=lambda one: one.since), *reversed(self._past))

    def _end(self, session_id: str, now: int) -> None:
        self._called.discard(session_id)
        ended = replace(self._waiting.pop(session_id), until=now)
        self._past.append(ended)
        if self._file is not None:
            self._write(self._file, ended)

    def _write(self, file: Path, ended: Asked) -> None:
        line = json.dumps(asdict(ended) | {"waitedMs": ended.waited(0)}, ensure_ascii=False)
        try:
            ensure_private_directory(file.parent)
            if file.exists() and file.stat().st_size > LARGEST_FILE:
                file.replace(file.with_suffix(".1.jsonl"))
            with file.open("a", encoding="utf-8") as log:
                log.write(f"{line}\n")
        except OSError as error:
            LOG.warning("Who asked for you is not written down: %s", error)


def is_quiet(hours: str, now: int) -> bool:
    """Whether now is in `22:00-07:30`, by this machine's clock; the end does not belong to it."""
    if not hours:
        return False
    first, last = hours.split("-")
    clock = datetime.fromtimestamp(now / 1000).strftime("%H:%M")
    return first <= clock < last if first <= last else clock >= first or clock < last


def _asked(session: Session, now: int) -> Asked:
    known = session.known_activity
    need = known.need if known is not None and known.need is not None else Need.QUESTION
    message = clean_line(session.question)[:LONGEST_MESSAGE]
    since = session.waits_since or now
    return Asked(session.id, clean_line(session.name), need.value, message, since)
