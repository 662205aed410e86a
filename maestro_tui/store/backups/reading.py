"""Reading a backup as if a stranger had made it.

Every name, type, size and digest is checked. Nothing is believed before the whole file was read:
memory is bounded by a block, the disk by the sizes a caller allows.
"""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from maestro_tui.domain.errors import Invalid
from maestro_tui.store.backups.manifest import MANIFEST, Manifest, Member, parse_manifest
from maestro_tui.store.backups.members import checked_name

__all__ = ["LARGEST_TOTAL_BYTES", "MOST_MEMBERS", "Sink", "read_archive"]

LARGEST_TOTAL_BYTES = 64 << 30
LARGEST_MANIFEST_BYTES = 1 << 30
MOST_MEMBERS = 2_000_000
_BLOCK = 1 << 20
_LARGEST_READ = 4 << 20
"""Long names are read whole by the tar reader; this is more than any name needs."""

_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)


class Sink(Protocol):
    """Takes the members of an archive, one after the other."""

    def __call__(self, components: tuple[str, ...], blocks: Iterator[bytes], *, executable: bool) -> None: ...


def read_archive(path: Path, sink: Sink | None = None) -> Manifest:
    """Check every member, pass each to sink on the way, and return the manifest. Blocking.

    The sink sees members before the last check: it must put them where they can be thrown away.
    Raises Invalid for anything that is not exactly what `back_up` writes, OSError when the file cannot be read.
    """
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
            bounded = _Bounded(unpacked)
            with tarfile.open(fileobj=bounded, mode="r:") as tar:  # type: ignore[call-overload]
                manifest = _check(tar, sink)
            while unpacked.read(_BLOCK):  # to the end, where gzip keeps its own checksum
                bounded.require_room()
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeError) as error:
        raise Invalid(f"{path} is damaged, or no backup: {error}", suggestion="Use another backup.") from error
    return manifest


def _check(tar: tarfile.TarFile, sink: Sink | None) -> Manifest:
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    while (info := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined] # or all headers would stay in memory
        _require_plain(info, found)
        if info.name == MANIFEST:
            manifest = parse_manifest(_manifest_bytes(tar, info))
            continue
        components = checked_name(info.name)
        blocks = _Blocks(tar, info)
        if sink is not None:
            sink(components, iter(blocks), executable=bool(info.mode & 0o100))
        blocks.finish()
        found[info.name] = Member(path=info.name, size=info.size, sha256=blocks.digest.hexdigest())
    if manifest is None:
        raise Invalid("The backup ends before its manifest", suggestion="Use another backup.")
    _require_same(found, manifest)
    return manifest


def _require_plain(info: tarfile.TarInfo, found: dict[str, Member]) -> None:
    if info.type not in _PLAIN or info.issparse():
        raise _bad(info.name, "is no plain file")
    if info.name in found:
        raise _bad(info.name, "is there twice")
    if info.size > LARGEST_TOTAL_BYTES or len(found) >= MOST_MEMBERS:
        raise _bad(info.name, "is more than a backup may hold")


def _manifest_bytes(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    if info.size > LARGEST_MANIFEST_BYTES:
        raise _bad(info.name, "is too large")
    return b"".join(_Blocks(tar, info))


def _require_same(found: dict[str, Member], manifest: Manifest) -> None:
    """Every member as the manifest names it, none missing, none besides."""
    named = {member.path: member for member in manifest.members}
    for name in named.keys() ^ found.keys():
        raise _bad(name, "is missing" if name in named else "is not named in the manifest")
    for name, member in found.items():
        if (member.size, member.sha256) != (named[name].size, named[name].sha256):
            raise _bad(name, "is not what was backed up: its checksum differs")


def _bad(name: str, reason: str) -> Invalid:
    return Invalid(
        f"In the backup, {name[:200]!r} {reason}", suggestion="Nothing was changed; use another backup."
    )


class _Blocks:
    """The content of a member, block by block, and its digest."""

    def __init__(self, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self.digest = hashlib.sha256()
        self._file: IO[bytes] | None = tar.extractfile(info)
        self._left = info.size

    def __iter__(self) -> Iterator[bytes]:
        assert self._file is not None
        while self._left and (block := self._file.read(min(_BLOCK, self._left))):
            self._left -= len(block)
            self.digest.update(block)
            yield block

    def finish(self) -> None:
        """Read what nobody took. Raises tarfile.ReadError when the archive ends too early."""
        for _ in self:
            continue
        if self._left:
            raise tarfile.ReadError("unexpected end of data")


class _Bounded:
    """A stream that refuses to be read in large pieces or without end."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_READ:
            raise tarfile.ReadError("a header is too large")
        self.require_room()
        return self._stream.read(size)

    def seek(self, position: int, whence: int = 0) -> int:
        return self._stream.seek(position, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def require_room(self) -> None:
        """Raise tarfile.ReadError when more was read than a backup may hold."""
        if self._stream.tell() > 2 * LARGEST_TOTAL_BYTES:
            raise tarfile.ReadError("it is larger than a backup may be")
