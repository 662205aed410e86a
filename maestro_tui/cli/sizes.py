"""How much is printed when nobody asked for all of it: an agent reads what it prints."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["TEXT_BYTES", "bounded_data", "bounded_lines"]

TEXT_BYTES = 32_768
JSON_BYTES = 131_072
LATEST_ENTRIES = 20
_HISTORIES = ("timeline", "events")


def bounded_lines(lines: Sequence[str], *, keep_end: bool = False) -> tuple[Sequence[str], str]:
    """The lines that fit, and a sentence about those that do not; an empty one when all do.

    keep_end: the last lines count, not the first.
    """
    left, kept = TEXT_BYTES, 0
    for line in reversed(lines) if keep_end else lines:
        left -= len(line.encode("utf-8", "replace")) + 1
        if left < 0:
            break
        kept += 1
    if kept == len(lines):
        return lines, ""
    kept = max(kept, 1)
    shown = lines[-kept:] if keep_end else lines[:kept]
    which = "last" if keep_end else "first"
    return shown, f"the {which} {kept} of {len(lines)} lines are shown; --full shows all"


def bounded_data(data: Any) -> tuple[Any, dict[str, Any] | None]:
    """JSON-ready data of a size that fits, and what is missing; None when nothing is.

    Of a list, whole rows are left out; of a document, the older part of its histories. What is
    left is never changed, so that it can be written back.
    """
    import json

    def size(value: Any) -> int:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    if size(data) <= JSON_BYTES:
        return data, None
    if isinstance(data, list):
        left, kept = JSON_BYTES, 0
        for row in data:
            left -= size(row) + 1
            if left < 0:
                break
            kept += 1
        return data[:kept], {"shown": kept, "total": len(data), "rest": "--full"}
    if isinstance(data, dict):
        long = [key for key in _HISTORIES if isinstance(data.get(key), list) and len(data[key]) > LATEST_ENTRIES]
        if long:
            shorter = {key: data[key][-LATEST_ENTRIES:] for key in long}
            return data | shorter, {"totals": {key: len(data[key]) for key in long}, "rest": "--full"}
    return data, None
