"""Ids by their beginning: whoever types a unique part of an id means that document."""

from __future__ import annotations

from collections.abc import Callable

from maestro_tui.cli.call import Call
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.diagnostics import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["begins", "with_id"]

MOST_NAMED = 5
SHORTEST_PART = 4


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


def begins(full: str, part: str) -> bool:
    """Whether part is the beginning of an id or of its last word, long enough not to be a slip."""
    head, _, tail = full.rpartition("_")
    kind = head.partition("_")[0]
    return (len(part) > len(kind) + SHORTEST_PART and full.startswith(part)) or (
        len(part) >= SHORTEST_PART and tail.startswith(part)
    )


def _complete(call: Call, kind: str, part: str) -> str | None:
    documents: list[dict[str, Any]] = call.api.get(f"/api/{kind}s")
    ids = [str(document["id"]) for document in documents]
    if part in ids:
        return None  # it exists, so what was not found is something else
    found = [full for full in ids if begins(full, part)]
    if len(found) < 2:
        return found[0] if found else None
    named = ", ".join(found[:MOST_NAMED]) + (", …" if len(found) > MOST_NAMED else "")
    raise Failure(
        "invalid_task_id" if kind == "task" else "invalid_request",
        f"'{part}' could be {len(found)} {kind}s: {named}",
        suggestion=f"maestro {kind} {'info' if kind == 'session' else 'get'} {found[0]}",
        details={"candidates": found},
    )
