"""Teams, which clients of before have: members of a project with one who leads them."""

import builtins
from collections.abc import Callable
from dataclasses import dataclass

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, LimitReached, NotFound
from maestro_tui.domain.ids import TEAM
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests import CreateTeam, UpdateTeam
from maestro_tui.domain.team import Team
from maestro_tui.services.attempts import made_id
from maestro_tui.services.context import Context
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.project_changes import change_project
from maestro_tui.services.team import member_of

__all__ = ["TeamsService", "team_of"]

MOST_TEAMS = 100
Ids = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamsService:
    """Teams: everybody in a project reads them, the owner writes."""

    context: Context

    async def list(self, project_id: str, actor: Actor) -> builtins.list[Team]:
        """All of a project, archived ones included, oldest first. Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return builtins.list((await self.context.store.projects.get(project_id)).teams)

    async def get(self, project_id: str, team_id: str, actor: Actor) -> Team:
        """Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return team_of(await self.context.store.projects.get(project_id), team_id)

    async def create(self, body: CreateTeam, actor: Actor) -> Team:
        """The leader is a member, named as one or not.

        Raises NotFound, Forbidden, BusinessRuleBroken, LimitReached.
        """
        require_owner(actor, "make a team")
        now = self.context.now()
        fields = body.model_dump(exclude={"project_id", "member_ids"})
        members = tuple(dict.fromkeys((body.leader_id, *body.member_ids)))
        team = Team(id=made_id(TEAM, now), created_at=now, updated_at=now, member_ids=members, **fields)

        def founded(project: Project) -> Project:
            if any(known.id == team.id for known in project.teams):
                return project
            if len(project.teams) >= MOST_TEAMS:
                raise LimitReached(f"Project '{project.name}' has {MOST_TEAMS} teams, which is the most")
            return _checked(evolve(project, teams=(*project.teams, team)), team)

        return team_of(await change_project(self.context, body.project_id, founded), team.id)

    async def update(self, team_id: str, body: UpdateTeam, actor: Actor) -> Team:
        """Change what is given. Raises NotFound, Forbidden, BusinessRuleBroken."""
        changes = {name: value for name, value in body.changes().items() if name != "project_id"}
        return await self._change(body.project_id, team_id, lambda team: evolve(team, **changes), actor)

    async def with_members(self, project_id: str, team_id: str, member_ids: Ids, actor: Actor) -> Team:
        """Let members join; who is in it already stays. Raises NotFound, Forbidden."""

        def joined(team: Team) -> Team:
            return evolve(team, member_ids=tuple(dict.fromkeys((*team.member_ids, *member_ids))))

        return await self._change(project_id, team_id, joined, actor)

    async def without_members(self, project_id: str, team_id: str, member_ids: Ids, actor: Actor) -> Team:
        """Let members leave. Raises NotFound, Forbidden, BusinessRuleBroken for the leader."""

        def parted(team: Team) -> Team:
            return evolve(team, member_ids=tuple(one for one in team.member_ids if one not in member_ids))

        return await self._change(project_id, team_id, parted, actor)

    async def with_sub_team(self, project_id: str, team_id: str, sub_team_id: str, actor: Actor) -> Team:
        """Put another team below this one. Raises NotFound, Forbidden, BusinessRuleBroken for a circle."""

        def above(team: Team) -> Team:
            return evolve(team, sub_team_ids=tuple(dict.fromkeys((*team.sub_team_ids, sub_team_id))))

        return await self._change(project_id, team_id, above, actor)

    async def without_sub_team(self, project_id: str, team_id: str, sub_team_id: str, actor: Actor) -> Team:
        """Take another team from below this one. Raises NotFound, Forbidden."""

        def alone(team: Team) -> Team:
            return evolve(team, sub_team_ids=tuple(one for one in team.sub_team_ids if one != sub_team_id))

        return await self._change(project_id, team_id, alone, actor)

    async def archive(self, project_id: str, team_id: str, actor: Actor, *, archived: bool) -> Team:
        """Put it away, or take it back. Raises NotFound, Forbidden."""
        status = "archived" if archived else "active"
        return await self._change(project_id, team_id, lambda team: evolve(team, status=status), actor)

    async def delete(self, project_id: str, team_id: str, actor: Actor) -> None:
        """Raises NotFound, Forbidden, and BusinessRuleBroken for one that is not archived."""
        require_owner(actor, "delete a team")

        def dissolved(project: Project) -> Project:
            if team_of(project, team_id).status != "archived":
                raise BusinessRuleBroken(
                    f"Team '{team_id}' is active", suggestion=f"maestro team archive {team_id}"
                )
            left = (team for team in project.teams if team.id != team_id)
            teams = (
                evolve(team, sub_team_ids=tuple(one for one in team.sub_team_ids if one != team_id))
                for team in left
            )
            return evolve(project, teams=tuple(teams))

        await change_project(self.context, project_id, dissolved)

    async def _change(self, project_id: str, team_id: str, change: Callable[[Team], Team], actor: Actor) -> Team:
        require_owner(actor, "change a team")

        def changed(project: Project) -> Project:
            before = team_of(project, team_id)
            after = change(before)
            if after == before:
                return project
            after = evolve(after, updated_at=self.context.now())
            teams = tuple(after if one.id == team_id else one for one in project.teams)
            return _checked(evolve(project, teams=teams), after)

        return team_of(await change_project(self.context, project_id, changed), team_id)


def team_of(project: Project, team_id: str) -> Team:
    """The team of that id. Raises NotFound."""
    found = next((one for one in project.teams if one.id == team_id), None)
    if found is None:
        raise NotFound(f"Project '{project.name}' has no team '{team_id}'", suggestion="maestro team list")
    return found


def _checked(project: Project, team: Team) -> Project:
    """The project, in which that team has changed.

    Raises NotFound for a member or a team that is not there, BusinessRuleBroken for a team that cannot be.
    """
    for member_id in team.member_ids:
        member_of(project, member_id)
    if team.leader_id not in team.member_ids:
        raise BusinessRuleBroken(
            f"The leader of team '{team.name}', '{team.leader_id}', has to be one of its members",
            suggestion=f"maestro team add-member {team.id} {team.leader_id}",
        )
    below, seen = list(team.sub_team_ids), set[str]()
    while below:
        team_id = below.pop()
        if team_id == team.id:
            raise BusinessRuleBroken(f"Team '{team.name}' would be below itself", suggestion="maestro team list")
        if team_id not in seen:
            seen.add(team_id)
            below += team_of(project, team_id).sub_team_ids
    return project
