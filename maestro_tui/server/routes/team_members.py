"""Team members, as clients that existed before write them: the project is in the query or the body."""

from typing import Any

from aiohttp import web

from maestro_tui.domain.errors import BusinessRuleBroken, NotFound
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.requests.teams import CreateTeamMember, OfProject, Remember, UpdateTeamMember
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import identifier, project_named
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()

ALL = "/api/team-members"
ONE = ALL + "/{member_id}"


@routes.get(ALL)
async def list_members(request: web.Request) -> web.StreamResponse:
    """Of the project that the query names, else of all, archived ones included."""
    return reply([_wire(member, project_id) for project_id, member in await _visible(request)])


@routes.post(ALL)
async def create_member(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, CreateTeamMember)
    member = await services_of(request).team_members.create(body, actor_of(request))
    return reply(_wire(member, body.project_id), status=201)


@routes.get(ONE)
async def get_member(request: web.Request) -> web.StreamResponse:
    """Of the project that the query names, else of whichever has it."""
    if (project_id := identifier(request.query, "projectId")) is not None:
        member = await services_of(request).team_members.get(project_id, _member(request), actor_of(request))
        return reply(_wire(member, project_id))
    for project_id, member in await _visible(request):
        if member.id == _member(request):
            return reply(_wire(member, project_id))
    raise NotFound(f"No project has a team member '{_member(request)}'", suggestion="maestro team-member list")


@routes.patch(ONE)
async def update_member(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, UpdateTeamMember)
    member = await services_of(request).team_members.update(_member(request), body, actor_of(request))
    return reply(_wire(member, body.project_id))


@routes.delete(ONE)
async def delete_member(request: web.Request) -> web.StreamResponse:
    """One that is archived."""
    await services_of(request).team_members.delete(
        project_named(request.query), _member(request), actor_of(request)
    )
    return reply({"success": True, "id": _member(request)})


@routes.post(ONE + "/archive")
@routes.post(ONE + "/unarchive")
async def archive_member(request: web.Request) -> web.StreamResponse:
    """Put it away, or take it back."""
    body, archived = await read_model(request, OfProject), request.path.endswith("/archive")
    members = services_of(request).team_members
    member = await members.archive(body.project_id, _member(request), actor_of(request), archived=archived)
    return reply(_wire(member, body.project_id))


@routes.post(ONE + "/memory")
async def remember(request: web.Request) -> web.StreamResponse:
    """Add notes to its memory."""
    body = await read_model(request, Remember)
    members = services_of(request).team_members
    member = await members.remember(body.project_id, _member(request), body.entries, actor_of(request))
    return reply(_wire(member, body.project_id))


@routes.post(ONE + "/reset")
async def reset_member(request: web.Request) -> web.StreamResponse:
    """Refused: no team member comes with the server, so none has anything to go back to."""
    body = await read_model(request, OfProject)
    member = await services_of(request).team_members.get(body.project_id, _member(request), actor_of(request))
    raise BusinessRuleBroken(
        f"Team member '{member.name}' was made here and has no original to go back to",
        suggestion=f"maestro team-member edit {member.id}",
    )


async def _visible(request: web.Request) -> list[tuple[str, TeamMember]]:
    """The members of the project that is named, or of all that the caller may see, each with its project's id."""
    services, actor = services_of(request), actor_of(request)
    named = identifier(request.query, "projectId")
    ids = [named] if named else [project.id for project in await services.projects.list(actor)]
    return [(one, member) for one in ids for member in await services.team_members.list(one, actor)]


def _wire(member: TeamMember, project_id: str) -> dict[str, Any]:
    return {**member.to_wire(), "projectId": project_id, "isDefault": False}


def _member(request: web.Request) -> str:
    return request.match_info["member_id"]
