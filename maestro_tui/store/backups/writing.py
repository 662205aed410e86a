"""From contents to one file: compressed, private, durable, and read back before it gets its name."""

import hashlib
import io
import os
import tarfile
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from maestro_tui.domain.errors import Conflict, Unavailable
from maestro_tui.files import sync_directory
from maestro_tui.paths import Home
from maestro_tui.store.backups.contents import Content, Contents
from maestro_tui.store.backups.manifest import MANIFEST, Manifest, Member
from maestro_tui.store.backups.reading import read_archive
from maestro_tui.store.naming import utc_name
from maestro_tui.version import __version__

__all__ = ["back_up", "default_name"]

_COMPRESSION = 6


def default_name(now_ms: int) -> str:
    """The name of a backup made at that moment (Unix ms)."""
    return f"maestro-backup-{utc_name(now_ms)}.tar.gz"


def back_up(home: Home, target: Path, *, with_output: bool = False, with_keys: bool = False) -> Manifest:
    """Write a backup of home to target (0600), which must not exist. A server may be running. Blocking.

    with_output: what agents printed, too. with_keys: the key that session tokens derive from,
    and the settings of the `maestro` command, which may hold a token.
    Raises Conflict when target exists, Unavailable when it cannot be written or does not read back.
    """
    if target.exists() or target.is_symlink():
        raise Conflict(f"{target} exists already", suggestion="Name another file; a backup replaces none.")
    try:
        with TemporaryDirectory(prefix=f".maestro-backup-{os.getpid()}-", dir=target.parent) as name:
            scratch = Path(name)
            contents = Contents(home, scratch, with_output=with_output, with_keys=with_keys)
            manifest = _write(scratch / "archive", contents)
            if read_archive(scratch / "archive") != manifest:
                raise Unavailable(f"The backup {target} does not read back as it was written; look at the disk")
            (scratch / "archive").rename(target)
            sync_directory(target.parent)
    except OSError as error:
        raise Unavailable(
            f"The backup {target} cannot be written: {error}", suggestion="Name a place with enough space."
        ) from error
    return manifest


def _write(path: Path, contents: Contents) -> Manifest:
    now_ms = time.time_ns() // 1_000_000
    path.touch(mode=0o600, exist_ok=False)
    with path.open("r+b") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_COMPRESSION, format=tarfile.PAX_FORMAT) as tar:
            added = (_add(tar, content, contents, now_ms) for content in contents)
            members = tuple(member for member in added if member is not None)
            manifest = Manifest(
                version=__version__,
                created_at=now_ms,
                counts=dict(contents.counts),
                members=members,
                left_out=tuple(contents.left_out),
            )
            text = manifest.model_dump_json(by_alias=True, indent=1).encode()
            tar.addfile(_header(MANIFEST, len(text), now_ms), io.BytesIO(text))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _add(tar: tarfile.TarFile, content: Content, contents: Contents, now_ms: int) -> Member | None:
    """Add one file; None when it went meanwhile, or may not be read."""
    try:
        file = _opened(content.source)
    except FileNotFoundError:
        return None
    except OSError as error:
        contents.leave_out(Path(os.fsdecode(content.source)), error.strerror or str(error))
        return None
    with file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        reader = _Hashing(file)
        tar.addfile(_header(content.name, size, now_ms, executable=content.executable), reader)
        tar.members.clear()  # type: ignore[attr-defined] # or all headers would stay in memory
    return Member(path=content.name, size=size, sha256=reader.digest.hexdigest())


def _opened(source: bytes | Path) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _header(name: str, size: int, now_ms: int, *, executable: bool = False) -> tarfile.TarInfo:
    """Nothing of the machine it was made on: no owner, no times but the backup's own."""
    info = tarfile.TarInfo(name)
    info.size = size
    info.mtime = now_ms // 1000
    info.mode = 0o700 if executable else 0o600
    return info


class _Hashing(io.RawIOBase):
    """Passes a file on and digests what it passes."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block
