"""News without an owner on the screen: it comes from the feed and the terminals."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from maestro_tui.client.connection import Connection
from maestro_tui.client.mirror import MirrorChange
from maestro_tui.client.outbox import Refusal

__all__ = [
    "ClipboardAsked",
    "CommandRefused",
    "ConnectionChanged",
    "DocumentsChanged",
    "News",
    "SkillsReloaded",
    "SpawningSwitched",
    "TerminalCalled",
    "TerminalCalledBefore",
    "TerminalClosed",
    "TerminalExited",
    "TerminalOpened",
    "TerminalStopping",
    "TerminalTitled",
]


class News(Message):
    """Whatever happened behind the screens."""


@dataclass
class DocumentsChanged(News):
    """The mirror changed. changes: everything since the last such message, each thing once."""

    changes: Sequence[MirrorChange]


@dataclass
class ConnectionChanged(News):
    """The connection stands somewhere else now, or another number of commands waits."""

    connection: Connection


@dataclass
class SkillsReloaded(News):
    """The server has read changed skills. names: which; is_broken: whether something new is wrong with any."""

    names: Sequence[str]
    is_broken: bool


@dataclass
class CommandRefused(News):
    """A command that was queued will not happen."""

    refusal: Refusal


@dataclass
class SpawningSwitched(News):
    """All new spawns were paused, or go on. reason: why they are paused."""

    paused: bool
    reason: str


@dataclass
class TerminalOpened(News):
    """An agent's terminal is running on this machine and can be shown."""

    session_id: str


@dataclass
class TerminalTitled(News):
    """An agent's program calls itself something else."""

    session_id: str
    title: str


@dataclass
class TerminalCalled(News):
    """An agent's program rang or sent a notification. text: what it said; empty for a bell."""

    session_id: str
    text: str


@dataclass
class TerminalCalledBefore(News):
    """An agent's program rang or sent a notification while no cockpit was here."""

    session_id: str


@dataclass
class ClipboardAsked(News):
    """An agent's program wants text on the person's clipboard."""

    session_id: str
    text: str


@dataclass
class TerminalStopping(News):
    """An agent is being ended. step: the signal sent last; None before the first."""

    session_id: str
    step: str | None


@dataclass
class TerminalExited(News):
    """The agent of a terminal ended; its screen can still be read."""

    session_id: str


@dataclass
class TerminalClosed(News):
    """A terminal is gone."""

    session_id: str
