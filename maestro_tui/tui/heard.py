"""Which calls of agents a person knows of, from one start of the cockpit to the next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Heard"]

MOST_SESSIONS = 500


@dataclass(frozen=True, slots=True)
class _Known:
    """at: up to where in a session's output its calls are known. waits: nobody has looked since the last one."""

    at: int
    waits: bool


class Heard:
    """Up to where each session's calls, its bells and notifications, are known, and for which nobody has looked.

    What a session that no cockpit knew of had called before is no news: somebody else may have answered it.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._from_before: frozenset[str] = frozenset()
        self.is_news = False
        """Whether there is something that was not written down yet; whoever does that resets it."""

    def waits(self, session_id: str, called_at: int) -> bool:
        """Whether nobody has looked since the last call of a session, which was there in its output."""
        known = self._known.get(session_id)
        if known is None or session_id not in self._from_before:
            return known is not None and known.waits
        return known.waits or called_at > known.at

    def note(self, session_id: str, called_at: int, *, waits: bool) -> None:
        """All calls up to there are known now. waits: nobody has looked yet."""
        known = _Known(called_at, waits)
        if self._known.get(session_id) != known:
            self._known.pop(session_id, None)
            self._known[session_id] = known
            self.is_news = True

    def forget(self, session_id: str) -> None:
        """A session's terminal is gone."""
        if self._known.pop(session_id, None) is not None:
            self.is_news = True

    def to_plain(self) -> dict[str, Any]:
        """As JSON has it: of the sessions heard last."""
        newest = list(self._known.items())[-MOST_SESSIONS:]
        return {session_id: {"at": known.at, "waits": known.waits} for session_id, known in newest}

    @classmethod
    def from_plain(cls, value: Any) -> "Heard":
        """As it was written down; what makes no sense is left out."""
        heard = cls()
        for session_id, known in value.items() if isinstance(value, Mapping) else ():
            at, waits = (known.get("at"), known.get("waits")) if isinstance(known, Mapping) else (None, None)
            if type(at) is int and isinstance(waits, bool):
                heard._known[session_id] = _Known(at, waits)
        heard._from_before = frozenset(heard._known)
        return heard
