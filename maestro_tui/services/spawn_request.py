"""A spawn as clients write it: the spellings in use brought to one, and its shape checked, check by check."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import Invalid, SpawnRefused
from maestro_tui.domain.ids import is_id
from maestro_tui.domain.refusals import invalid
from maestro_tui.domain.requests.spawning import SpawnSession
from maestro_tui.domain.status import Role
from maestro_tui.services import session_environment
from maestro_tui.services.session_rules import clean_json

__all__ = ["SpawnRequest"]

SOURCES = ("ui", "session", "cli")
MOST_TASKS = 500
_NAMES = ("name", "sessionName")
_SKILLS = ("skill", "skills", "skillIds")
_PARENTS = ("parentSessionId", "spawnedBy", "sessionId")
_REASONS = ("spawnReason", "reason")
_PLAIN = ("model", "cwd", "brief", "teamMemberId")


@dataclass(frozen=True, slots=True)
class SpawnRequest:
    """The JSON object of a spawn. Each property is one check, to be asked in the contract's order.

    Every property raises SpawnRefused with the code of its check.
    """

    body: Mapping[str, Any]
    actor: Actor

    @property
    def project_id(self) -> str:
        value = self.body.get("projectId")
        if not is_id(value):
            raise SpawnRefused(
                "missing_project_id",
                "projectId: the id of a project is required",
                suggestion="maestro project list, then --project ID",
            )
        return str(value)

    @property
    def task_ids(self) -> tuple[str, ...]:
        single = self.body.get("taskId")
        value = self.body.get("taskIds", [single] if single is not None else None)
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_TASKS or not all(map(is_id, value)):
            raise SpawnRefused(
                "invalid_task_ids",
                f"taskIds: must be an array of 1 to {MOST_TASKS} task ids",
                suggestion="maestro session spawn --task ID",
            )
        return tuple(dict.fromkeys(value))

    @property
    def spawn_source(self) -> str:
        value = self.body.get("spawnSource")
        if value is None:
            return "cli" if self.actor.is_owner else "session"
        if value not in SOURCES:
            raise SpawnRefused("invalid_spawn_source", f"spawnSource: must be one of {', '.join(SOURCES)}")
        return str(value)

    @property
    def parent_session_id(self) -> str | None:
        """The session that spawns: the one named, else the one whose agent asks."""
        value = _first(self.body, _PARENTS)
        if value is None:
            return self.actor.session_id
        if not is_id(value):
            raise SpawnRefused(
                "parent_session_not_found", "The parent is not the id of a session", http_status=404
            )
        return str(value)

    @property
    def team_member_id(self) -> str | None:
        value = self.body.get("teamMemberId")
        if value in (None, ""):
            return None
        if not is_id(value):
            raise SpawnRefused("team_member_not_found", "teamMemberId is no id of a team member", http_status=404)
        return str(value)

    @property
    def role(self) -> Role:
        value = self.body.get("role")
        if value in (None, ""):
            return Role.WORKER
        if value not in tuple(Role):
            raise SpawnRefused("invalid_role", f"role: must be one of {', '.join(Role)}")
        return Role(value)

    @property
    def skills(self) -> tuple[str, ...]:
        """The names asked for, in order; which of them exist is another question."""
        names: list[Any] = []
        for key in _SKILLS:
            value = self.body.get(key) or []
            names += value if isinstance(value, list) else [value]
        if not all(map(is_id, names)):
            raise SpawnRefused(
                "skill_not_found",
                "skills: each must be the name of a skill",
                http_status=404,
                suggestion="maestro skill list",
            )
        return tuple(dict.fromkeys(names))

    def agent(self, known: Mapping[str, object]) -> str | None:
        """The agent asked for, one of the known ones; None leaves the choice to the runner."""
        value = self.body.get("agent")
        if value is None or value == "":
            return None
        if not isinstance(value, str) or value not in known:
            raise SpawnRefused(
                "invalid_agent",
                f"agent: must be one of {', '.join(known)}",
                suggestion="Name one of these, or describe a new one under [agents] in config.toml.",
                details={"known": list(known)},
            )
        return value

    def settled(self, *, agent: str | None) -> SpawnSession:
        """The request in its one spelling, once the checks above are passed. Raises Invalid for other fields."""
        values = {key: self.body[key] for key in _PLAIN if self.body.get(key) not in (None, "")}
        values |= {
            "projectId": self.project_id,
            "taskIds": self.task_ids,
            "name": _first(self.body, _NAMES),
            "skillIds": self.skills,
            "role": self.role.value,
            "agent": agent,
            "parentSessionId": self.parent_session_id,
            "spawnSource": self.spawn_source,
            "reason": _first(self.body, _REASONS) or "",
            "context": clean_json(self.body.get("context")),
        }
        try:
            return SpawnSession.model_validate_json(json.dumps(values))
        except ValidationError as error:
            raise invalid(error) from None

    @property
    def env(self) -> dict[str, str]:
        """The variables asked for. Raises Invalid for those a spawn may not set."""
        value = self.body.get("env") or {}
        if not isinstance(value, dict):
            raise Invalid.field("env", "must be an object of strings")
        return session_environment.check(value)


def _first(body: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """The value of the first key that is given and not empty."""
    return next((body[key] for key in keys if body.get(key) not in (None, "")), None)
