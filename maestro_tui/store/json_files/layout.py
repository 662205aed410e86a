"""Which document lives in which file, and which file holds which document.

    data/projects/<id>.json    data/tasks/<projectId>/<taskId>.json    data/sessions/<id>.json

Ids are checked before they become part of a path, so no id leads out of the directory.
Names that start with a dot, and names whose stem is no id, are never documents.
"""

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.ids import is_id

__all__ = ["DocumentKey", "Kind", "Layout"]

SUFFIX = ".json"


class Kind(StrEnum):
    PROJECT = "project"
    TASK = "task"
    SESSION = "session"


class DocumentKey(NamedTuple):
    """A document's place. project_id: the directory a task lies in, None for the other kinds."""

    kind: Kind
    id: str
    project_id: str | None = None


class Layout:
    """The names inside one data directory. Touches nothing on disk."""

    __slots__ = ("data", "roots")

    def __init__(self, data: Path) -> None:
        self.data = data
        self.roots = {
            Kind.PROJECT: data / "projects",
            Kind.TASK: data / "tasks",
            Kind.SESSION: data / "sessions",
        }

    @property
    def lock(self) -> Path:
        return self.data / ".lock"

    @property
    def sidecar(self) -> Path:
        """The rebuildable index: deleting it costs a slow start and nothing else."""
        return self.data / ".index.db"

    @property
    def history(self) -> Path:
        """Numbered events and answers by key: deleting it costs every client a snapshot, and the day's keys."""
        return self.data / ".history.db"

    @property
    def trash(self) -> Path:
        """The last good versions of documents whose files other hands deleted."""
        return self.data / ".trash"

    @property
    def quarantine(self) -> Path:
        """What `maestro-tui fsck --repair` took out of the way, and what it changed as it was before."""
        return self.data / ".quarantine"

    @property
    def probe(self) -> Path:
        return self.data / ".probe"

    def path(self, key: DocumentKey) -> Path:
        """The file of a document. Raises Invalid for an id that may not be part of a path."""
        root = self.roots[key.kind]
        name = f"{_checked(key.id)}{SUFFIX}"
        return root / _checked(key.project_id) / name if key.kind is Kind.TASK else root / name

    def key(self, path: Path) -> DocumentKey | None:
        """Which document a path stands for; None when it stands for none."""
        if path.suffix != SUFFIX or not is_id(path.stem):
            return None
        parent = path.parent
        if parent == self.roots[Kind.PROJECT]:
            return DocumentKey(Kind.PROJECT, path.stem)
        if parent == self.roots[Kind.SESSION]:
            return DocumentKey(Kind.SESSION, path.stem)
        if parent.parent == self.roots[Kind.TASK] and is_id(parent.name):
            return DocumentKey(Kind.TASK, path.stem, parent.name)
        return None


def _checked(identifier: str | None) -> str:
    if not is_id(identifier):
        raise Invalid.field("id", f"{identifier!r} must be 1 to 128 characters of A-Z a-z 0-9 _ -")
    return str(identifier)
