"""The manifest of a session: what programs read of it, in the shape that existing clients accept.

Their `worker init` refuses a file with any field more or less than it knows, so what only we say
stands under `context.custom`, which they leave alone: read it with `environment.manifest_facts`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.spawning import SpawnSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Task
from maestro_tui.environment import manifest_facts
from maestro_tui.skills.manifest import Skill
from maestro_tui.skills.prompt import acceptance_notes

__all__ = ["Briefing", "manifest_again", "mode_of"]

MANIFEST_VERSION = "1.0"
MODES = frozenset(
    ("worker", "coordinator", "coordinated-worker", "coordinated-coordinator", "execute", "coordinate")
)
AGENT_TOOLS = {"claude": "claude-code", "codex": "codex", "gemini": "gemini"}
"""The agents those clients know, by our names. One they do not know is left out: they take Claude Code then."""
PERMISSION_MODES = frozenset(("acceptEdits", "interactive", "readOnly", "bypassPermissions"))
ANY_MODEL = "default"
"""They need a model where the spawn names none; Claude Code takes this word for the person's own choice."""
_PARENT_FIELDS = {"id", "title", "description", "status", "priority"}
_SHORT_FIELDS = {"id", "title", "status", "description"}
_TASK_FIELDS = {"id", "title", "description", "parentId", "dependencies", "priority", "projectId", "status"}
_DONE = "Every sentence of the description is true, and every subtask is ticked."


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything a session is told at its start. parents: the tasks above its own, outermost first."""

    session: Session
    request: SpawnSession
    project: Project
    tasks: Sequence[Task]
    parents: Sequence[Task]
    dependencies: Sequence[Task]
    skills: Sequence[Skill]
    member: TeamMember | None = None

    def manifest(self, brief_path: Path) -> dict[str, Any]:
        """The manifest, JSON-ready, camelCase, without any secret."""
        session, member = self.session, self.member
        permissions = member.permission_mode if member and member.permission_mode in PERMISSION_MODES else None
        written = {
            "manifestVersion": MANIFEST_VERSION,
            "mode": mode_of(session),
            "tasks": [self._task(task) for task in self.tasks],
            "session": {
                "model": session.model or ANY_MODEL,
                "permissionMode": permissions or "interactive",
                **({"workingDirectory": session.cwd} if session.cwd else {}),
            },
            "context": {"relatedTasks": list(self._related()), "custom": self._own(brief_path)},
            "skills": [skill.name for skill in self.skills],
            "agentTool": AGENT_TOOLS.get(session.agent or ""),
            "availableTeamMembers": list(self._others()) if session.role is Role.ORCHESTRATOR else None,
            "coordinatorSessionId": session.parent_session_id,
            "initialDirective": self._directive(),
            **self._self(),
        }
        return _without_nothing(written)

    def _own(self, brief_path: Path) -> dict[str, Any]:
        """What only we say."""
        session = self.session
        return {
            "role": session.role.value,
            "project": self.project.model_dump(mode="json", exclude={"team_members", "teams"}),
            "parents": [task.model_dump(mode="json", include=_PARENT_FIELDS) for task in self.parents],
            "session": {
                "id": session.id,
                "name": session.name,
                "parentSessionId": session.parent_session_id,
                "rootSessionId": session.root_session_id,
                "spawnSource": session.spawn_source,
                "spawnReason": self.request.reason,
                "cwd": session.cwd,
            },
            "skills": [_skill(skill) for skill in self.skills],
            "agent": {"name": session.agent, "model": session.model},
            "context": self.request.context,
            "briefPath": str(brief_path),
        }

    def _task(self, task: Task) -> dict[str, Any]:
        """The fields those clients know, and the rest of the task as its `metadata`."""
        wire = task.model_dump(mode="json", exclude={"timeline"})
        known = {name: value for name, value in wire.items() if name in _TASK_FIELDS}
        first = task is self.tasks[0]
        return _without_nothing(known) | {
            "acceptanceCriteria": acceptance_notes([task], self.request.context if first else None) or [_DONE],
            "createdAt": _iso(task.created_at),
            "metadata": {name: value for name, value in wire.items() if name not in _TASK_FIELDS},
        }

    def _related(self) -> Iterator[dict[str, Any]]:
        for relationship, tasks in (("related_to", self.parents), ("depends_on", self.dependencies)):
            for task in tasks:
                yield task.model_dump(mode="json", include=_SHORT_FIELDS) | {"relationship": relationship}

    def _directive(self) -> dict[str, str] | None:
        """Why it was started, in the words of the session that started it."""
        reason, parent = self.request.reason.strip(), self.session.parent_session_id
        if not (reason and parent):
            return None
        subject, _, rest = reason.partition("\n")
        return {"subject": subject, "message": rest.strip() or subject, "fromSessionId": parent}

    def _self(self) -> dict[str, Any]:
        """Who the agent is: its team member, else the session itself, since a coordinator has to be somebody."""
        session, member = self.session, self.member
        if member is None:
            return {
                "teamMemberId": session.id,
                "teamMemberName": session.name,
                "teamMemberRole": session.role.value,
                "teamMemberAvatar": "•",
                "teamMemberIdentity": f"You are {session.name}, the {session.role.value} of session {session.id}.",
            }
        return {
            "teamMemberId": member.id,
            "teamMemberName": member.name,
            "teamMemberRole": member.role,
            "teamMemberAvatar": member.avatar or "•",
            "teamMemberIdentity": member.identity or f"You are {member.name}.",
            "teamMemberMemory": list(member.memory),
        }

    def _others(self) -> Iterator[dict[str, Any]]:
        """Whom a coordinator can start."""
        for one in self.project.team_members:
            if one.status == "active" and (self.member is None or one.id != self.member.id):
                yield _without_nothing(
                    {
                        "id": one.id,
                        "name": one.name,
                        "role": one.role,
                        "identity": one.identity,
                        "avatar": one.avatar or "•",
                        "mode": one.mode if one.mode in MODES else None,
                        "model": one.model,
                        "agentTool": one.agent_tool if one.agent_tool in AGENT_TOOLS.values() else None,
                        "permissionMode": one.permission_mode,
                        "skillIds": list(one.skill_ids),
                        "memory": list(one.memory),
                    }
                )


def manifest_again(manifest: Mapping[str, Any], old_id: str, new_id: str, brief_path: Path) -> dict[str, Any]:
    """The manifest of one session for another one that does the same again."""
    own = manifest_facts(manifest)
    known = own.get("session")
    session = {**(known if isinstance(known, dict) else {}), "id": new_id, "restartOf": old_id}
    changed = {**own, "session": session, "briefPath": str(brief_path)}
    if own is manifest:
        return changed
    again = {**manifest, "context": {**manifest["context"], "custom": changed}}
    if again.get("teamMemberId") == old_id:
        again |= {"teamMemberId": new_id, "teamMemberIdentity": _renamed(again, old_id, new_id)}
    return again


def _renamed(manifest: Mapping[str, Any], old_id: str, new_id: str) -> str:
    return str(manifest.get("teamMemberIdentity", "")).replace(old_id, new_id)


def mode_of(session: Session) -> str:
    """The role of a session in the words of existing clients, which also say whether another one started it."""
    mode = "coordinator" if session.role is Role.ORCHESTRATOR else "worker"
    return f"coordinated-{mode}" if session.parent_session_id else mode


def _iso(milliseconds: int) -> str:
    """Unix ms in ISO 8601; empty for what a person's own edit made no time."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _skill(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "version": skill.manifest.version,
        "description": skill.manifest.description,
        "type": skill.manifest.type,
    }


def _without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that are None: where a client allows a text, it seldom allows null."""
    return {name: value for name, value in fields.items() if value is not None}
