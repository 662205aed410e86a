"""News without an owner on the screen: it comes from the feed and the terminals."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from maestro_tui.tui.ports import Change, Connection

__all__ = ["ConnectionChanged", "DocumentsChanged", "TerminalClosed", "TerminalExited", "TerminalOpened"]


@dataclass
class DocumentsChanged(Message):
    """The mirror changed. changes: everything since the last such message, each thing once."""

    changes: Sequence[Change]


@dataclass
class ConnectionChanged(Message):
    """The connection stands somewhere else now."""

    connection: Connection


@dataclass
class TerminalOpened(Message):
    """An agent's terminal is running on this machine and can be shown."""

    session_id: str


@dataclass
class TerminalExited(Message):
    """The agent of a terminal ended; its screen can still be read."""

    session_id: str


@dataclass
class TerminalClosed(Message):
    """A terminal is gone."""

    session_id: str
