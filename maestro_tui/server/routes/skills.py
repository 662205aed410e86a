"""Skills: what agents can be taught."""

from typing import Any

from aiohttp import web

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.status import Role
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import paging
from maestro_tui.server.replies import listing, reply
from maestro_tui.services.permissions import require_owner
from maestro_tui.skills.manifest import Skill

__all__ = ["routes"]

routes = web.RouteTableDef()


@routes.get("/api/skills")
async def list_skills(request: web.Request) -> web.StreamResponse:
    return listing(services_of(request).skills.all(), paging(request.query), wire=_summary)


@routes.get("/api/skills/role/{role}")
async def list_skills_of_role(request: web.Request) -> web.StreamResponse:
    """The skills a role is given, in the order an agent reads them."""
    word = request.match_info["role"]
    if word not in tuple(Role):
        raise Invalid.field("role", f"must be one of: {', '.join(Role)}")
    return listing(services_of(request).skills.for_role(Role(word)), paging(request.query), wire=_summary)


@routes.get("/api/skills/{skill_id}")
async def get_skill(request: web.Request) -> web.StreamResponse:
    return reply(_whole(services_of(request).skills.get(request.match_info["skill_id"])))


@routes.post("/api/skills/{skill_id}/reload")
async def reload_skill(request: web.Request) -> web.StreamResponse:
    """Read the skill's files again, and answer with what they now say."""
    require_owner(actor_of(request), "reload skills")
    services = services_of(request)
    name = request.match_info["skill_id"]
    await services.skill_news.reload(name)
    return reply(_whole(services.skills.get(name)))


def _summary(skill: Skill) -> dict[str, Any]:
    manifest = skill.manifest
    return {
        "id": manifest.name,
        "name": manifest.name,
        "description": manifest.description,
        "type": manifest.type,
        "version": manifest.version,
    }


def _whole(skill: Skill) -> dict[str, Any]:
    return _summary(skill) | {"instructions": skill.instructions}
