"""Where a cell of a terminal leads: its hyperlink (OSC 8), or an address written out there."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from socket import gethostname
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from maestro_tui.domain.text import clean_line
from maestro_tui.terminal.library import Library
from maestro_tui.terminal.text import reference

__all__ = ["TextRow", "all_links", "is_openable", "link_at", "local_file"]

LONGEST = 2048
SCHEMES = frozenset({"http", "https"})
_WRITTEN = re.compile(r"https?://[^\s\"'<>`|\\^{}\[\]]+[^\s\"'<>`|\\^{}\[\].,;:!?)]")


class TextRow(NamedTuple):
    """A row of what is shown. text: a character per column. is_continuation: the row above was wrapped into it.

    hyperlinks: the columns a program gave a hyperlink.
    """

    text: str
    is_continuation: bool
    hyperlinks: Sequence[int]


def is_openable(target: str) -> bool:
    """Whether a link may be offered for opening: a web address of bounded length without anything hidden."""
    if len(target) > LONGEST or target != clean_line(target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.hostname)


def local_file(target: str) -> str | None:
    """The path a `file:` link to this machine names: to be shown and copied, never run."""
    if len(target) > LONGEST or target != clean_line(target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    path = unquote(parts.path)
    is_here = parts.scheme == "file" and parts.netloc in ("", "localhost", gethostname())
    return path if is_here and path.startswith("/") and path == clean_line(path) else None


def all_links(library: Library, terminal: Any, rows: Sequence[TextRow]) -> tuple[str, ...]:
    """Where all of what is shown leads, from the top, each address once. rows: what is shown."""
    found = list(_written_links(rows))
    for y, row in enumerate(rows):
        targets = (_hyperlink(library, terminal, x, y) for x in row.hyperlinks)
        found += [(y, target) for target in targets if target]
    return tuple(dict.fromkeys(target for _, target in sorted(found, key=lambda place: place[0])))


def link_at(library: Library, terminal: Any, rows: Sequence[TextRow], x: int, y: int) -> str | None:
    """Where a cell of what is shown leads; None for nowhere, or outside. rows: what is shown."""
    if not (0 <= y < len(rows) and 0 <= x < len(rows[y].text)):
        return None
    if x in rows[y].hyperlinks and (target := _hyperlink(library, terminal, x, y)):
        return target
    return _written_link(rows, x, y)


def _hyperlink(library: Library, terminal: Any, x: int, y: int) -> str | None:
    """The target a program gave a cell of what is shown; None for none, or one not to be followed."""
    cell = reference(library, terminal, library.lib.GHOSTTY_POINT_TAG_VIEWPORT, x, y)
    call = library.lib.ghostty_grid_ref_hyperlink_uri
    target = library.filled(lambda out, capacity, size: call(cell, out, capacity, size)).decode("utf-8", "replace")
    return target if is_openable(target) or local_file(target) else None


def _written_link(rows: Sequence[TextRow], x: int, y: int) -> str | None:
    """The address written at a cell, also one that was wrapped into several rows."""
    first = y
    while first and rows[first].is_continuation:
        first -= 1
    place = sum(len(row.text) for row in rows[first:y]) + x
    for start, end, target in _written(_line(rows, first)):
        if start <= place < end:
            return target
    return None


def _written_links(rows: Sequence[TextRow]) -> Iterator[tuple[int, str]]:
    """Every address written in some rows, with the row it starts in."""
    for y, row in enumerate(rows):
        if not (y and row.is_continuation):
            for start, _, target in _written(_line(rows, y)):
                yield y + start // max(1, len(row.text)), target


def _line(rows: Sequence[TextRow], first: int) -> str:
    """A row with all those it goes on in."""
    rest = takewhile(lambda row: row.is_continuation, rows[first + 1 :])
    return rows[first].text + "".join(row.text for row in rest)


def _written(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _WRITTEN.finditer(text):
        target = match[0]
        while text.startswith(")", match.start() + len(target)) and target.count("(") > target.count(")"):
            target += ")"
        if is_openable(target):
            yield match.start(), match.start() + len(target), target
