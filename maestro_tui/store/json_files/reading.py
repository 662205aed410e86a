"""A document's file as it is on disk at this moment. Everything here blocks."""

import errno
import os
import time
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from maestro_tui.store.json_files.codec import Damaged, Decoded, decode
from maestro_tui.store.json_files.layout import DocumentKey
from maestro_tui.store.json_files.records import Stamp, stamp_of

__all__ = ["LARGEST_DOCUMENT_BYTES", "FileState", "read_document", "read_settled", "stamp_at"]

LARGEST_DOCUMENT_BYTES = 32 * 1024 * 1024
RETRY_SECONDS = 0.2
RETRIES = 3
_RECENT_NS = 2_000_000_000


class FileState(NamedTuple):
    """What lies at a document's path: a document, or damage with its bytes. Neither: unreadable, says why."""

    stamp: Stamp
    content: bytes
    decoded: Decoded | None
    problem: str | None
    torn: bool = False


def stamp_at(path: Path) -> Stamp | None:
    """The stamp of a file; None when there is none."""
    try:
        return stamp_of(path.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_document(key: DocumentKey, path: Path) -> FileState | None:
    """Read and check a document; None when there is no file. Links are not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _unreadable(path, error)
    try:
        status = os.fstat(descriptor)
        stamp = stamp_of(status)
        if not S_ISREG(status.st_mode):
            return FileState(stamp, b"", None, "is not a regular file")
        if status.st_size > LARGEST_DOCUMENT_BYTES:
            return FileState(stamp, b"", None, f"is larger than {LARGEST_DOCUMENT_BYTES} bytes")
        content = _read_all(descriptor, status.st_size)
    except OSError as error:
        return _unreadable(path, error)
    finally:
        os.close(descriptor)
    try:
        return FileState(stamp, content, decode(key, content), None)
    except Damaged as damage:
        return FileState(stamp, content, None, str(damage), damage.torn)


def read_settled(key: DocumentKey, path: Path) -> FileState | None:
    """Read a document, again and again while an editor seems to be writing it: editors truncate and then write."""
    state = read_document(key, path)
    for _ in range(RETRIES):
        if state is None or not state.torn or time.time_ns() - state.stamp.mtime_ns > _RECENT_NS:
            break
        time.sleep(RETRY_SECONDS)
        state = read_document(key, path)
    return state


def _read_all(descriptor: int, size: int) -> bytes:
    content = os.read(descriptor, size + 1)
    if len(content) == size:  # the usual case: it ended where it should
        return content
    parts = [content]
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _unreadable(path: Path, error: OSError) -> FileState | None:
    stamp = stamp_at(path)
    if stamp is None:
        return None
    reason = "is a link; documents must be files" if error.errno == errno.ELOOP else f"{error.strerror}"
    return FileState(stamp, b"", None, reason)
