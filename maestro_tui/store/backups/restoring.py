"""Putting a backup back: checked whole, extracted beside, and renamed into place.

What is there already is renamed too, never deleted. The restored documents have no index yet, so
the next server makes one, begins a new epoch, and every client takes a snapshot.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from maestro_tui.domain.errors import Conflict, Invalid, NotFound, Unavailable
from maestro_tui.files import ensure_private_directory, sync_directory
from maestro_tui.paths import Home
from maestro_tui.store.backups.manifest import Manifest
from maestro_tui.store.backups.members import is_derived, part_targets
from maestro_tui.store.backups.reading import read_archive
from maestro_tui.store.json_files.layout import Layout
from maestro_tui.store.json_files.lock import DirectoryLock
from maestro_tui.store.naming import utc_name

__all__ = ["Restored", "restore"]

_SPARE_BYTES = 16 << 20


class Restored(NamedTuple):
    """manifest: of what is in place now. aside: where the former files are."""

    manifest: Manifest
    aside: tuple[Path, ...]


def restore(home: Home, archive: Path, *, force: bool = False) -> Restored:
    """Make home what it was when the backup was made. Blocking.

    force: do so although there is something; it is moved aside first (`data.before-restore-<utc>`).
    Raises NotFound or Invalid for the archive; Conflict while a server owns the data directory, while
    an agent runs, or when there is something without force; Unavailable when the disk refuses.
    In each case everything is as it was.
    """
    try:
        with ExitStack() as held:
            if home.data.is_dir():
                held.callback(DirectoryLock(Layout(home.data).lock).release)
            _require_no_agents(home.sessions)
            manifest = _inspected(archive)
            parts = _parts(home, manifest)
            occupied = [target for target in parts.values() if _holds_something(target)]
            if occupied and not force:
                raise Conflict(
                    f"{', '.join(map(str, occupied))} would be replaced",
                    suggestion="With --force what is there is moved aside first; nothing is deleted.",
                )
            with _staged(home.root, archive, manifest, parts) as staged:
                held.callback(DirectoryLock(Layout(staged["data"]).lock).release)
                return Restored(manifest, _install(staged, parts))
    except OSError as error:
        raise Unavailable(f"{archive} cannot be restored: {error}", suggestion="Nothing was changed.") from error


def _inspected(archive: Path) -> Manifest:
    try:
        return read_archive(archive)
    except FileNotFoundError:
        raise NotFound(f"There is no backup {archive}") from None
    except IsADirectoryError:
        raise Invalid(f"{archive} is a directory, not a backup") from None


def _require_no_agents(sessions: Path) -> None:
    """An agent that outlived its server holds the lock in its session's directory, which must not move."""
    running = [path.parent.name for path in sessions.glob("*/host.lock") if _is_held(path)]
    if running:
        raise Conflict(
            f"Agents of this home still run: {', '.join(sorted(running))}",
            suggestion="End them first: maestro session stop SESSION",
        )


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _parts(home: Home, manifest: Manifest) -> dict[str, Path]:
    """The parts of the home that will be replaced. The data directory always is."""
    held = {member.path.split("/", 1)[0] for member in manifest.members} | {"data"}
    return {name: target for name, target in part_targets(home).items() if name in held}


def _holds_something(target: Path) -> bool:
    """Whether there is more than empty directories and what a server makes anew."""
    if not target.is_dir() or target.is_symlink():
        return os.path.lexists(target)
    if any(not path.is_dir() or path.is_symlink() for path in target.iterdir() if not is_derived(path.name)):
        return True
    return any(_holds_something(path) for path in target.iterdir() if path.is_dir())


@contextmanager
def _staged(root: Path, archive: Path, manifest: Manifest, parts: dict[str, Path]) -> Iterator[dict[str, Path]]:
    """Everything extracted and flushed, each part beside the place it will have."""
    places: dict[Path, Path] = {}
    try:
        for parent in {target.parent for target in parts.values()}:
            if parent == root or not parent.exists():
                ensure_private_directory(parent)
            _require_space(parent, manifest)
            places[parent] = parent / f".maestro-restore-{os.getpid()}"
            places[parent].mkdir(mode=0o700)
        staged = {name: places[target.parent] / name for name, target in parts.items()}
        staged["data"].mkdir(mode=0o700)
        _extract(archive, manifest, staged)
        yield staged
    finally:
        for place in places.values():
            shutil.rmtree(place, ignore_errors=True)


def _require_space(parent: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(parent).free
    if manifest.size + _SPARE_BYTES > free:
        raise Unavailable(
            f"The backup holds {manifest.size} bytes, and {parent} has room for {free}",
            suggestion="Free some space; nothing was changed.",
        )


def _extract(archive: Path, manifest: Manifest, staged: dict[str, Path]) -> None:
    def place(components: tuple[str, ...], blocks: Iterator[bytes], *, executable: bool) -> None:
        first, *inside = components
        path = staged[first].joinpath(*inside)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o700 if executable else 0o600), "wb") as file:
            file.writelines(blocks)

    if read_archive(archive, place) != manifest:
        raise Invalid(f"{archive} changed while it was read", suggestion="Nothing was changed; try again.")
    os.sync()  # once for all files: a flush of each would take minutes


def _install(staged: dict[str, Path], parts: dict[str, Path]) -> tuple[Path, ...]:
    """Swap the parts in; on failure swap them back."""
    stamp = utc_name(time.time_ns() // 1_000_000)
    moved: list[tuple[Path, Path]] = []
    aside: list[Path] = []
    try:
        for name, target in parts.items():
            if os.path.lexists(target):
                aside.append(_free_name(target, stamp))
                target.rename(aside[-1])
                moved.append((target, aside[-1]))
            staged[name].rename(target)
            moved.append((staged[name], target))
    except BaseException:
        for former, present in reversed(moved):
            present.rename(former)
        raise
    for parent in {target.parent for target in parts.values()}:
        sync_directory(parent)
    return tuple(aside)


def _free_name(target: Path, stamp: str) -> Path:
    name = target.with_name(f"{target.name}.before-restore-{stamp}")
    number = 1
    while os.path.lexists(name):
        number += 1
        name = target.with_name(f"{target.name}.before-restore-{stamp}-{number}")
    return name
