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

__all__ = ["Scan", "differences", "is_leftover", "scan", "scan_project"]

_LEFTOVER = re.compile(r"\.[A-Za-z0-9_-]{1,128}\.json(\.broken|\.replaced-\d+)?\.\d+\.\d+\.tmp")


class Scan(NamedTuple):
    """documents: every document file. kept: files set aside. strange: names that are no documents.

    leftovers: what writers that were killed left behind, writes that were never acknowledged.
    """

    documents: dict[DocumentKey, Stamp]
    kept: list[Path]
    strange: list[Path]
    leftovers: list[Path]


def scan(layout: Layout) -> Scan:
    """All files in the three directories; a directory that is missing holds none."""
    result = Scan({}, [], [], [])
    for kind in (Kind.PROJECT, Kind.SESSION):
        _collect(result, layout.roots[kind], kind, None)
    for directory in _directories(layout.roots[Kind.TASK]):
        if is_id(directory.name):
            _collect(result, directory, Kind.TASK, directory.name)
    return result


def scan_project(layout: Layout, project_id: str) -> Scan:
    """The files of one project's tasks."""
    result = Scan({}, [], [], [])
    if is_id(project_id):
        _collect(result, layout.roots[Kind.TASK] / project_id, Kind.TASK, project_id)
    return result


def is_leftover(name: str) -> bool:
    """Whether a file name is one that an unfinished write of a document has."""
    return _LEFTOVER.fullmatch(name) is not None


def differences(known: Iterable[Record], found: Scan) -> list[DocumentKey]:
    """The documents whose files are not as we know them: changed, new or gone."""
    unmatched = dict(found.documents)
    differing = []
    for record in known:
        key = (record.kind, record.id, record.project_id if record.kind is Kind.TASK else None)
        if unmatched.pop(key, None) != record.stamp:  # type: ignore[call-overload] # equal to the DocumentKey
            differing.append(record.key)
    return differing + list(unmatched)


def _collect(result: Scan, directory: Path, kind: Kind, project_id: str | None) -> None:
    try:
        entries = os.scandir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            name = entry.name
            if name.endswith(SUFFIX) and is_id(stem := name[: -len(SUFFIX)]):
                result.documents[DocumentKey(kind, stem, project_id)] = stamp_of(entry.stat(follow_symlinks=False))
            elif is_leftover(name):
                result.leftovers.append(Path(entry.path))
            elif is_kept(name):
                result.kept.append(Path(entry.path))
            elif not name.startswith("."):
                result.strange.append(Path(entry.path))


def _directories(root: Path) -> Iterator[Path]:
    try:
        children = list(root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return iter(())
    return (path for path in children if path.is_dir() and not path.is_symlink())
