"""A log file only its owner can read, which is set aside when it has grown, the oldest one given up."""

import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

__all__ = ["PrivateRotatingFile"]

LARGEST = 8 * 1024 * 1024
KEPT = 4


class PrivateRotatingFile(RotatingFileHandler):
    """Mode 0600, never through a link. `cockpit.log` becomes `cockpit.log.1`, and so on up to `.4`."""

    def __init__(self, path: Path, *, largest: int = LARGEST, kept: int = KEPT) -> None:
        """Raises OSError."""
        super().__init__(path, maxBytes=largest, backupCount=kept, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)
