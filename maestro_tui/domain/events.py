"""Events: what happened to which document, and how one is written on the socket."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Event", "EventName", "JournalEntry"]


class EventName(StrEnum):
    PROJECT_CREATED = "project:created"
    PROJECT_UPDATED = "project:updated"
    PROJECT_DELETED = "project:deleted"
    TASK_CREATED = "task:created"
    TASK_UPDATED = "task:updated"
    TASK_DELETED = "task:deleted"
    TASK_SESSION_ADDED = "task:session_added"
    TASK_SESSION_REMOVED = "task:session_removed"
    SUBTASK_CREATED = "subtask:created"
    SUBTASK_UPDATED = "subtask:updated"
    SUBTASK_DELETED = "subtask:deleted"
    SESSION_CREATED = "session:created"
    SESSION_UPDATED = "session:updated"
    SESSION_DELETED = "session:deleted"
    SESSION_TASK_ADDED = "session:task_added"
    SESSION_TASK_REMOVED = "session:task_removed"
    SESSION_CLAIMED = "session:claimed"
    SESSION_OUTPUT_GAP = "session:output_gap"
    SESSION_SPAWN_REQUEST = "session:spawn_request"
    SESSION_SPAWN = "session:spawn"
    SPAWNING_PAUSED = "spawning:paused"
    SPAWNING_RESUMED = "spawning:resumed"
    SKILLS_RELOADED = "skills:reloaded"
    NOTIFY_TASK_COMPLETED = "notify:task_completed"
    NOTIFY_TASK_BLOCKED = "notify:task_blocked"
    NOTIFY_TASK_FAILED = "notify:task_failed"
    NOTIFY_SESSION_COMPLETED = "notify:session_completed"
    NOTIFY_SESSION_FAILED = "notify:session_failed"
    NOTIFY_NEEDS_INPUT = "notify:needs_input"
    NOTIFY_PROGRESS = "notify:progress"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before the journal numbers it.

    data: JSON-ready, camelCase: a whole entity, or `{id}` for a deletion.
    project_id, task_ids, session_id: whom it concerns; for filters only, not on the wire.
    """

    name: EventName
    data: dict[str, Any]
    timestamp: int
    project_id: str | None = None
    task_ids: tuple[str, ...] = ()
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An event with its place in the one order all clients see.

    seq: grows by exactly one; epoch: changes only when the journal was lost.
    """

    epoch: str
    seq: int
    event: Event
    envelope: dict[str, Any] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        envelope = {
            "type": self.event.name.value,
            "event": self.event.name.value,
            "data": self.event.data,
            "timestamp": self.event.timestamp,
            "epoch": self.epoch,
            "seq": self.seq,
        }
        object.__setattr__(self, "envelope", envelope)
