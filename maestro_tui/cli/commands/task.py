"""`maestro task …`: one task at a time, and lists of them."""

from __future__ import annotations

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import Column, ago, block, facts, line, table, timeline
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.cli.words import priority, task_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "block_task",
    "complete",
    "create",
    "delete",
    "get",
    "limited",
    "list_tasks",
    "rows_result",
    "start",
    "unblock",
    "update",
]

DEFAULT_ROWS = 100
COLUMNS = (
    Column("ID", "id"),
    Column("STATUS", "status"),
    Column("PRIORITY", "priority"),
    Column("TITLE", "title", flexible=True),
)


def list_tasks(call: Call) -> Result:
    if (given := call.invocation.text("task")) is not None:
        return _one_with_children(call, given)
    filters: dict[str, Any] = {
        "status": ",".join(task_word(word, call.typed) for word in call.invocation.texts("status"))
    }
    if (word := call.invocation.text("priority")) is not None:
        filters["priority"] = priority(word, call.typed)
    if not call.invocation.has("all"):
        filters["projectId"] = call.project_id()
    tasks, total = limited(call, "/api/tasks", filters)
    return rows_result(call, tasks, COLUMNS, "No tasks", total=total)


def create(call: Call) -> Result:
    title = call.require_text("title", "The title", 'maestro task create "Title" --desc "Description"')
    body: dict[str, Any] = {"title": title}
    if (description := call.description()) is not None:
        body["description"] = description
    if (word := call.invocation.text("priority")) is not None:
        body["priority"] = priority(word, call.typed)
    if (parent := call.invocation.text("parent")) is not None:
        body["parentId"] = _existing(call, parent)
    if skills := call.invocation.texts("skill"):
        body["skillIds"] = skills
    if dependencies := call.invocation.texts("depends_on"):
        body["dependencies"] = dependencies
    body = {"projectId": call.project_id(), **body}
    try:
        task = call.api.post("/api/tasks", body)
    except Failure as failure:
        raise _explained(call, failure, body) from None
    return Result(task, [task["id"], *_short(call, task)], [task["id"]])


def get(call: Call) -> Result:
    given = call.context.require_task(call.invocation.text("task"))
    task = with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}"))
    return Result(task, _in_full(call, task), [task["id"]])


def update(call: Call) -> Result:
    changes: dict[str, Any] = {}
    if (word := call.invocation.text("status")) is not None:
        changes["status"] = task_word(word, call.typed)
    if (word := call.invocation.text("priority")) is not None:
        changes["priority"] = priority(word, call.typed)
    if (title := call.text("title")) is not None:
        changes["title"] = title
    if (description := call.description()) is not None:
        changes["description"] = description
    if (parent := call.invocation.text("parent")) is not None:
        changes["parentId"] = None if parent in ("none", "null", "") else _existing(call, parent)
    if (reason := call.text("reason")) is not None:
        changes["reason"] = reason
    if not changes:
        raise Failure(
            "missing_required_field",
            "Nothing to change: give --status, --priority, --title, --desc, --file, --parent or --reason",
            suggestion="maestro task update TASK --status in_review",
        )
    return _change(call, changes)


def start(call: Call) -> Result:
    return _change(call, {"status": "in_progress"})


def complete(call: Call) -> Result:
    return _change(call, {"status": "completed"})


def block_task(call: Call) -> Result:
    reason = call.require_text("reason", "The reason", 'maestro task block TASK --reason "what is missing"')
    return _change(call, {"status": "blocked", "reason": reason})


def unblock(call: Call) -> Result:
    return _change(call, {"status": "in_progress"})


def delete(call: Call) -> Result:
    """The whole id is needed here: a slip must not meet another task."""
    task_id = call.context.require_task(call.invocation.text("task"))
    call.api.delete(f"/api/tasks/{task_id}")
    return Result({"success": True, "id": task_id}, [f"{task_id} is deleted, with everything below it"], [task_id])


def rows_result(
    call: Call, rows: list[dict[str, Any]], columns: tuple[Column, ...], nothing: str, *, total: int | None = None
) -> Result:
    """A list as a result; says on stderr when there is more than is shown."""
    if total is not None and total > len(rows):
        call.output.note(f"{len(rows)} of {total} are shown; --limit 0 shows all")
    if not rows:
        call.output.note(nothing)
    lines = table(columns, rows, call.output) if rows else []
    return Result(rows, lines, [row["id"] for row in rows])


def _existing(call: Call, given: str) -> str:
    return str(with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}"))["id"])


def _change(call: Call, changes: dict[str, Any]) -> Result:
    given = call.context.require_task(call.invocation.text("task"))
    task = with_id(call, "task", given, lambda task_id: call.api.patch(f"/api/tasks/{task_id}", changes))
    return Result(task, _short(call, task), [task["id"]])


def limited(call: Call, path: str, filters: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """The rows to show and how many there are. Programs get all unless they ask for less."""
    limit = call.number("limit")
    if limit is None and not (call.output.json or call.output.quiet or call.output.full):
        limit = DEFAULT_ROWS
    if not limit:
        rows = call.api.get(path, **filters)
        return rows, len(rows)
    rows, total = [], 0
    while len(rows) < limit:
        page = call.api.get(path, **filters, limit=min(limit - len(rows), 500), offset=len(rows))
        rows += page["data"]
        total = page["pagination"]["total"]
        if not page["pagination"]["hasMore"]:
            break
    return rows, total


def _one_with_children(call: Call, given: str) -> Result:
    task = with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}"))
    rows = [task, *call.api.get(f"/api/tasks/{task['id']}/children")]
    return rows_result(call, rows, COLUMNS, "No tasks")


def _explained(call: Call, failure: Failure, body: dict[str, Any]) -> Failure:
    """Where the project is what was not found: who named it, and what to type instead."""
    if failure.code not in ("resource_not_found", "invalid_request"):
        return failure
    projects = call.api.get("/api/projects")
    project_id, named = body["projectId"], call.context.project()
    if any(project["id"] == project_id for project in projects):
        return failure
    source = f" ({named.source})" if named else ""
    known = ", ".join(f"{project['id']} ({project['name']})" for project in projects[:5]) or "there is none yet"
    title = str(body["title"]).replace('"', '\\"')
    suggestion = (
        f'maestro task create "{title}" --project {projects[0]["id"]}'
        if projects
        else "maestro project create NAME"
    )
    return Failure(
        "resource_not_found",
        f"Project '{project_id}'{source} does not exist; projects: {known}",
        suggestion=suggestion,
        details={"projectId": project_id, "projects": [project["id"] for project in projects]},
    )


def _short(call: Call, task: dict[str, Any]) -> list[str]:
    pairs = [(name, task.get(name.lower())) for name in ("Title", "Status", "Priority", "Reason")]
    return facts(pairs, call.output)


def _in_full(call: Call, task: dict[str, Any]) -> list[str]:
    done = sum(1 for subtask in task["subtasks"] if subtask["completed"])
    lines = facts(
        [
            ("ID", task["id"]),
            ("Title", task["title"]),
            ("Status", task["status"]),
            ("Reason", task.get("reason")),
            ("Priority", task["priority"]),
            ("Project", task["projectId"]),
            ("Parent", task.get("parentId")),
            ("Depends on", task.get("dependencies")),
            ("Sessions", task.get("sessionIds")),
            ("Updated", f"{ago(task['updatedAt'])} ago"),
        ],
        call.output,
    )
    lines += block("Description", task.get("description") or "")
    if task["subtasks"]:
        lines += ["", f"Subtasks ({done} of {len(task['subtasks'])} done)"]
        lines += [f"  {subtask_line(subtask)}" for subtask in task["subtasks"]]
    return lines + timeline(task["timeline"])


def subtask_line(subtask: dict[str, Any]) -> str:
    """`[x] sub_1  Title`."""
    return f"[{'x' if subtask['completed'] else ' '}] {subtask['id']}  {line(subtask['title'])}"
