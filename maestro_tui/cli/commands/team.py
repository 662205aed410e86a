"""What existing skills type about the people of a project's team: who there is, and what to note for them."""

from __future__ import annotations

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import rows_result
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.layout import Column, block, facts, line
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["list_members", "list_teams", "memory", "remember", "show_member", "show_team"]

MEMBERS, TEAMS = "/api/team-members", "/api/teams"
MEMBER_COLUMNS = (
    Column("ID", "id"),
    Column("NAME", "name", flexible=True),
    Column("MODE", "mode"),
    Column("ROLE", "role", flexible=True),
)
TEAM_COLUMNS = (Column("ID", "id"), Column("NAME", "name", flexible=True), Column("LEADER", "leaderId"))


def list_members(call: Call) -> Result:
    return _listed(call, MEMBERS, MEMBER_COLUMNS, "No team members")


def list_teams(call: Call) -> Result:
    return _listed(call, TEAMS, TEAM_COLUMNS, "No teams")


def show_member(call: Call) -> Result:
    member = _one(call, MEMBERS)
    pairs = [(name, member.get(name.lower())) for name in ("ID", "Name", "Role", "Mode", "Model", "Status")]
    pairs += [("Agent", member.get("agentTool")), ("Skills", member.get("skillIds"))]
    lines = [*facts(pairs, call.output), *block("Identity", member["identity"]), *_notes(member)]
    return Result(member, lines, [member["id"]])


def show_team(call: Call) -> Result:
    team = _one(call, TEAMS)
    pairs = [("ID", team["id"]), ("Name", team["name"]), ("Leader", team["leaderId"])]
    pairs += [("Members", team["memberIds"]), ("Teams below", team["subTeamIds"]), ("Status", team["status"])]
    return Result(team, facts(pairs, call.output), [team["id"]])


def memory(call: Call) -> Result:
    member = _one(call, MEMBERS)
    told = {name: member[name] for name in ("id", "name", "memory")}
    return Result(told, _notes(member) or ["Nothing is noted"], [member["id"]])


def remember(call: Call) -> Result:
    """An agent notes for its own member, the owner for any."""
    text = call.require_text("entry", "The note", 'maestro team-member memory append ID --entry "a note"')
    body = {"projectId": call.project_id(), "entries": [text]}
    member = call.api.post(f"{MEMBERS}/{_id(call)}/memory", body)
    return Result(member, _notes(member), [member["id"]])


def _listed(call: Call, path: str, columns: tuple[Column, ...], nothing: str) -> Result:
    rows = [row for row in call.api.get(path, projectId=call.project_id()) if row["status"] == "active"]
    return rows_result(call, rows, columns, nothing)


def _one(call: Call, path: str) -> dict[str, Any]:
    document: dict[str, Any] = call.api.get(f"{path}/{_id(call)}", projectId=call.project_id())
    return document


def _id(call: Call) -> str:
    return checked_id(call.require_text("id", "The id", "maestro team-member list"), "team member")


def _notes(member: dict[str, Any]) -> list[str]:
    return [f"{number}. {line(note)}" for number, note in enumerate(member["memory"], 1)]
