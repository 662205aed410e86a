"""A look at every file of the store: names and stamps, no contents. Everything here blocks."""

import os
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from maestro_tui.domain.ids import is_id
from maestro_tui.store.json_files.layout import SUFFIX, DocumentKey, Kind, Layout
from maestro_tui.store.json_files.quarantine import is_kept
from maestro_tui.store.json_files.records import Record, Stamp, stamp_of

__all__ = ["Known", "Scan", "by_kind", "is_leftover", "scan", "scan_project", "task_directories"]

Known = Mapping[Kind, Mapping[str, Record]]
"""Records by kind and id: what the files are compared with."""

_LEFTOVER = re.compile(r"\.[A-Za-z0-9_-]{1,128}\.json(\.broken|\.replaced-\d+)?\.\d+\.\d+\.tmp")


class Scan(NamedTuple):
    """documents: every document file that is not as it is known: all, where nothing is known.

    gone: known documents without a file. kept: files set aside. strange: names that are no documents.
    leftovers: what writers that were killed left behind, writes that were never acknowledged.
    """

    documents: dict[DocumentKey, Stamp]
    gone: list[DocumentKey]
    kept: list[Path]
    strange: list[Path]
    leftovers: list[Path]

    @property
    def differing(self) -> list[DocumentKey]:
        """The documents whose files are not as we know them: changed, new or gone."""
        return [*self.gone, *self.documents]


def scan(layout: Layout, known: Known | None = None) -> Scan:
    """All files in the three directories; a directory that is missing holds none."""
    look = _Look(known or {})
    for kind in (Kind.PROJECT, Kind.SESSION):
        look.into(layout.roots[kind], kind, None)
    for directory in task_directories(layout):
        look.into(directory, Kind.TASK, directory.name)
    return look.finish()


def task_directories(layout: Layout) -> list[Path]:
    """The directories that hold a project's tasks."""
    root = layout.roots[Kind.TASK]
    try:
        with os.scandir(root) as entries:
            return [root / one.name for one in entries if is_id(one.name) and one.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def scan_project(layout: Layout, project_id: str, known: Known) -> Scan:
    """The files of one project's tasks. known: what is known of these alone."""
    look = _Look(known)
    if is_id(project_id):
        look.into(layout.roots[Kind.TASK] / project_id, Kind.TASK, project_id)
    return look.finish()


def by_kind(records: Iterable[Record]) -> Known:
    """Sorts records for `scan`."""
    known: dict[Kind, dict[str, Record]] = {kind: {} for kind in Kind}
    for record in records:
        known[record.kind][record.id] = record
    return known


def is_leftover(name: str) -> bool:
    """Whether a file name is one that an unfinished write of a document has."""
    return _LEFTOVER.fullmatch(name) is not None


class _Look:
    """One pass over the directories, beside what is known.

    A file that is as it is known costs its stat and one comparison: at a start nearly all are.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._present: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        self._found = Scan({}, [], [], [], [])

    def into(self, directory: Path, kind: Kind, project_id: str | None) -> None:
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return
        try:
            self._into(descriptor, directory, kind, project_id)
        finally:
            os.close(descriptor)

    def _into(self, descriptor: int, directory: Path, kind: Kind, project_id: str | None) -> None:
        known, present, documents = self._known.get(kind, {}), self._present[kind], self._found.documents
        stat = partial(os.stat, dir_fd=descriptor, follow_symlinks=False)
        for name in os.listdir(descriptor):
            stem = name[: -len(SUFFIX)] if name.endswith(SUFFIX) else ""
            record = known.get(stem)
            try:
                if record is not None and (project_id is None or record.project_id == project_id):
                    status = stat(name)
                    present.add(stem)
                    if (status.st_ino, status.st_mtime_ns, status.st_size) != record.stamp:
                        documents[record.key] = stamp_of(status)
                elif is_id(stem):
                    documents[DocumentKey(kind, stem, project_id)] = stamp_of(stat(name))
                else:
                    self._set_apart(directory, name)
            except FileNotFoundError:  # removed since the directory was read
                continue

    def finish(self) -> Scan:
        """What was found; and what is known without having been found."""
        for kind, known in self._known.items():
            present = self._present[kind]
            if len(present) < len(known):
                self._found.gone.extend(record.key for record in known.values() if record.id not in present)
        return self._found

    def _set_apart(self, directory: Path, name: str) -> None:
        if is_leftover(name):
            self._found.leftovers.append(directory / name)
        elif is_kept(name):
            self._found.kept.append(directory / name)
        elif not name.startswith("."):
            self._found.strange.append(directory / name)
