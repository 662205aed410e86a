"""Text from outside, shortened so that a person can judge it: control characters are shown, not obeyed."""

import re

__all__ = ["amount", "preview"]

MOST_LINES, MOST_COLUMNS = 10, 200
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def preview(text: str) -> str:
    """The first lines, control characters as `^[`; what was left out is counted."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = [
        _CONTROL.sub(_caret, line[:MOST_COLUMNS]) + "…" * (len(line) > MOST_COLUMNS) for line in lines[:MOST_LINES]
    ]
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} more lines, {len(text)} characters in all")
    return "\n".join(shown)


def amount(number: int, noun: str) -> str:
    """A number of things: `1 line`, `2 lines`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _caret(match: re.Match[str]) -> str:
    return f"^{chr(ord(match[0]) ^ 0x40)}"
