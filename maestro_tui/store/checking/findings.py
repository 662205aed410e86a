"""What a check found: one entry for each thing that is wrong, and whether a repair would mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from maestro_tui.store.base import Finding

__all__ = ["CheckFinding", "FindingKind", "Report"]


class FindingKind(StrEnum):
    """The kinds of things that may be wrong."""

    UNREADABLE = "unreadable"
    """The bytes are no document: torn, not JSON, a field missing or wrong, or the file may not be read."""
    NEWER = "newer"
    """Written by a later version: shown, never rewritten."""
    MISPLACED = "misplaced"
    """The id or project inside is another than the file's name or directory says."""
    DUPLICATE = "duplicate"
    """The same id in two places; the higher revision is in force."""
    STRANGE = "strange"
    """A file among the documents that is not named like one."""
    MISSING_PROJECT = "missing-project"
    MISSING_PARENT = "missing-parent"
    MISSING_TASK = "missing-task"
    """A session names a task of its project that is not there."""
    CYCLE = "cycle"
    """Tasks that are each other's parents."""
    LEFTOVER = "leftover"
    """What a program that was killed left behind."""
    SET_ASIDE = "set-aside"
    """A file kept beside a document for a person to look at."""
    PERMISSIONS = "permissions"
    INDEX = "index"
    """The sidecar is damaged, or does not say what the files say."""
    HISTORY = "history"
    """The database of events and answers is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding(Finding):
    """repair: what `--repair` would do about it; None when a person must decide."""

    kind: FindingKind
    repair: str | None = None

    def to_wire(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "path": self.path,
            "message": self.message,
            "documentId": self.document_id,
            "kept": self.kept,
            "repair": self.repair,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """counts: documents looked at, by kind. quarantined: files that earlier repairs took out of the way."""

    counts: Mapping[str, int]
    findings: tuple[CheckFinding, ...]
    quarantined: int = 0
    repaired: tuple[str, ...] = field(default=())

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def to_wire(self) -> dict[str, Any]:
        return {
            "clean": self.is_clean,
            "counts": dict(self.counts),
            "findings": [finding.to_wire() for finding in self.findings],
            "quarantined": self.quarantined,
            "repaired": list(self.repaired),
        }
