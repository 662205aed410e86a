"""What a project says about spawning in its own `.maestro/config.toml`: stricter rules, never milder ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import get_args

from pydantic.alias_generators import to_camel

from maestro_tui.config.settings import Confirmation, SpawnPolicy, SpawnRoles
from maestro_tui.config.sources import ConfigFinding, load_settings

__all__ = ["PROJECT_CONFIG", "ProjectPolicy", "project_policy"]

PROJECT_CONFIG = ".maestro/config.toml"
LARGEST_FILE = 65_536
_LIMITS = ("max_depth", "max_live", "max_per_parent", "max_per_minute")
_ROLES = tuple(SpawnRoles.model_fields)
_MILD_TO_STRICT: tuple[Confirmation, ...] = get_args(Confirmation)

Rule = int | Confirmation


@dataclass(frozen=True, slots=True)
class ProjectPolicy:
    """The rules in force in a project.

    stricter: the dotted keys, as in `spawn.maxLive`, that its own file decides.
    findings: what in that file does not count.
    """

    rules: SpawnPolicy
    stricter: frozenset[str] = field(default_factory=frozenset)
    findings: tuple[ConfigFinding, ...] = ()

    def file_of(self, key: str) -> str:
        """The file that decides a dotted key; `config.toml` is that of the home."""
        return f"the project's {PROJECT_CONFIG}" if key in self.stricter else "config.toml"


def project_policy(home: SpawnPolicy, working_dir: str) -> ProjectPolicy:
    """The home's rules, made stricter by those of the project in working_dir (empty: it has none)."""
    path = Path(working_dir) / PROJECT_CONFIG
    if not working_dir or not _is_plain(path):
        return ProjectPolicy(home)
    loaded = load_settings(path, environ={})
    given = {".".join(key[1:]) for key in loaded.origins if key[0] == "spawn"}
    stricter, findings = _compared(_rules_of(home), _rules_of(loaded.settings.spawn), given)
    return ProjectPolicy(
        _with_rules(home, stricter),
        frozenset(f"spawn.{key}" for key in stricter),
        (*loaded.findings, *(ConfigFinding(str(path), message) for message in findings)),
    )


def _compared(
    home: Mapping[str, Rule], own: Mapping[str, Rule], given: set[str]
) -> tuple[dict[str, Rule], list[str]]:
    """Those of the given rules that are stricter than the home's, and what is wrong with the others."""
    stricter, findings = {}, []
    for key in sorted(given):
        if key not in home:
            findings.append(f"spawn.{key}: only the home's config.toml may say this")
        elif _strictness(own[key]) > _strictness(home[key]):
            stricter[key] = own[key]
        elif own[key] != home[key]:
            findings.append(f"spawn.{key}: {own[key]} is milder than the home's {home[key]} and does not count")
    return stricter, findings


def _strictness(rule: Rule) -> int:
    return -rule if isinstance(rule, int) else _MILD_TO_STRICT.index(rule)


def _rules_of(policy: SpawnPolicy) -> dict[str, Rule]:
    limits = {to_camel(name): getattr(policy, name) for name in _LIMITS}
    return limits | {f"roles.{role}": getattr(policy.roles, role) for role in _ROLES}


def _with_rules(policy: SpawnPolicy, rules: Mapping[str, Rule]) -> SpawnPolicy:
    limits = {name: rules[to_camel(name)] for name in _LIMITS if to_camel(name) in rules}
    roles = {role: rules[f"roles.{role}"] for role in _ROLES if f"roles.{role}" in rules}
    return policy.model_copy(update={**limits, "roles": policy.roles.model_copy(update=roles)})


def _is_plain(path: Path) -> bool:
    """Whether it is a file of a plausible size: a pipe in its place would hold up every spawn."""
    try:
        status = path.stat()
    except OSError:
        return False
    return S_ISREG(status.st_mode) and status.st_size <= LARGEST_FILE
