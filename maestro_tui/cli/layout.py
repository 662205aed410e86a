"""How answers look to a person: tables that fit, trees, words in colour. All text is cleaned here."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Sequence

from maestro_tui.cli.output import Output
from maestro_tui.domain.text import clean_line, clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Column", "ago", "block", "cells", "facts", "line", "shorten", "status_word", "table", "timeline"]

ELLIPSIS = "…"
SMALLEST_FLEXIBLE = 12
COLOURED_FACTS = frozenset({"Status", "Priority"})
_COLOURS = {
    "todo": "",
    "in_progress": "36",
    "in_review": "35",
    "blocked": "31",
    "completed": "32",
    "cancelled": "2",
    "spawning": "33",
    "running": "36",
    "idle": "33",
    "failed": "31",
    "stopped": "2",
    "lost": "31",
    "high": "1",
    "ok": "32",
    "warning": "33",
}


class Column:
    """A column: its heading, the key of its value, and whether it gives way when the line is too long."""

    __slots__ = ("flexible", "heading", "key")

    def __init__(self, heading: str, key: str, *, flexible: bool = False) -> None:
        self.heading = heading
        self.key = key
        self.flexible = flexible


def table(columns: Sequence[Column], rows: Sequence[dict[str, Any]], output: Output) -> list[str]:
    """Aligned columns under their headings; on a terminal no line is longer than it is wide.

    Where that is too narrow for columns, each row is a paragraph.
    """
    texts = [[line(row.get(column.key)) for column in columns] for row in rows]
    widths = [
        max([len(column.heading), *(cells(row[index]) for row in texts)]) for index, column in enumerate(columns)
    ]
    width = output.width
    if width is not None and _squeeze(columns, widths, width) > 0:
        return [text for row in texts for text in _paragraph(columns, row, width)]
    headings = [column.heading for column in columns]
    coloured = [output.colour and not column.flexible for column in columns]
    return [
        _joined(headings, widths, [False] * len(columns)),
        *(_joined(row, widths, coloured) for row in texts),
    ]


def facts(pairs: Iterable[tuple[str, Any]], output: Output) -> list[str]:
    """`Status    blocked`, one per line; those without a value are left out."""
    shown = [(name, line(value)) for name, value in pairs if value not in (None, "", [], ())]
    width = max((len(name) for name, _ in shown), default=0)
    return [
        f"{name:<{width}}  {status_word(value, output) if name in COLOURED_FACTS else value}"
        for name, value in shown
    ]


def block(heading: str, text: str) -> list[str]:
    """A text of several lines under its heading; nothing when it is empty."""
    cleaned = clean_text(text).strip()
    return ["", heading, *(f"  {part}" for part in cleaned.split("\n"))] if cleaned else []


def timeline(entries: Sequence[dict[str, Any]], *, most: int = 20) -> list[str]:
    """The last entries of a timeline, oldest first, saying how many came before."""
    if not entries:
        return []
    earlier = len(entries) - most
    lines = ["", "Timeline" + (f" (the last {most} of {len(entries)}; all with --json)" if earlier > 0 else "")]
    for entry in entries[-most:]:
        kind = line(entry.get("type"))
        mark = "" if kind == "progress" else f"[{kind}] "
        lines.append(f"  {_clock(entry.get('timestamp'))}  {mark}{line(entry.get('message'))}")
    return lines


def line(value: Any) -> str:
    """Any value as safe text of one line."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(line(part) for part in value)
    return clean_line(str(value))


def status_word(text: str, output: Output) -> str:
    """A word in its colour, where colours are shown and it has one."""
    code = _COLOURS.get(text.strip(), "") if output.colour else ""
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def ago(timestamp: Any, *, now: float | None = None) -> str:
    """`12 s`, `5 min`, `3 h`, `2 d`: how long since a time in Unix ms."""
    if not isinstance(timestamp, int | float):
        return ""
    seconds = max(0, int((time.time() if now is None else now) - timestamp / 1000))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def shorten(text: str, width: int) -> str:
    """At most width cells, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    kept, used = [], 1
    for character in text:
        used += cells(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS


def _squeeze(columns: Sequence[Column], widths: list[int], available: int) -> int:
    """Make those narrower that may be; returns how many cells are still too many."""
    excess = sum(widths) + 2 * (len(widths) - 1) - available
    for index, column in reversed(list(enumerate(columns))):
        if excess > 0 and column.flexible:
            cut = min(excess, max(0, widths[index] - SMALLEST_FLEXIBLE))
            widths[index] -= cut
            excess -= cut
    return excess


def _paragraph(columns: Sequence[Column], row: Sequence[str], width: int) -> list[str]:
    """A row of a table below each other: what has no heading and the first that has one, then the others."""
    first = next(index for index, column in enumerate(columns) if column.heading) + 1
    named = max(len(column.heading) for column in columns[first:])
    rest = [
        f"  {column.heading.lower():<{named}}  {text}"
        for column, text in zip(columns[first:], row[first:], strict=True)
        if text
    ]
    return [shorten(text, width) for text in (" ".join(filter(None, row[:first])), *rest)]


def _joined(texts: Sequence[str], widths: Sequence[int], coloured: Sequence[bool]) -> str:
    parts = []
    for text, width, may in zip(texts, widths, coloured, strict=True):
        shown = shorten(text, width)
        code = _COLOURS.get(shown, "") if may else ""
        padding = " " * (width - cells(shown))
        parts.append((f"\x1b[{code}m{shown}\x1b[0m" if code else shown) + padding)
    return "  ".join(parts).rstrip()


def cells(text: str) -> int:
    """How many terminal cells a text takes: wide characters take two, combining ones none (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _clock(timestamp: Any) -> str:
    if not isinstance(timestamp, int | float):
        return "--:--"
    return time.strftime("%m-%d %H:%M", time.localtime(timestamp / 1000))
