"""What older clients say in a spawn or of a task, in our words: their modes, their names for agents."""

from collections.abc import Mapping
from typing import Any

from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Task

__all__ = ["as_assigned", "as_member", "permissions_of", "translated"]

_ROLES = {
    "execute": Role.WORKER,
    "coordinated-worker": Role.WORKER,
    "coordinate": Role.ORCHESTRATOR,
    "coordinator": Role.ORCHESTRATOR,
    "coordinated-coordinator": Role.ORCHESTRATOR,
}
_AGENTS = {"claude-code": "claude", "openai": "codex"}
_PERMISSIONS = {
    "default": "ask",
    "interactive": "ask",
    "readOnly": "plan",
    "acceptEdits": "edits",
    "bypassPermissions": "all",
}
_NOTHING = (None, "")


def translated(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with `mode` as `role`, `agentTool` and `launchConfig` as `agent` and `model`.

    A first instruction (`initialDirective`) is the reason where none is given, one of several
    team members the session's own.

    What is said in our words as well is left as it is, and so is what nobody knows: the check
    of that field names it.
    """
    launch = body.get("launchConfig")
    if not isinstance(launch, Mapping):
        launch = {}
    theirs = {
        "role": _in_our_words(body.get("mode"), _ROLES),
        "agent": _in_our_words(
            launch.get("provider") if body.get("agentTool") in _NOTHING else body["agentTool"], _AGENTS
        ),
        "model": launch.get("model"),
        "reason": _directive(body) if body.get("spawnReason") in _NOTHING else None,
        "teamMemberId": next(iter(_listed(body.get("teamMemberIds"))), None),
    }
    return _filled(body, theirs)


def as_assigned(body: Mapping[str, Any], task: Task, project: Project) -> dict[str, Any]:
    """The body with what is noted of its task: who shall do it, and with which agent and model.

    A member or a team that is gone or put away counts for nothing. A team's leader leads: an orchestrator.
    """
    launch = task.launch_config or {}
    noted = {"agent": _in_our_words(launch.get("provider"), _AGENTS), "model": launch.get("model")}
    if not _filled(body, {}).keys() & {"agent", "model"}:
        body = _filled(body, noted)
    members = {one.id for one in project.team_members if one.status == "active"}
    leaders = {one.id: one.leader_id for one in project.teams if one.status == "active"}
    leader = leaders.get(task.team_id or "")
    if task.team_member_id in members or body.get("teamMemberId") not in _NOTHING:
        return _filled(body, {"teamMemberId": task.team_member_id})
    return _filled(body, {"teamMemberId": leader, "role": Role.ORCHESTRATOR.value} if leader in members else {})


def as_member(body: Mapping[str, Any], member: TeamMember) -> dict[str, Any]:
    """The body with what its team member brings: role, agent, model and skills where it names none itself."""
    brought = {
        "role": _ROLES.get(member.mode, member.mode),
        "agent": _AGENTS.get(member.agent_tool or "", member.agent_tool),
        "model": member.model,
    }
    return {**_filled(body, brought), "skillIds": [*_listed(body.get("skillIds")), *member.skill_ids]}


def _filled(body: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """What body says, and of the others what it does not; saying nothing of something counts for nothing."""
    said = {name: value for name, value in body.items() if value not in _NOTHING}
    return {name: value for name, value in others.items() if value not in _NOTHING} | said


def permissions_of(member: TeamMember | None) -> str | None:
    """What a member's agent may do unasked, in the words of `AgentProfile.permissions`; None where nobody said."""
    word = member.permission_mode if member is not None else None
    return _PERMISSIONS.get(word, word) if word else None


def _directive(body: Mapping[str, Any]) -> str:
    """`initialDirective: {subject, message}` as one text."""
    given = body.get("initialDirective")
    parts = (given.get("subject"), given.get("message")) if isinstance(given, Mapping) else ()
    return "\n\n".join(part for part in parts if isinstance(part, str) and part)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _in_our_words(word: Any, words: Mapping[str, str]) -> Any:
    return words.get(word, word) if isinstance(word, str) else word
