"""Team members, as clients that existed before write them: the project is in the query or the body."""

from typing import Any

from aiohttp import web

from maestro_tui.domain.errors import BusinessRuleBroken, Invalid
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.requests import CreateTeamMember, OfProject, Remember, UpdateTeamMember
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import identifier
from maestro_tui.server.replies import reply

__all__ = ["project_named", "routes"]

routes = web.RouteTableDef()

ALL = "/api/team-members"
ONE = ALL + "/{member_id}"


@routes.get(ALL)
async def list_members(request: web.Request) -> web.StreamResponse:
    """Of the project that the query names, archived ones included."""
    project_id = project_named(request)
    members = await services_of(request).team.list(project_id, actor_of(request))
    return reply([_wire(member, project_id) for member in members])


@routes.post(ALL)
async def create_member(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, CreateTeamMember)
    member = await services_of(request).team.create(body, actor_of(request))
    return reply(_wire(member, body.project_id), status=201)


@routes.get(ONE)
async def get_member(request: web.Request) -> web.StreamResponse:
    project_id = project_named(request)
    member = await services_of(request).team.get(project_id, _member(request), actor_of(request))
    return reply(_wire(member, project_id))


@routes.patch(ONE)
async def update_member(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, UpdateTeamMember)
    member = await services_of(request).team.update(_member(request), body, actor_of(request))
    return reply(_wire(member, body.project_id))


@routes.delete(ONE)
async def delete_member(request: web.Request) -> web.StreamResponse:
    """One that is archived."""
    await services_of(request).team.delete(project_named(request), _member(request), actor_of(request))
    return reply({"success": True, "id": _member(request)})


@routes.post(ONE + "/archive")
async def archive_member(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, OfProject)
    return await _archived(request, body.project_id, archived=True)


@routes.post(ONE + "/unarchive")
async def unarchive_member(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, OfProject)
    return await _archived(request, body.project_id, archived=False)


@routes.post(ONE + "/memory")
async def remember(request: web.Request) -> web.StreamResponse:
    """Add notes to its memory."""
    body = await read_model(request, Remember)
    team = services_of(request).team
    member = await team.remember(body.project_id, _member(request), body.entries, actor_of(request))
    return reply(_wire(member, body.project_id))


@routes.post(ONE + "/reset")
async def reset_member(request: web.Request) -> web.StreamResponse:
    """Refused: no team member comes with the server, so none has anything to go back to."""
    body = await read_model(request, OfProject)
    member = await services_of(request).team.get(body.project_id, _member(request), actor_of(request))
    raise BusinessRuleBroken(
        f"Team member '{member.name}' was made here and has no original to go back to",
        suggestion=f"maestro team-member edit {member.id}",
    )


async def _archived(request: web.Request, project_id: str, *, archived: bool) -> web.StreamResponse:
    team = services_of(request).team
    member = await team.archive(project_id, _member(request), actor_of(request), archived=archived)
    return reply(_wire(member, project_id))


def _wire(member: TeamMember, project_id: str) -> dict[str, Any]:
    return {**member.to_wire(), "projectId": project_id, "isDefault": False}


def _member(request: web.Request) -> str:
    return request.match_info["member_id"]


def project_named(request: web.Request) -> str:
    """The project that the query names. Raises Invalid when it names none."""
    project_id = identifier(request.query, "projectId")
    if project_id is None:
        raise Invalid.field("projectId", "is required in the query", suggestion="maestro project list")
    return project_id
