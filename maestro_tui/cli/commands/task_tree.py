"""`maestro task children` and `maestro task tree`: tasks as they hang together."""

from __future__ import annotations

from collections.abc import Iterator

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import COLUMNS, rows_result, subtask_line
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import cells, line, shorten, status_word
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Output, Result
from maestro_tui.cli.words import task_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = dict[str, Any]

__all__ = ["children", "tree"]

SMALLEST_TITLE = 12


def children(call: Call) -> Result:
    given = call.context.require_task(call.invocation.text("task"))
    if not call.invocation.has("recursive"):
        rows = with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}/children"))
        return rows_result(call, rows, COLUMNS, "No tasks below it")
    task = with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}"))
    root = _find(call.api.get("/api/tasks/tree", projectId=task["projectId"]), task["id"])
    below = [_without_children(node) for node in _walk(root["children"])] if root else []
    return rows_result(call, below, COLUMNS, "No tasks below it")


def tree(call: Call) -> Result:
    words = {task_word(word, call.typed) for word in call.invocation.texts("status")}
    depth = call.number("depth", least=1)
    nodes: list[Node] = _roots(call)
    if words:
        nodes = _with_status(nodes, words)
    if depth is not None:
        nodes = _cut(nodes, depth)
    if not nodes:
        call.output.note("No tasks")
    return Result(nodes, list(_drawn(nodes, call.output)), [node["id"] for node in _walk(nodes)])


def _roots(call: Call) -> list[Node]:
    given = call.invocation.text("root")
    if given is None:
        nodes: list[Node] = call.api.get("/api/tasks/tree", projectId=call.project_id())
        return nodes
    task = with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}"))
    root = _find(call.api.get("/api/tasks/tree", projectId=task["projectId"]), task["id"])
    if root is None:
        raise Failure("resource_not_found", f"Task '{task['id']}' is in no tree", suggestion="maestro task tree")
    return [root]


def _walk(nodes: list[Node]) -> Iterator[Node]:
    """Every node, parents before children. Iterative: a tree may be deeper than Python's stack."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node["children"])


def _find(nodes: list[Node], task_id: str) -> Node | None:
    return next((node for node in _walk(nodes) if node["id"] == task_id), None)


def _without_children(node: Node) -> Node:
    return {key: value for key, value in node.items() if key != "children"}


def _with_status(nodes: list[Node], words: set[str]) -> list[Node]:
    """The nodes in one of these statuses, and those above them."""
    kept: dict[str, Node] = {}
    for node in reversed(list(_walk(nodes))):  # children before parents
        below = [kept[child["id"]] for child in node["children"] if child["id"] in kept]
        if below or node["status"] in words:
            kept[node["id"]] = {**node, "children": below}
    return [kept[node["id"]] for node in nodes if node["id"] in kept]


def _cut(nodes: list[Node], depth: int) -> list[Node]:
    return [{**node, "children": _cut(node["children"], depth - 1) if depth > 1 else []} for node in nodes]


def _drawn(nodes: list[Node], output: Output) -> Iterator[str]:
    """Lines of the tree: tasks, their live sessions beside them, their subtasks, what is below."""
    waiting: list[tuple[Node, str, str]] = [(node, "", "") for node in reversed(nodes)]
    while waiting:
        node, lead, indent = waiting.pop()
        yield f"{lead}{_task_line(node, output, lead)}"
        last = len(node["children"]) - 1
        for subtask in node["subtasks"]:
            step = f"{indent}{'│  ' if node['children'] else '   '}{subtask_line(subtask)}"
            yield step if output.width is None else shorten(step, output.width)
        branches = [
            (child, f"{indent}{'└─ ' if index == last else '├─ '}", f"{indent}{'   ' if index == last else '│  '}")
            for index, child in enumerate(node["children"])
        ]
        waiting += reversed(branches)


def _task_line(node: Node, output: Output, lead: str) -> str:
    """On a terminal the title gives way; where that is not enough, the id is its last part, which will do."""
    title, identifier = line(node["title"]), str(node["id"])
    words = [line(node["status"]), *(["high"] if node["priority"] == "high" else [])]
    tail = "".join(
        f"  ● {line(session['name'])} ({line(session['status'])})" for session in node.get("sessions", [])
    )
    if node.get("reason") and node["status"] == "blocked":
        tail += f": {line(node['reason'])}"
    if output.width is not None:
        room = output.width - cells(lead) - sum(len(word) + 2 for word in words) - 2
        if room - len(identifier) < SMALLEST_TITLE:
            identifier = identifier.rpartition("_")[2]
        title = shorten(title, max(1, min(cells(title), room - len(identifier))))
        tail = shorten(tail, left) if (left := room - cells(title) - len(identifier)) > SMALLEST_TITLE else ""
    return "  ".join([*(status_word(word, output) for word in words), title, identifier]) + tail
