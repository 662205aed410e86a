"""The files around the documents: leftovers, copies set aside, and who may read what."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_IMODE, S_ISDIR, S_ISLNK

from maestro_tui.discovery import process_start_time
from maestro_tui.paths import Home
from maestro_tui.store.checking.findings import CheckFinding, FindingKind
from maestro_tui.store.json_files.layout import Kind, Layout
from maestro_tui.store.json_files.scanning import Scan

__all__ = ["files_below", "leftovers", "other_findings", "right_mode", "wrong_modes"]

_TEMPORARY = re.compile(r"\..+\.(?P<writer>\d+)\.\d+\.tmp|\.maestro-(restore|backup)-(?P<maker>\d+)(-.*)?")
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


def leftovers(home: Home) -> list[Path]:
    """What unfinished writes, restores and backups of processes that are gone left in the home.

    Only while no server runs is each of them certainly nobody's: a home may be shared with
    processes that cannot be seen from here.
    """
    layout = Layout(home.data)
    directories = {home.root, home.data, home.sessions, *layout.roots.values()}
    for parent in (layout.roots[Kind.TASK], home.sessions):
        directories.update(path for path in _children(parent) if path.is_dir() and not path.is_symlink())
    return sorted(path for directory in directories for path in _children(directory) if _is_leftover(path.name))


def _is_leftover(name: str) -> bool:
    match = _TEMPORARY.fullmatch(name)
    return match is not None and process_start_time(int(match["writer"] or match["maker"])) is None


def other_findings(scan: Scan) -> Iterator[CheckFinding]:
    """Files among the documents that are none."""
    for path in sorted(scan.kept):
        message = "was set aside; merge what you need and delete it"
        yield CheckFinding(str(path), message, kept=str(path), kind=FindingKind.SET_ASIDE)
    for path in sorted(scan.strange):
        yield CheckFinding(str(path), "is not named like a document, so it is not read", kind=FindingKind.STRANGE)


def wrong_modes(home: Home) -> Iterator[CheckFinding]:
    """What others may read or write although it is private, and what its owner may not."""
    for path in _private(home):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        if S_ISLNK(status.st_mode):
            continue
        if status.st_uid != os.getuid():
            message = "belongs to another user; take it over or move it away"
            yield CheckFinding(str(path), message, kind=FindingKind.PERMISSIONS)
            continue
        mode, right = S_IMODE(status.st_mode), right_mode(home, path)
        if mode != right:
            message = f"has mode {mode:04o}, which {_complaint(mode)}"
            yield CheckFinding(str(path), message, kind=FindingKind.PERMISSIONS, repair=f"chmod {right:04o}")


def right_mode(home: Home, path: Path) -> int:
    """The mode a file or directory of the home should have, given the one it has."""
    status = path.lstat()
    mode = S_IMODE(status.st_mode)
    if S_ISDIR(status.st_mode):
        return (mode | 0o700) & ~(_OTHERS if path in _doors(home) else _OTHERS_WRITE)
    return (mode | 0o600) & ~(_OTHERS if path in _secrets(home) else _OTHERS_WRITE)


def files_below(root: Path) -> int:
    """How many files a directory holds, at any depth."""
    return sum(len(names) for _, _, names in os.walk(root))


def _private(home: Home) -> Iterator[Path]:
    """Everything whose mode matters, directories before what is in them."""
    layout = Layout(home.data)
    yield from _doors(home)
    yield from _secrets(home)
    for root in layout.roots.values():
        yield root
        for path in sorted(_children(root)):
            yield path
            if root == layout.roots[Kind.TASK] and path.is_dir() and not path.is_symlink():
                yield from sorted(_children(path))
    yield from (layout.sidecar, layout.history)


def _doors(home: Home) -> tuple[Path, ...]:
    """The directories that keep others out of all that is in them."""
    return (home.root, home.data, home.sessions)


def _secrets(home: Home) -> tuple[Path, ...]:
    return (home.discovery, home.signing_key, home.cli_config)


def _complaint(mode: int) -> str:
    if mode & _OTHERS_WRITE:
        return "lets others write"
    return "lets others read" if mode & _OTHERS else "keeps out its owner"


def _children(root: Path) -> Iterable[Path]:
    try:
        return list(root.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
