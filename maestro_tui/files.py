"""Write a file whole or not at all.

The order is the one that survives both `kill -9` and a power cut: a temporary file in the
same directory, all bytes, fsync, rename over the target, fsync of the directory. On any
error the temporary file goes and the old file is as it was.
"""

import contextlib
import fcntl
import itertools
import os
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "Begun",
    "Staged",
    "begin",
    "discard",
    "ensure_private_directory",
    "finish",
    "publish",
    "stage",
    "sync_directory",
    "write_whole",
]

_counter = itertools.count()


class Begun(NamedTuple):
    """Content that was written beside its target and may not be on disk yet. descriptor: open for `finish`."""

    descriptor: int
    temporary: str
    target: str


class Staged(NamedTuple):
    """Content that waits beside its target, whole and flushed, to take the target's name.

    status: the stat of the file as written, by which a watcher tells our own writes.
    """

    temporary: str
    target: str
    status: os.stat_result


def write_whole(path: Path, content: bytes, *, mode: int | None = None, durable: bool = True) -> os.stat_result:
    """Replace the file at path by content, durably when this returns.

    mode: permissions of the file; None keeps those it had, or 0600 for a new one.
    durable: False skips the two fsyncs, for files that may be lost in a power cut.
    Returns the stat of the file as written, by which a watcher tells our own writes.
    Raises OSError; the old file is then untouched.
    """
    staged = stage(path, content, mode=mode, durable=durable)
    publish(staged)
    if durable:
        sync_directory(path.parent)
    return staged.status


def stage(path: Path | str, content: bytes, *, mode: int | None = None, durable: bool = True) -> Staged:
    """Write content beside path, ready for `publish`. First half of `write_whole`.

    Raises OSError; nothing is left behind then.
    """
    return finish(begin(path, content, mode=mode), durable=durable)


def begin(path: Path | str, content: bytes, *, mode: int | None = None) -> Begun:
    """Write content beside path without flushing it; `finish` must follow. For writing many files.

    Raises OSError; nothing is left behind then.
    """
    target = os.fspath(path)
    descriptor, temporary = _create_beside(target)
    try:
        _write_all(descriptor, content)
        os.fchmod(descriptor, _mode_of(target) if mode is None else mode)
    except BaseException:
        os.close(descriptor)
        _unlink(temporary)
        raise
    return Begun(descriptor, temporary, target)


def finish(begun: Begun, *, durable: bool = True) -> Staged:
    """Flush what was begun. May run in another thread than `begin`, beside others of its kind.

    Raises OSError; nothing is left behind then.
    """
    try:
        try:
            if durable:
                _flush(begun.descriptor)
            status = os.fstat(begun.descriptor)
        finally:
            os.close(begun.descriptor)
    except BaseException:
        _unlink(begun.temporary)
        raise
    return Staged(begun.temporary, begun.target, status)


def publish(staged: Staged) -> None:
    """Give the staged content its name; durable after `sync_directory`. Raises OSError, the old file untouched."""
    try:
        os.replace(staged.temporary, staged.target)  # noqa: PTH105 - hot path
    except BaseException:
        _unlink(staged.temporary)
        raise


def discard(staged: Staged) -> None:
    """Give a staged file up."""
    _unlink(staged.temporary)


def sync_directory(path: Path | str) -> None:
    """Make the names in a directory durable: a rename or an unlink counts only after this."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def ensure_private_directory(path: Path) -> Path:
    """Make path a directory only its owner can enter (0700), parents included.

    Raises PermissionError when it is a symbolic link, belongs to another user or is open to
    others: somebody else could have put it there.
    """
    missing = [part for part in (path, *path.parents) if not part.exists()]
    for part in reversed(missing):
        with contextlib.suppress(FileExistsError):
            part.mkdir(mode=0o700)
    status = path.lstat()
    if not path.is_dir() or path.is_symlink():
        raise PermissionError(f"{path} must be a directory, not a link or a file; move it away and start again")
    if status.st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to another user; choose another MAESTRO_HOME")
    if status.st_mode & 0o022:
        raise PermissionError(f"{path} can be written by others; run: chmod 700 {path}")
    return path


def _create_beside(target: str) -> tuple[int, str]:
    """A new file of our own. A name that is taken already, whoever took it, is passed over."""
    directory, name = os.path.split(target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        temporary = os.path.join(directory, f".{name}.{os.getpid()}.{next(_counter)}.tmp")  # noqa: PTH118 - hot path
        with contextlib.suppress(FileExistsError):
            return os.open(temporary, flags, 0o600), temporary


def _write_all(descriptor: int, content: bytes) -> None:
    # On a full disk write(2) may take a part and report no error; the next call does.
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _flush(descriptor: int) -> None:
    full_sync = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: fsync there stops at the drive's cache
    if full_sync is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, full_sync)


def _mode_of(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o777  # noqa: PTH116 - hot path
    except FileNotFoundError:
        return 0o600


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - hot path
