"""The end of a log file, line by line, for a person to read."""

import os
from pathlib import Path

__all__ = ["last_lines"]

MOST_BYTES = 256 * 1024


def last_lines(path: Path, *, most_bytes: int = MOST_BYTES) -> list[str]:
    """Its last whole lines, oldest first, within most_bytes. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most_bytes))
        content = file.read(most_bytes)
    lines = content.decode("utf-8", "replace").splitlines()
    return lines[1:] if size > most_bytes else lines
