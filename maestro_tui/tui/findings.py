"""What is wrong on the server's side: checks that fail, files that cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

__all__ = ["Finding", "findings_of", "told"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should look at. what: a file, or a check as `disk`. kept: a copy that was set aside."""

    what: str
    message: str
    kept: str = ""


def findings_of(answer: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings in an answer of `/api/findings`; none when all is well."""
    failing = [Finding(name, reason) for name, reason in answer["checks"].items() if reason != "ok"]
    files = [Finding(one["path"], one["message"], one["kept"] or "") for one in answer["files"]]
    skills = [Finding(one["file"], _of_skill(one)) for one in answer["skills"]]
    return (*failing, *files, *skills)


def _of_skill(finding: Mapping[str, str]) -> str:
    field = f"{finding['field']}: " if finding["field"] else ""
    return f"skill {finding['skill']}: {field}{finding['message']}"


def told(finding: Finding) -> str:
    """A finding in a sentence or two; of a file the name only, the details have the rest."""
    kept = f"; kept as {PurePath(finding.kept).name}" if finding.kept else ""
    return f"{PurePath(finding.what).name}: {finding.message}{kept}"
