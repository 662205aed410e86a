"""`python -m maestro_tui.skills.check [PATH]`: what the loader finds wrong, as one JSON document.

PATH is a skill's folder or a folder of them; by default every library this user has.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from maestro_tui.paths import Home
from maestro_tui.skills.folder import INSTRUCTIONS_FILE, MANIFEST_FILE, SINGLE_FILE, read_skill
from maestro_tui.skills.library import library_for
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.skills.manifest import BadSkill, SkillFinding

__all__ = ["main"]

SKILL_FILES = (MANIFEST_FILE, INSTRUCTIONS_FILE, SINGLE_FILE)


def main(arguments: Sequence[str]) -> int:
    """Print `{skills: [name], findings: [{file, field, message}]}`. 1 when there is no such folder."""
    path = Path(arguments[0]).expanduser().absolute() if arguments else None
    if path is not None and not path.is_dir():
        sys.stderr.write(f"{path} is not a folder\n")
        return 1
    names, findings = _one(path) if path and _is_skill(path) else _all(path)
    rows = [{"file": str(one.file), "field": one.field, "message": one.message} for one in findings]
    sys.stdout.write(json.dumps({"skills": names, "findings": rows}))
    return 0


def _is_skill(path: Path) -> bool:
    return any((path / name).is_file() for name in SKILL_FILES)


def _one(path: Path) -> tuple[list[str], list[SkillFinding]]:
    try:
        return [read_skill(path, path.parent).name], []
    except BadSkill as error:
        return [], list(error.findings)


def _all(path: Path | None) -> tuple[list[str], list[SkillFinding]]:
    library = SkillLibrary([path]) if path else library_for(Home.from_environment(), Path.cwd())
    return [skill.name for skill in library.all()], library.findings()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
