"""What happens to the terminals on this machine, as those who show them hear it."""

from dataclasses import dataclass

from maestro_tui.ptyhost.records import ExitRecord
from maestro_tui.terminal.notices import Notice

__all__ = [
    "Bell",
    "CalledBefore",
    "Closed",
    "Exited",
    "Lost",
    "Noticed",
    "Opened",
    "Output",
    "Stopping",
    "TerminalNews",
    "Titled",
    "Typed",
]


@dataclass(frozen=True, slots=True)
class Opened:
    """A session has a terminal here."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Output:
    """A session's terminal was fed."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Titled:
    """A program set its title."""

    session_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Somebody gave a program keys or text: more than a movement of the mouse or the cursor."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Bell:
    """A program rang."""

    session_id: str


@dataclass(frozen=True, slots=True)
class CalledBefore:
    """A program rang or sent a notification before anybody here listened: its terminal knows where."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """A program told something else through its terminal, as a notification or its progress."""

    session_id: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class Stopping:
    """A session's end was asked for. step: the signal sent last (`HUP`, `TERM`, `KILL`); None before the first."""

    session_id: str
    step: str | None


@dataclass(frozen=True, slots=True)
class Lost:
    """Output that nobody can read any more: the bytes from start up to, not including, end."""

    session_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Exited:
    """A session's program ended. status: how; None when nobody knows, because its host died."""

    session_id: str
    status: ExitRecord | None


@dataclass(frozen=True, slots=True)
class Closed:
    """A session's terminal is gone from here."""

    session_id: str


TerminalNews = Opened | Output | Titled | Typed | Bell | CalledBefore | Noticed | Stopping | Lost | Exited | Closed
