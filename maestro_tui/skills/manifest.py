"""What a skill says of itself: its `manifest.json`, checked field by field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from maestro_tui.domain.document import Part
from maestro_tui.domain.ids import ID_PATTERN
from maestro_tui.domain.status import Role

__all__ = [
    "Audience",
    "BadSkill",
    "Skill",
    "SkillFinding",
    "SkillManifest",
    "SkillType",
    "parse_front_matter",
    "parse_manifest",
]

# https://semver.org, the grammar of version 2.0.0
_NUMBER = r"(?:0|[1-9]\d*)"
_LABEL = rf"(?:{_NUMBER}|\d*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER_PATTERN = (
    rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_LABEL}(?:\.{_LABEL})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$"
)

_HEAD_TEXTS = ("name", "description", "version", "author", "type")
_HEAD_LISTS = frozenset({"assignTo", "capabilities", "dependencies"})

SkillName = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class SkillType(StrEnum):
    SYSTEM = "system"
    ROLE = "role"
    CUSTOM = "custom"


class Audience(StrEnum):
    ALL = "all"
    WORKER = "worker"
    ORCHESTRATOR = "orchestrator"


class SkillManifest(Part):
    """A skill's name card.

    assign_to: the roles whose sessions get the skill without asking; empty: only who names it.
    priority: higher comes earlier in a brief. dependencies: skills that must come before it.
    """

    model_config = ConfigDict(strict=True)

    name: SkillName
    version: Annotated[str, StringConstraints(pattern=SEMVER_PATTERN, max_length=256)]
    description: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    author: Annotated[str, StringConstraints(max_length=200)] | None = None
    type: SkillType = SkillType.CUSTOM
    assign_to: Annotated[tuple[Audience, ...], Field(max_length=3)] = ()
    priority: int = 0
    capabilities: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    dependencies: Annotated[tuple[SkillName, ...], Field(max_length=100)] = ()
    config: dict[str, JsonValue] = Field(default_factory=dict)

    def is_for(self, role: Role) -> bool:
        """Whether every session of the role gets this skill."""
        return Audience.ALL in self.assign_to or Audience(role.value) in self.assign_to


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill that can be given to an agent.

    instructions: Markdown, safe to show. directory: its own folder.
    source: the library folder it was found in. manifest_file: what its manifest was read from.
    """

    manifest: SkillManifest
    instructions: str
    directory: Path
    source: Path
    manifest_file: Path = Path()

    @property
    def name(self) -> str:
        return self.manifest.name


@dataclass(frozen=True, slots=True)
class SkillFinding:
    """Something wrong with a skill, for the person who wrote it.

    field: the key in the manifest (`dependencies.0`), or empty when the file itself is the problem.
    """

    file: Path
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.field}" if self.field else f"{self.file}"
        return f"{place}: {self.message}"


class BadSkill(Exception):
    """A folder that cannot be used as a skill, and every reason why."""

    def __init__(self, *findings: SkillFinding) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = findings


def parse_manifest(content: bytes, file: Path) -> SkillManifest:
    """The manifest in content. file: where it lies, for the findings. Raises BadSkill."""
    try:
        return SkillManifest.model_validate_json(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise BadSkill(
            *(SkillFinding(file, _field(problem["loc"]), _sentence(problem["msg"])) for problem in problems)
        ) from None


def parse_front_matter(head: Mapping[str, Any], file: Path) -> SkillManifest:
    """The manifest that the head of a `SKILL.md` stands for. Raises BadSkill.

    Keys of ours may stand in it or below `metadata`; other tools' keys are ignored. Without a
    version it is 0.0.0, and only who names the skill is given it.
    """
    below = head.get("metadata")
    said = {**(below if isinstance(below, Mapping) else {}), **head}
    wanted = {name: said[name] for name in _HEAD_TEXTS if name in said}
    wanted.setdefault("version", "0.0.0")
    for name in _HEAD_LISTS & said.keys():
        value = said[name]
        wanted[name] = value if isinstance(value, list) else str(value).replace(",", " ").split()
    if "priority" in said:
        wanted["priority"] = _whole_number(said["priority"])
    return parse_manifest(json.dumps(wanted).encode(), file)


def _whole_number(value: Any) -> Any:
    """The number a text stands for; the text itself where it stands for none, for the check to name."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return value


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _sentence(message: str) -> str:
    if SEMVER_PATTERN in message:
        return "must be a semantic version such as 1.0.0"
    if ID_PATTERN in message:
        return "must be 1 to 128 letters, digits, '-' or '_'"
    return message
