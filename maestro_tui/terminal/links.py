"""Where a cell of a terminal leads: its hyperlink (OSC 8), or an address written out in its row."""

import re
from typing import Any
from urllib.parse import urlsplit

from maestro_tui.domain.text import clean_line
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.text import reference

__all__ = ["hyperlink", "is_openable", "written_link"]

LONGEST = 2048
SCHEMES = frozenset({"http", "https"})
_WRITTEN = re.compile(r"https?://[^\s\"'<>`|\\^{}\[\]]+[^\s\"'<>`|\\^{}\[\].,;:!?)]")


def is_openable(target: str) -> bool:
    """Whether a link may be offered for opening: a web address of bounded length without anything hidden."""
    if len(target) > LONGEST or target != clean_line(target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.hostname)


def hyperlink(library: Library, terminal: Any, x: int, y: int) -> str | None:
    """The target a program gave a cell of what is shown; None for none, or one not to be opened."""
    cell = reference(library, terminal, library.lib.GHOSTTY_POINT_TAG_VIEWPORT, x, y)
    call = library.lib.ghostty_grid_ref_hyperlink_uri
    target = library.filled(lambda out, capacity, size: call(cell, out, capacity, size)).decode("utf-8", "replace")
    return target if is_openable(target) else None


def written_link(row: str, x: int) -> str | None:
    """The address written at a position of a row's text."""
    for match in _WRITTEN.finditer(row):
        if match.start() <= x < match.end():
            return match[0] if is_openable(match[0]) else None
    return None
