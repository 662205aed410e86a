"""Ids by their beginning: whoever types a unique part of an id means that document."""

from collections.abc import Callable
from typing import Any, TypeVar

from maestro_tui.cli.call import Call
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.diagnostics import Failure

__all__ = ["with_id"]

T = TypeVar("T")
MOST_NAMED = 5


def with_id(call: Call, kind: str, given: str, use: Callable[[str], T]) -> T:
    """use(id); where no such document exists, use with the one whose id begins like that.

    kind: `project`, `task` or `session`. The part may also be the beginning of the id's last
    nine characters. Raises Failure when nothing or more than one thing is meant.
    """
    checked_id(given, kind)
    try:
        return use(given)
    except Failure as failure:
        if failure.code != "resource_not_found" or (full := _complete(call, kind, given)) is None:
            raise
    return use(full)


def _complete(call: Call, kind: str, part: str) -> str | None:
    documents: list[dict[str, Any]] = call.api.get(f"/api/{kind}s")
    ids = [str(document["id"]) for document in documents]
    if part in ids:
        return None  # it exists, so what was not found is something else
    found = [full for full in ids if full.startswith(part) or full.rpartition("_")[2].startswith(part)]
    if len(found) < 2:
        return found[0] if found else None
    named = ", ".join(found[:MOST_NAMED]) + (", …" if len(found) > MOST_NAMED else "")
    raise Failure(
        "invalid_task_id" if kind == "task" else "invalid_request",
        f"'{part}' could be {len(found)} {kind}s: {named}",
        suggestion=f"maestro {kind} {'info' if kind == 'session' else 'get'} {found[0]}",
        details={"candidates": found},
    )
