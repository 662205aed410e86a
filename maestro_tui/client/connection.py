"""How things stand with the server: what the status line shows and the details explain."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

__all__ = ["Connection", "Moment", "Phase"]

MOMENTS_KEPT = 50


class Phase(StrEnum):
    CONNECTING = "connecting"
    """The first attempt is under way."""
    RESYNCING = "resyncing"
    """Connected; what was missed is on its way."""
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    """Lost a moment ago; trying again."""
    OFFLINE = "offline"
    """Several attempts have failed; still trying."""
    REFUSED = "refused"
    """The server will not have us; nothing is tried until the person says so."""
    INCOMPATIBLE = "incompatible"
    """The server speaks another version; nothing is tried until the person says so."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A change of phase. at: Unix ms."""

    at: int
    phase: Phase
    message: str = ""

    def __str__(self) -> str:
        time = datetime.fromtimestamp(self.at / 1000, UTC).astimezone().strftime("%H:%M:%S")
        return f"{time} {self.phase.value}" + (f": {self.message}" if self.message else "")


@dataclass(frozen=True, slots=True)
class Connection:
    """The state of a connection at one moment.

    epoch, seq: the position in the server's journal that our copy reflects.
    latency_ms: the last measured round trip. attempt: failed attempts since the last success.
    retry_at: when the next attempt starts, Unix ms. queued: commands waiting in the outbox.
    history: changes of phase, newest last.
    """

    url: str
    phase: Phase = Phase.CONNECTING
    epoch: str | None = None
    seq: int | None = None
    latency_ms: float | None = None
    attempt: int = 0
    retry_at: int | None = None
    last_error: str | None = None
    queued: int = 0
    history: tuple[Moment, ...] = ()

    @property
    def is_online(self) -> bool:
        return self.phase is Phase.ONLINE

    def moved(self, phase: Phase, at: int, message: str = "", **changes: Any) -> "Connection":
        """The connection in another phase, with the moment in its history. at: Unix ms."""
        history = self.history
        if phase is not self.phase or message:
            history = (*history, Moment(at, phase, message))[-MOMENTS_KEPT:]
        return replace(self, phase=phase, history=history, **changes)
