"""When a person is told that the server is gone, and that it is back: once each, and not for a hiccup."""

from collections.abc import Callable
from typing import Literal, Protocol

from maestro_tui.client.connection import Connection, Phase

__all__ = ["PATIENCE", "Outage"]

PATIENCE = 2.0
"""Seconds an interruption may last before a word is said about it; most are shorter."""

LOST = frozenset({Phase.RECONNECTING, Phase.OFFLINE})
TURNED_AWAY = frozenset({Phase.REFUSED, Phase.INCOMPATIBLE})


Severity = Literal["information", "warning", "error"]


class Timer(Protocol):
    """Something planned that can be called off."""

    def stop(self) -> None: ...


class Outage:
    """Follows the connection and tells of its outages.

    tell: shows a sentence, in place of the one before; the second argument is how grave it is.
    later: plans a call after some seconds.
    """

    def __init__(
        self, tell: Callable[[str, Severity], None], later: Callable[[float, Callable[[], None]], Timer]
    ) -> None:
        self._tell = tell
        self._later = later
        self._before: Connection | None = None
        self._timer: Timer | None = None
        self._told = ""

    def follow(self, connection: Connection) -> None:
        """Take note of where the connection stands now."""
        if connection.phase is Phase.ONLINE:
            self._end(connection)
        elif connection.phase in TURNED_AWAY:
            reason = connection.last_error or "it gave no reason"
            self._say(f"The server refuses this cockpit: {reason}", "error")
        elif connection.phase in LOST and self._before is None:
            self._before = connection
            self._timer = self._later(PATIENCE, self._tell_lost)

    def _tell_lost(self) -> None:
        self._say("The server cannot be reached. What you do is kept and sent when it is back.", "warning")

    def _say(self, sentence: str, severity: Severity) -> None:
        if sentence != self._told:
            self._told = sentence
            self._tell(sentence, severity)

    def _end(self, connection: Connection) -> None:
        if self._timer is not None:
            self._timer.stop()
        before, told = self._before, self._told
        self._before, self._timer, self._told = None, None, ""
        if told:
            self._tell(f"Connected again: {_news(before, connection)}", "information")


def _news(before: Connection | None, now: Connection) -> str:
    """What the time away amounted to."""
    if before is None or before.epoch != now.epoch or _was_reloaded(now):
        return "state reloaded"
    missed = (now.seq or 0) - (before.seq or 0)
    return f"{missed} event{'s' * (missed != 1)} caught up" if missed else "nothing was missed"


def _was_reloaded(connection: Connection) -> bool:
    """Whether the server sent its whole state: what was missed was no longer in its journal."""
    greetings = [moment.message for moment in connection.history if moment.phase is Phase.RESYNCING]
    return bool(greetings) and greetings[-1].startswith("snapshot")
