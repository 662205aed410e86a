"""A project's tasks as a tree, each with the sessions that work on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.services.announcements import session_summary
from maestro_tui.services.trees import rooted

__all__ = ["nested"]


def nested(tasks: Sequence[Task], live: Iterable[Session]) -> list[dict[str, Any]]:
    """The roots as on the wire, with `children` below them and live `sessions` beside each task."""
    sessions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for session in live:
        for task_id in session.task_ids:
            sessions[task_id].append(session_summary(session))
    nodes = {task.id: task.to_wire() | {"children": [], "sessions": sessions[task.id]} for task in tasks}
    return rooted(nodes, {task.id: task.parent_id for task in tasks})
