"""What the header counts. Pure."""

from dataclasses import dataclass

from maestro_tui.domain.status import DONE, TaskStatus
from maestro_tui.tui.ports import Documents

__all__ = ["Counts", "count"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of one project: tasks not done, tasks blocked, live agents, agents that wait for a person."""

    open: int = 0
    blocked: int = 0
    agents: int = 0
    waiting: int = 0


def count(documents: Documents, project_id: str | None) -> Counts:
    """Count one project; nothing when there is none."""
    if project_id is None:
        return Counts()
    statuses = [task.status for task in documents.tasks_of(project_id)]
    live = list(documents.live_sessions(project_id))
    return Counts(
        open=sum(status not in DONE for status in statuses),
        blocked=statuses.count(TaskStatus.BLOCKED),
        agents=len(live),
        waiting=sum(session.needs_person for session in live),
    )
