"""A look at every file of the store: names and stamps, no contents. Everything here blocks."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from maestro_tui.domain.ids import is_id
from maestro_tui.store.json_files.layout import SUFFIX, DocumentKey, Kind, Layout
from maestro_tui.store.json_files.quarantine import is_kept
from maestro_tui.store.json_files.records import Record, Stamp, stamp_of

__all__ = ["Scan", "differences", "is_leftover", "remove_leftovers", "scan"]

_LEFTOVER = re.compile(r"\.[A-Za-z0-9_-]{1,128}\.json(\.broken|\.replaced-\d+)?\.\d+\.\d+\.tmp")


class Scan(NamedTuple):
    """documents: every document file. kept: files set aside. strange: names that are no documents."""

    documents: dict[DocumentKey, Stamp]
    kept: list[Path]
    strange: list[Path]


def scan(layout: Layout) -> Scan:
    """All files in the three directories; a directory that is missing holds none."""
    result = Scan({}, [], [])
    for kind in (Kind.PROJECT, Kind.SESSION):
        _collect(result, layout.roots[kind], kind, None)
    for directory in _directories(layout.roots[Kind.TASK]):
        if is_id(directory.name):
            _collect(result, directory, Kind.TASK, directory.name)
    return result


def differences(known: Iterable[Record], found: Scan) -> list[DocumentKey]:
    """The documents whose files are not as we know them: changed, new or gone."""
    stamps = {record.key: record.stamp for record in known}
    changed = [key for key, stamp in found.documents.items() if stamps.get(key) != stamp]
    return changed + [key for key in stamps if key not in found.documents]


def is_leftover(name: str) -> bool:
    """Whether a file name is one that an unfinished write of a document has."""
    return _LEFTOVER.fullmatch(name) is not None


def remove_leftovers(layout: Layout) -> int:
    """Remove what writers that were killed left behind: writes that were never acknowledged. Returns how many.

    The caller holds the directory's lock, so no writer of ours is alive.
    """
    roots = [layout.data, *layout.roots.values(), *_directories(layout.roots[Kind.TASK])]
    leftovers = [path for root in roots for path in _children(root) if is_leftover(path.name)]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def _collect(result: Scan, directory: Path, kind: Kind, project_id: str | None) -> None:
    try:
        entries = os.scandir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            name = entry.name
            stem = name[: -len(SUFFIX)]
            if name.endswith(SUFFIX) and is_id(stem):
                result.documents[DocumentKey(kind, stem, project_id)] = stamp_of(entry.stat(follow_symlinks=False))
            elif is_kept(name):
                result.kept.append(Path(entry.path))
            elif not name.startswith("."):
                result.strange.append(Path(entry.path))


def _directories(root: Path) -> Iterator[Path]:
    return (path for path in _children(root) if path.is_dir() and not path.is_symlink())


def _children(root: Path) -> list[Path]:
    try:
        return list(root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
