"""All skills of several folders: which of a name wins, what is broken, and in what order they are read out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.status import Role
from maestro_tui.skills.folder import read_skill
from maestro_tui.skills.manifest import BadSkill, Skill, SkillFinding
from maestro_tui.skills.ordering import dependencies_first, dependency_findings

__all__ = ["FOUNDATION", "Reloaded", "SkillLibrary"]

FOUNDATION = "maestro-cli"
"""The skill every session gets first: how to use the `maestro` command."""

FOLDER_LIMIT = 128
"""Skills read from one directory; it also bounds how deep dependencies can go."""


@dataclass(frozen=True, slots=True)
class _Contents:
    skills: dict[str, Skill]
    findings: tuple[SkillFinding, ...]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What another look at the folders has brought: names of skills, and findings that are new."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    findings: tuple[SkillFinding, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.findings)


class SkillLibrary:
    """The skills of several directories; of two with one name, the one in the later directory wins.

    A broken skill is a finding, never an exception; after a reload its last good edition stays in
    use until the folder is repaired or removed. Directories that do not exist hold nothing.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = tuple(directories)
        self._contents = _read(self._directories, {})

    def all(self) -> list[Skill]:
        """Every skill, by name."""
        return sorted(self._contents.skills.values(), key=lambda skill: skill.name)

    def get(self, name: str) -> Skill:
        """The skill. Raises NotFound."""
        try:
            return self._contents.skills[name]
        except KeyError:
            raise NotFound.of("skill", name) from None

    def for_role(self, role: Role) -> list[Skill]:
        """What every session of the role is given: maestro-cli, then by priority, dependencies first."""
        return self.resolve((), role)

    def resolve(self, names: Iterable[str], role: Role) -> list[Skill]:
        """What a session is given that asks for names: the role's skills, then those. Raises NotFound."""
        asked = [self.get(name) for name in names]
        assigned = sorted((skill for skill in self.all() if skill.manifest.is_for(role)), key=_rank)
        return dependencies_first((*assigned, *asked), self._contents.skills)

    def findings(self) -> list[SkillFinding]:
        """Everything that is wrong in any of the folders: files, fields, missing dependencies, cycles."""
        return list(self._contents.findings)

    @property
    def directories(self) -> Sequence[Path]:
        """Where skills are looked for, whether the place exists or not."""
        return self._directories

    def reload(self, name: str | None = None) -> Reloaded:
        """Read the folders again. name: a skill that must exist afterwards, else NotFound."""
        before = self._contents
        current = {skill.directory: skill for skill in before.skills.values()}
        self._contents = _read(self._directories, current)
        if name is not None:
            self.get(name)
        return _difference(before, self._contents)


def _difference(before: _Contents, after: _Contents) -> Reloaded:
    old, new = before.skills, after.skills
    return Reloaded(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
        removed=tuple(sorted(old.keys() - new.keys())),
        findings=tuple(finding for finding in after.findings if finding not in before.findings),
    )


def _rank(skill: Skill) -> tuple[bool, int, str]:
    return skill.name != FOUNDATION, -skill.manifest.priority, skill.name


def _read(directories: Sequence[Path], earlier: dict[Path, Skill]) -> _Contents:
    skills: dict[str, Skill] = {}
    findings: list[SkillFinding] = []
    for source in directories:
        found: dict[str, Skill] = {}
        for directory in _folders(source, findings):
            skill = _read_one(directory, source, earlier, findings)
            if skill is None:
                continue
            if skill.name in found:
                findings.append(_double(skill, found[skill.name]))
            else:
                found[skill.name] = skill
        skills |= found
    return _Contents(skills, (*findings, *dependency_findings(skills)))


def _folders(source: Path, findings: list[SkillFinding]) -> Iterator[Path]:
    try:
        entries = sorted(source.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        findings.append(SkillFinding(source, "", f"cannot be read: {error.strerror}"))
        return
    folders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    if len(folders) > FOLDER_LIMIT:
        message = (
            f"holds {len(folders)} skills; the first {FOLDER_LIMIT} by name are read, move the others elsewhere"
        )
        findings.append(SkillFinding(source, "", message))
    yield from folders[:FOLDER_LIMIT]


def _read_one(
    directory: Path, source: Path, earlier: dict[Path, Skill], findings: list[SkillFinding]
) -> Skill | None:
    try:
        return read_skill(directory, source)
    except BadSkill as error:
        findings.extend(error.findings)
        return earlier.get(directory)


def _double(skill: Skill, kept: Skill) -> SkillFinding:
    message = f"'{skill.name}' is also the name of {kept.directory}, which is used; give one of them another"
    return SkillFinding(skill.manifest_file, "name", message)
