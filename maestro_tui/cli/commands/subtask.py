"""`maestro subtask …`: the steps of one task."""

from __future__ import annotations

from collections.abc import Callable

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import subtask_line
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import shorten
from maestro_tui.cli.lookup import begins, with_id
from maestro_tui.cli.output import Result
from maestro_tui.domain.ids import is_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["complete", "create", "delete", "list_subtasks", "reopen"]


def create(call: Call) -> Result:
    title = call.require_text("title", "The title", 'maestro subtask create TASK "Title"')
    body: dict[str, Any] = {"title": title}
    if (description := call.description()) is not None:
        body["description"] = description
    subtask = with_id(
        call, "task", _task(call), lambda task_id: call.api.post(f"/api/tasks/{task_id}/subtasks", body)
    )
    return Result(subtask, [subtask["id"], subtask_line(subtask)], [subtask["id"]])


def list_subtasks(call: Call) -> Result:
    subtasks = with_id(call, "task", _task(call), lambda task_id: call.api.get(f"/api/tasks/{task_id}/subtasks"))
    if not subtasks:
        call.output.note("No subtasks")
    width = call.output.width
    lines = [subtask_line(one) if width is None else shorten(subtask_line(one), width) for one in subtasks]
    return Result(subtasks, lines, [one["id"] for one in subtasks])


def complete(call: Call) -> Result:
    return _change(call, {"completed": True})


def reopen(call: Call) -> Result:
    return _change(call, {"completed": False})


def delete(call: Call) -> Result:
    subtask_id = _on_subtask(call, lambda path: call.api.delete(path))[0]
    return Result({"success": True, "id": subtask_id}, [f"{subtask_id} is deleted"], [subtask_id])


def _change(call: Call, changes: dict[str, Any]) -> Result:
    _, subtask = _on_subtask(call, lambda path: call.api.patch(path, changes))
    return Result(subtask, [subtask_line(subtask)], [subtask["id"]])


def _task(call: Call) -> str:
    return call.context.require_task(call.invocation.text("task"))


def _on_subtask(call: Call, use: Callable[[str], Any]) -> tuple[str, Any]:
    """The id of the subtask that is meant, and use(its path)."""
    given = call.require_text("subtask", "The subtask", "maestro subtask list TASK")
    return with_id(call, "task", _task(call), lambda task_id: _in_task(call, task_id, given, use))


def _in_task(call: Call, task_id: str, given: str, use: Callable[[str], Any]) -> tuple[str, Any]:
    """Ask for the id as it was typed; where there is none, for the one it is the beginning or the title of."""
    path = f"/api/tasks/{task_id}/subtasks"
    if is_id(given):
        try:
            return given, use(f"{path}/{given}")
        except Failure as failure:
            if failure.code != "resource_not_found":
                raise
    subtask_id = _meant(call.api.get(path), given, task_id)
    return subtask_id, use(f"{path}/{subtask_id}")


def _meant(subtasks: list[dict[str, Any]], given: str, task_id: str) -> str:
    wanted = given.casefold()
    titled = [str(one["id"]) for one in subtasks if str(one["title"]).casefold() == wanted]
    begun = [str(one["id"]) for one in subtasks if begins(str(one["id"]), given)]
    found = titled or begun
    if len(found) == 1:
        return found[0]
    how_many = f"is not one of the {len(subtasks)} subtasks" if not found else f"could be {len(found)} subtasks"
    raise Failure(
        "resource_not_found" if not found else "invalid_request",
        f"'{given[:80]}' {how_many} of {task_id}",
        suggestion=f"maestro subtask list {task_id}",
        details={"candidates": found or [one["id"] for one in subtasks]},
    )
