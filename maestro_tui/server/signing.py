"""The key from which session tokens are derived: made once per home, readable by its owner only."""

import os
import secrets
import stat
from pathlib import Path

from maestro_tui.files import sync_directory

__all__ = ["signing_key"]

KEY_BYTES = 32


def signing_key(path: Path) -> bytes:
    """The key in the file at path, which is created when it is not there.

    Raises PermissionError when the file is a link, belongs to somebody else, is open to
    others or does not hold a key: then tokens could be forged, and no server starts.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        return _read(path)
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.hex().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)
    return key


def _read(path: Path) -> bytes:
    advice = f"; remove {path} and start again, running agents then need new tokens"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise PermissionError(f"The signing key cannot be read: {error.strerror}{advice}") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            raise PermissionError(f"The signing key is not a file of your own{advice}")
        if status.st_mode & 0o077:
            raise PermissionError(f"The signing key is open to others; run: chmod 600 {path}")
        content = file.read(KEY_BYTES * 4)
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise PermissionError(f"The signing key is damaged{advice}")
    return key
