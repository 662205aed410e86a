"""Where in a TOML file a key stands, so that a message can name the line."""

import re
import tomllib
from collections.abc import Sequence

__all__ = ["decode_error_line", "line_of"]

_HEADER = re.compile(r"^\s*\[\[?\s*(?P<path>[^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*(?P<key>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_ERROR_LINE = re.compile(r"line (\d+)")


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The line (from 1) of the longest part of path that the file spells out, None when it spells none.

    `["spawn", "maxDepth"]` finds `maxDepth = 3` below `[spawn]`, or `spawn.maxDepth = 3`.
    """
    best: tuple[int, int] | None = None
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            here = table = _parts(header["path"])
        elif key := _KEY.match(line):
            here = table + _parts(key["key"])
        else:
            continue
        if here == list(path[: len(here)]) and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None


def decode_error_line(error: tomllib.TOMLDecodeError) -> int | None:
    """The line a TOML parser stumbled over."""
    found = _ERROR_LINE.search(str(error))
    return int(found[1]) if found else None


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]
