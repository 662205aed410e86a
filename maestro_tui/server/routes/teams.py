"""Teams, as clients that existed before write them: the project is in the query or the body."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.requests.teams import CreateTeam, OfProject, OfSubTeam, OfTeamMembers, UpdateTeam
from maestro_tui.domain.team import Team
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import project_named, required_identifier, required_identifiers
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()

ALL = "/api/teams"
ONE = ALL + "/{team_id}"


@routes.get(ALL)
async def list_teams(request: web.Request) -> web.StreamResponse:
    """Of the project that the query names, archived ones included."""
    project_id = project_named(request.query)
    teams = await services_of(request).teams.list(project_id, actor_of(request))
    return reply([_wire(team, teams, project_id) for team in teams])


@routes.post(ALL)
async def create_team(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, CreateTeam)
    team = await services_of(request).teams.create(body, actor_of(request))
    return await _answer(request, team, body.project_id, status=201)


@routes.get(ONE)
async def get_team(request: web.Request) -> web.StreamResponse:
    project_id = project_named(request.query)
    team = await services_of(request).teams.get(project_id, _team(request), actor_of(request))
    return await _answer(request, team, project_id)


@routes.patch(ONE)
async def update_team(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, UpdateTeam)
    team = await services_of(request).teams.update(_team(request), body, actor_of(request))
    return await _answer(request, team, body.project_id)


@routes.delete(ONE)
async def delete_team(request: web.Request) -> web.StreamResponse:
    """One that is archived."""
    await services_of(request).teams.delete(project_named(request.query), _team(request), actor_of(request))
    return reply({"success": True, "id": _team(request)})


@routes.get(ONE + "/tree")
async def team_tree(request: web.Request) -> web.StreamResponse:
    """The team with its members, and the same of the teams below it."""
    project_id, actor = project_named(request.query), actor_of(request)
    teams = await services_of(request).teams.list(project_id, actor)
    members = {one.id: one for one in await services_of(request).team_members.list(project_id, actor)}
    root = await services_of(request).teams.get(project_id, _team(request), actor)
    return reply(_tree(root, {one.id: one for one in teams}, members))


@routes.post(ONE + "/archive")
@routes.post(ONE + "/unarchive")
async def archive_team(request: web.Request) -> web.StreamResponse:
    """Put it away, or take it back."""
    body, archived = await read_model(request, OfProject), request.path.endswith("/archive")
    teams = services_of(request).teams
    team = await teams.archive(body.project_id, _team(request), actor_of(request), archived=archived)
    return await _answer(request, team, body.project_id)


@routes.post(ONE + "/members")
async def add_members(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, OfTeamMembers)
    teams = services_of(request).teams
    team = await teams.with_members(body.project_id, _team(request), body.member_ids, actor_of(request))
    return await _answer(request, team, body.project_id)


@routes.delete(ONE + "/members")
async def remove_members(request: web.Request) -> web.StreamResponse:
    """`projectId` and `memberIds` (a comma list) stand in the query, since it is a DELETE."""
    project_id = project_named(request.query)
    member_ids = required_identifiers(request.query, "memberIds", suggestion="maestro team-member list")
    teams = services_of(request).teams
    team = await teams.without_members(project_id, _team(request), tuple(member_ids), actor_of(request))
    return await _answer(request, team, project_id)


@routes.post(ONE + "/sub-teams")
async def add_sub_team(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, OfSubTeam)
    teams = services_of(request).teams
    team = await teams.with_sub_team(body.project_id, _team(request), body.sub_team_id, actor_of(request))
    return await _answer(request, team, body.project_id)


@routes.delete(ONE + "/sub-teams")
async def remove_sub_team(request: web.Request) -> web.StreamResponse:
    """`projectId` and `subTeamId` stand in the query, since it is a DELETE."""
    project_id = project_named(request.query)
    sub_team_id = required_identifier(request.query, "subTeamId", suggestion="maestro team list")
    teams = services_of(request).teams
    team = await teams.without_sub_team(project_id, _team(request), sub_team_id, actor_of(request))
    return await _answer(request, team, project_id)


async def _answer(request: web.Request, team: Team, project_id: str, *, status: int = 200) -> web.StreamResponse:
    teams = await services_of(request).teams.list(project_id, actor_of(request))
    return reply(_wire(team, teams, project_id), status=status)


def _wire(team: Team, teams: Iterable[Team], project_id: str) -> dict[str, Any]:
    above = next((one.id for one in teams if team.id in one.sub_team_ids), None)
    return {**team.to_wire(), "projectId": project_id, "parentTeamId": above}


def _tree(team: Team, teams: dict[str, Team], members: dict[str, TeamMember]) -> dict[str, Any]:
    known = [members[one] for one in team.member_ids if one in members]
    return {
        **team.model_dump(mode="json", include={"id", "name", "description", "avatar", "leader_id", "status"}),
        "members": [
            {
                **member.model_dump(mode="json", include={"id", "name", "role", "identity", "avatar", "mode"}),
                "isLeader": member.id == team.leader_id,
            }
            for member in known
        ],
        "subTeams": [_tree(teams[one], teams, members) for one in team.sub_team_ids if one in teams],
    }


def _team(request: web.Request) -> str:
    return request.match_info["team_id"]
