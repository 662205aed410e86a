"""Small pieces of Markdown, and texts cut to fit: what a brief is made of."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from maestro_tui.domain.text import clean_text

__all__ = ["as_data", "cut", "deepen_headings", "fair_shares", "quoted"]

FENCE_LENGTH = 6
_FENCE = re.compile(rf" {{0,3}}(`{{3,{FENCE_LENGTH}}}|~{{3,{FENCE_LENGTH}}})")
_HEADING = re.compile(r"#{1,4} ")


def quoted(text: str) -> str:
    """A text of somebody else's as a block quote, so that no line of it reads as ours."""
    return "\n".join(f"> {line}".rstrip() for line in clean_text(text).strip().split("\n"))


def as_data(value: Any) -> str:
    """A JSON value as a block: a text is quoted, anything else is shown as JSON."""
    if isinstance(value, str):
        return quoted(value)
    rendered = clean_text(json.dumps(value, ensure_ascii=False, indent=2, default=str))
    return f"```json\n{rendered}\n```"


def deepen_headings(markdown: str) -> str:
    """Markdown with its headings two levels deeper; code blocks are left alone."""
    lines = _with_fences(markdown.split("\n"))
    return "\n".join(f"##{line}" if not fence and _HEADING.match(line) else line for line, fence in lines)


def fair_shares(sizes: Sequence[int], available: int) -> list[int]:
    """How much of each size fits into available when the small ones go first and the rest share alike."""
    shares = [0] * len(sizes)
    left = max(available, 0)
    waiting = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for position, index in enumerate(waiting):
        shares[index] = min(sizes[index], left // (len(waiting) - position))
        left -= shares[index]
    return shares


def cut(text: str, limit: int, whole: str) -> str:
    """Text in at most limit UTF-8 bytes; one that is longer ends with a note of what is missing.

    whole: how to read all of it, as in "run `maestro task get task_1`".
    """
    content = text.encode()
    if len(content) <= limit:
        return text
    note = f"\n\n**[Cut here: {len(content):,} bytes in all. To read the rest, {whole}.]**"
    room = limit - len(note.encode()) - FENCE_LENGTH - 1
    kept = content[: max(room, 0)].decode(errors="ignore")
    return _close_fence(_at_line_end(kept)) + note


def _at_line_end(text: str) -> str:
    head, separator, _ = text.rpartition("\n")
    return head if separator and len(head) > len(text) // 2 else text


def _close_fence(text: str) -> str:
    *_, (_, fence) = _with_fences(text.split("\n"))
    return f"{text}\n{fence}" if fence else text


def _with_fences(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line with the fence of the code block that is open after it, or an empty text."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and line.strip() == mark[1]:
            fence = ""
        yield line, fence
