"""What arrives from the server: the whole state, or one event."""

from dataclasses import dataclass, field
from typing import Any

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task

__all__ = ["Item", "Snapshot", "WireEvent"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All documents, not older than position seq of the journal epoch.

    rewound: the server has less than we have seen, so what we hold beyond it is void.
    unreadable: what could not be read, for a person to see.
    """

    epoch: str
    seq: int
    projects: tuple[Project, ...] = ()
    tasks: tuple[Task, ...] = ()
    sessions: tuple[Session, ...] = ()
    rewound: bool = False
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One event as it came. data: camelCase JSON; timestamp: Unix ms; seq: its place in the journal epoch."""

    name: str
    data: dict[str, Any] = field(compare=False)
    timestamp: int
    epoch: str
    seq: int


Item = Snapshot | WireEvent
