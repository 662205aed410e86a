"""Files set aside: broken ones and overwritten ones, kept beside the original for a person to look at.

`<id>.json.broken` holds what could not be read while the last good version stays in force.
`<id>.json.replaced-<n>` holds our version that an edit based on an older one has replaced.
Nothing here is ever deleted, except a broken copy whose owner has mended the file.
"""

import os
import re
from pathlib import Path

from maestro_tui import files
from maestro_tui.store.base import Finding

__all__ = ["SET_ASIDE", "Quarantine", "is_kept"]

SET_ASIDE = "was set aside; merge what you need and delete it"

_KEPT = re.compile(r"\.json\.(broken|replaced-\d+)$")


def is_kept(name: str) -> bool:
    """Whether a file name is one that this module gives."""
    return _KEPT.search(name) is not None


class Quarantine:
    """What is wrong with which file, and which copies are kept for a person."""

    def __init__(self) -> None:
        self._findings: dict[str, Finding] = {}

    def findings(self) -> tuple[Finding, ...]:
        """All of them. Touches the disk: a copy that somebody has deleted is no matter any more."""
        for finding in tuple(self._findings.values()):
            if finding.path == finding.kept and not Path(finding.kept).exists():
                self.clear(finding.path)
        return tuple(self._findings.values())

    def report(
        self, path: Path | str, message: str, *, document_id: str | None = None, kept: str | None = None
    ) -> Finding:
        """Remember what is wrong with a file; replaces what was known of it."""
        finding = Finding(str(path), message, kept=kept, document_id=document_id)
        self._findings[str(path)] = finding
        return finding

    def known(self, path: Path | str) -> Finding | None:
        return self._findings.get(str(path))

    def clear(self, path: Path | str) -> Finding | None:
        """Nothing is wrong with the file any more. Returns what was."""
        return self._findings.pop(str(path), None)

    def overwritten(self, path: Path | str) -> None:
        """We have written the file, or taken it away: what remains of a broken version is its copy."""
        finding = self.clear(path)
        if finding is not None and finding.kept is not None:
            self.report(finding.kept, SET_ASIDE, document_id=finding.document_id, kept=finding.kept)


def keep_broken(path: Path, content: bytes) -> Path:
    """Keep broken bytes beside their file. Blocking. A copy of an earlier attempt at the same edit gives way."""
    kept = path.with_name(f"{path.name}.broken")
    files.write_whole(kept, content, mode=0o600)
    return kept


def keep_replaced(path: Path, content: bytes) -> Path:
    """Keep the version that an edit has replaced. Blocking."""
    number = 1
    while (kept := path.with_name(f"{path.name}.replaced-{number}")).exists():
        number += 1
    files.write_whole(kept, content, mode=0o600)
    return kept


def keep_deleted(trash: Path, path: Path, content: bytes) -> Path:
    """Keep the last version of a document whose file was deleted. Blocking."""
    directory = files.ensure_private_directory(trash / path.parent.name)
    kept = directory / path.name
    files.write_whole(kept, content, mode=0o600)
    return kept


def forget_broken(kept: str) -> None:
    """Remove the copy of a broken edit that its owner has mended. Blocking."""
    try:
        os.unlink(kept)  # noqa: PTH108
    except FileNotFoundError:
        return
