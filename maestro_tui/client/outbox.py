"""Commands given while the server was out of reach: kept in order, sent later, never lost in silence.

Pure: who sends and who saves is another's business. Keystrokes are never queued here: a late
Enter is dangerous.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from maestro_tui.domain.errors import LimitReached

__all__ = ["MOST_AGE_MS", "MOST_COMMANDS", "Command", "Done", "Outbox", "Queued", "Refusal"]

MOST_COMMANDS = 500
MOST_AGE_MS = 24 * 60 * 60 * 1000
"""The server remembers an idempotency key this long; sent later, a command could happen twice."""
REFUSALS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Command:
    """One request to the server that may be sent again without harm.

    key: its idempotency key. label: what it is in the person's words. revision: the document
    must still be at it. created_at: Unix ms.
    """

    key: str
    method: str
    path: str
    label: str
    created_at: int
    body: dict[str, Any] | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that will not happen, and why. conflict: somebody else changed the document first."""

    command: Command
    message: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A submitted command was carried out. answer: the server's JSON."""

    answer: Any


@dataclass(frozen=True, slots=True)
class Queued:
    """A submitted command waits for the server."""

    command: Command


class Outbox:
    """An ordered, bounded queue; the first command is the one in flight."""

    def __init__(
        self, commands: Iterable[Command] = (), *, most: int = MOST_COMMANDS, most_age_ms: int = MOST_AGE_MS
    ) -> None:
        self._commands: dict[str, Command] = {command.key: command for command in commands}
        self._most = most
        self._most_age_ms = most_age_ms
        self.refusals: tuple[Refusal, ...] = ()
        """What was refused, newest last, until the person has seen it."""

    def __len__(self) -> int:
        return len(self._commands)

    @property
    def commands(self) -> tuple[Command, ...]:
        """What waits, in the order it will be sent."""
        return tuple(self._commands.values())

    @property
    def head(self) -> Command | None:
        """The command to send now."""
        return next(iter(self._commands.values()), None)

    def add(self, command: Command) -> None:
        """Queue a command; one that waits already stays where it is. Raises LimitReached when full."""
        if command.key not in self._commands and len(self) >= self._most:
            raise LimitReached(
                f"{self._most} commands wait for the server already; this one was not queued",
                suggestion="Connect first, or drop some of the waiting commands.",
            )
        self._commands.setdefault(command.key, command)

    def adopt(self, commands: Iterable[Command]) -> None:
        """Take over what another cockpit left behind, by age, whatever the bound."""
        merged = {command.key: command for command in (*self.commands, *commands)}
        ordered = sorted(merged.values(), key=lambda command: command.created_at)
        self._commands = {command.key: command for command in ordered}

    def sent(self, key: str) -> None:
        """The command was carried out."""
        self._commands.pop(key, None)

    def refused(self, key: str, message: str, *, conflict: bool = False) -> Refusal | None:
        """The command was refused for good: it leaves the queue and is reported."""
        command = self._commands.pop(key, None)
        if command is None:
            return None
        return self._report(Refusal(command, message, conflict))

    def drop(self, key: str) -> Command | None:
        """The person takes a waiting command back."""
        return self._commands.pop(key, None)

    def expire(self, now: int) -> list[Refusal]:
        """Refuse what has waited too long. now: Unix ms."""
        old = [command for command in self.commands if now - command.created_at > self._most_age_ms]
        hours = self._most_age_ms // 3_600_000
        message = f"It waited more than {hours} hours for the server; do it again if it still counts"
        return [refusal for command in old if (refusal := self.refused(command.key, message))]

    def acknowledge(self) -> None:
        """The person has seen the refusals."""
        self.refusals = ()

    def _report(self, refusal: Refusal) -> Refusal:
        self.refusals = (*self.refusals, refusal)[-REFUSALS_KEPT:]
        return refusal
