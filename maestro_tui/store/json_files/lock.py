"""One writer per data directory: an flock held for the life of the store.

The lock is the kernel's, so a holder that was killed leaves none behind. What is written
in the file is for people alone.
"""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path

from maestro_tui.domain.errors import Conflict, Unavailable

__all__ = ["DirectoryLock"]


class DirectoryLock:
    """The right to write in a data directory, from construction until `release`.

    Raises Conflict when another process has it, Unavailable when the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise Unavailable(
                f"The data directory {path.parent} cannot be written: {error.strerror}",
                suggestion="Check its permissions, or choose another MAESTRO_HOME.",
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = self._holder()
            os.close(self._descriptor)
            raise Conflict(
                f"The data directory {path.parent} is in use by {holder}",
                suggestion="Join that server, or stop it first.",
                details={"lock": str(path)},
            ) from error
        self._sign()

    def release(self) -> None:
        """Give the directory back. The file stays: removing it would let two holders pass."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _sign(self) -> None:
        note = json.dumps({"pid": os.getpid(), "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
        with contextlib.suppress(OSError):  # on a full disk the lock still holds
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{note}\n".encode(), 0)

    def _holder(self) -> str:
        try:
            return f"process {int(json.loads(os.pread(self._descriptor, 4096, 0))['pid'])}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
