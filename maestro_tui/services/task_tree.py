"""A project's tasks as a tree, each with the sessions that work on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.services.announcements import session_summary

__all__ = ["nested"]


def nested(tasks: Sequence[Task], live: Iterable[Session]) -> list[dict[str, Any]]:
    """The roots as on the wire, with `children` below them and live `sessions` beside each task.

    A task whose parent is missing counts as a root, and so does one of a circle that somebody
    made by hand: every task is in the tree exactly once.
    """
    sessions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for session in live:
        for task_id in session.task_ids:
            sessions[task_id].append(session_summary(session))
    nodes = {task.id: task.to_wire() | {"children": [], "sessions": sessions[task.id]} for task in tasks}
    parents = {task.id: task.parent_id for task in tasks}
    roots = []
    for task in tasks:
        if task.parent_id in nodes and not _closes_circle(task.id, parents):
            nodes[task.parent_id]["children"].append(nodes[task.id])
        else:
            parents[task.id] = None
            roots.append(nodes[task.id])
    return roots


def _closes_circle(task_id: str, parents: dict[str, str | None]) -> bool:
    """Whether the way up from the task comes back to it."""
    seen: set[str] = set()
    above = parents[task_id]
    while above is not None and above not in seen:
        if above == task_id:
            return True
        seen.add(above)
        above = parents.get(above)
    return False
