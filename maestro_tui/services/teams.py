"""Teams, which clients of before have: members of a project with one who leads them."""

from collections.abc import Callable

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken
from maestro_tui.domain.ids import TEAM
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.teams import CreateTeam, UpdateTeam
from maestro_tui.domain.team import Team
from maestro_tui.services.attempts import made_id
from maestro_tui.services.permissions import require_owner
from maestro_tui.services.project_parts import ProjectParts, named_changes
from maestro_tui.services.team_members import TeamMembersService

__all__ = ["TeamsService"]

Ids = tuple[str, ...]


class TeamsService(ProjectParts[Team]):
    """Teams: everybody in a project reads them, the owner writes."""

    __slots__ = ()
    FIELD = "teams"
    NOUN = "team"

    async def create(self, body: CreateTeam, actor: Actor) -> Team:
        """The leader is a member, named as one or not.

        Raises NotFound, Forbidden, BusinessRuleBroken, LimitReached.
        """
        require_owner(actor, "make a team")
        now = self.context.now()
        fields = body.model_dump(exclude={"project_id", "member_ids"})
        members = tuple(dict.fromkeys((body.leader_id, *body.member_ids)))
        team = Team(id=made_id(TEAM, now), created_at=now, updated_at=now, member_ids=members, **fields)
        return await self._add(body.project_id, team)

    async def update(self, team_id: str, body: UpdateTeam, actor: Actor) -> Team:
        """Change what is given. Raises NotFound, Forbidden, BusinessRuleBroken."""
        changes = named_changes(body)
        return await self._write(body.project_id, team_id, lambda team: evolve(team, **changes), actor)

    async def with_members(self, project_id: str, team_id: str, member_ids: Ids, actor: Actor) -> Team:
        """Let members join; who is in it already stays. Raises NotFound, Forbidden."""

        def joined(team: Team) -> Team:
            return evolve(team, member_ids=tuple(dict.fromkeys((*team.member_ids, *member_ids))))

        return await self._write(project_id, team_id, joined, actor)

    async def without_members(self, project_id: str, team_id: str, member_ids: Ids, actor: Actor) -> Team:
        """Let members leave. Raises NotFound, Forbidden, BusinessRuleBroken for the leader."""

        def parted(team: Team) -> Team:
            return evolve(team, member_ids=tuple(one for one in team.member_ids if one not in member_ids))

        return await self._write(project_id, team_id, parted, actor)

    async def with_sub_team(self, project_id: str, team_id: str, sub_team_id: str, actor: Actor) -> Team:
        """Put another team below this one. Raises NotFound, Forbidden, BusinessRuleBroken for a circle."""

        def above(team: Team) -> Team:
            return evolve(team, sub_team_ids=tuple(dict.fromkeys((*team.sub_team_ids, sub_team_id))))

        return await self._write(project_id, team_id, above, actor)

    async def without_sub_team(self, project_id: str, team_id: str, sub_team_id: str, actor: Actor) -> Team:
        """Take another team from below this one. Raises NotFound, Forbidden."""
        return await self._write(project_id, team_id, lambda team: self._without(sub_team_id, team), actor)

    async def _write(self, project_id: str, team_id: str, change: Callable[[Team], Team], actor: Actor) -> Team:
        require_owner(actor, "change a team")
        return await self._change(project_id, team_id, change)

    def _require_sound(self, project: Project, part: Team) -> None:
        """Raise NotFound for a member or a team that is not there, BusinessRuleBroken for one that cannot be."""
        for member_id in part.member_ids:
            TeamMembersService.find(project, member_id)
        if part.leader_id not in part.member_ids:
            raise BusinessRuleBroken(
                f"The leader of team '{part.name}', '{part.leader_id}', has to be one of its members",
                suggestion=f"maestro team add-member {part.id} {part.leader_id}",
            )
        below, seen = list(part.sub_team_ids), set[str]()
        while below:
            team_id = below.pop()
            if team_id == part.id:
                raise BusinessRuleBroken(
                    f"Team '{part.name}' would be below itself", suggestion="maestro team list"
                )
            if team_id not in seen:
                seen.add(team_id)
                below += self.find(project, team_id).sub_team_ids

    def _without(self, part_id: str, other: Team) -> Team:
        return evolve(other, sub_team_ids=tuple(one for one in other.sub_team_ids if one != part_id))
