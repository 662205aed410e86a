"""Ids by their beginning: whoever types a unique part of an id means that document."""

from __future__ import annotations

from collections.abc import Callable

from maestro_tui.cli.call import Call
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.diagnostics import Failure, nearest
from maestro_tui.cli.layout import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["begins", "with_id"]

MOST_NAMED = 5
_SHOW = {"session": "info"}
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
        if failure.code != "resource_not_found":
            raise
        full = _complete(call, kind, given, failure)
    return use(full)


def begins(full: str, part: str) -> bool:
    """Whether part is the beginning of an id or of its last word, long enough not to be a slip."""
    head, _, tail = full.rpartition("_")
    kind = head.partition("_")[0]
    return (len(part) > len(kind) + SHORTEST_PART and full.startswith(part)) or (
        len(part) >= SHORTEST_PART and tail.startswith(part)
    )


def _complete(call: Call, kind: str, part: str, failure: Failure) -> str:
    """The one id that is meant. Raises the failure, or one that names what may have been meant."""
    documents: list[dict[str, Any]] = call.api.get(f"/api/{kind}s")
    titles = {str(one["id"]): str(one.get("title") or one.get("name") or "") for one in documents}
    if part in titles:
        raise failure  # it exists, so what was not found is something else
    found = [full for full in titles if begins(full, part)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(kind, part, found)
    close = [full for full, title in titles.items() if len(part) >= SHORTEST_PART - 1 and _speaks_of(title, part)]
    close = close or nearest(part, titles, most=1)
    if not close:
        raise failure
    meant = " or ".join(f"{full} “{line(titles[full])}”" for full in close[:2])
    raise Failure(
        failure.code,
        f"{failure.message}; did you mean {meant}?",
        suggestion=f"maestro {kind} {_SHOW.get(kind, 'get')} {close[0]}",
        details={"nearest": close[:MOST_NAMED]},
    )


def _speaks_of(title: str, part: str) -> bool:
    return part.casefold().replace("-", " ").replace("_", " ") in title.casefold()


def _ambiguous(kind: str, part: str, found: list[str]) -> Failure:
    named = ", ".join(found[:MOST_NAMED]) + (", …" if len(found) > MOST_NAMED else "")
    return Failure(
        "invalid_task_id" if kind == "task" else "invalid_request",
        f"'{part}' could be {len(found)} {kind}s: {named}",
        suggestion=f"maestro {kind} {_SHOW.get(kind, 'get')} {found[0]}",
        details={"candidates": found},
    )
