"""Team members, which clients of before have: named ways to start an agent, kept in their project."""

import builtins
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, Forbidden, LimitReached, NotFound
from maestro_tui.domain.ids import MEMBER
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests import CreateTeamMember, UpdateTeamMember
from maestro_tui.services.attempts import made_id
from maestro_tui.services.context import Context
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.project_changes import change_project
from maestro_tui.services.task_rules import require_values

__all__ = ["TeamService", "member_of"]

MOST_MEMBERS = 100
MOST_NOTES = 200
_EMPTY = {"role": "", "identity": "", "avatar": "", "skill_ids": (), "memory": ()}


@dataclass(frozen=True, slots=True)
class TeamService:
    """Team members: everybody in a project reads them, the owner writes; an agent writes who it is itself."""

    context: Context

    async def list(self, project_id: str, actor: Actor) -> builtins.list[TeamMember]:
        """All of a project, archived ones included, oldest first. Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return builtins.list((await self.context.store.projects.get(project_id)).team_members)

    async def get(self, project_id: str, member_id: str, actor: Actor) -> TeamMember:
        """Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return member_of(await self.context.store.projects.get(project_id), member_id)

    async def create(self, body: CreateTeamMember, actor: Actor) -> TeamMember:
        """Raises NotFound, Forbidden, LimitReached."""
        require_owner(actor, "make a team member")
        now = self.context.now()
        fields = body.model_dump(exclude={"project_id"})
        member = TeamMember(id=made_id(MEMBER, now), created_at=now, updated_at=now, **fields)

        def joined(project: Project) -> Project:
            if any(known.id == member.id for known in project.team_members):
                return project
            if len(project.team_members) >= MOST_MEMBERS:
                raise LimitReached(f"Project '{project.name}' has {MOST_MEMBERS} team members, which is the most")
            return evolve(project, team_members=(*project.team_members, member))

        return member_of(await change_project(self.context, body.project_id, joined), member.id)

    async def update(self, member_id: str, body: UpdateTeamMember, actor: Actor) -> TeamMember:
        """Change what is given; null empties. Raises NotFound, Forbidden, Invalid, LimitReached."""
        given = {name: value for name, value in body.changes().items() if name != "project_id"}
        await self._require(member_id, actor, given.keys())
        require_values(given, "name", "mode")
        changes = {name: _EMPTY.get(name) if value is None else value for name, value in given.items()}
        return await self._change(body.project_id, member_id, lambda member: evolve(member, **changes))

    async def remember(
        self, project_id: str, member_id: str, entries: tuple[str, ...], actor: Actor
    ) -> TeamMember:
        """Add notes. Raises NotFound, Forbidden, LimitReached."""
        await self._require(member_id, actor, {"memory"})
        return await self._change(
            project_id, member_id, lambda member: evolve(member, memory=(*member.memory, *entries))
        )

    async def archive(self, project_id: str, member_id: str, actor: Actor, *, archived: bool) -> TeamMember:
        """Put it away, or take it back. Raises NotFound, Forbidden."""
        require_owner(actor, "archive a team member")
        status = "archived" if archived else "active"
        return await self._change(project_id, member_id, lambda member: evolve(member, status=status))

    async def delete(self, project_id: str, member_id: str, actor: Actor) -> None:
        """Raises NotFound, Forbidden, and BusinessRuleBroken for one that is not archived."""
        require_owner(actor, "delete a team member")

        def parted(project: Project) -> Project:
            if member_of(project, member_id).status != "archived":
                raise BusinessRuleBroken(
                    f"Team member '{member_id}' is active", suggestion=f"maestro team-member archive {member_id}"
                )
            return evolve(project, team_members=tuple(one for one in project.team_members if one.id != member_id))

        await change_project(self.context, project_id, parted)

    async def _require(self, member_id: str, actor: Actor, fields: Iterable[str]) -> None:
        """Raise Forbidden unless the owner asks, or the member's own agent for what is its own to say."""
        if actor.session_id is None:
            return
        session = await self.context.store.sessions.get(actor.session_id)
        if session.team_member_id != member_id or not set(fields) <= {"identity", "memory"}:
            raise Forbidden(
                f"Session '{session.id}' may change the identity and the memory of its own team member only",
                suggestion="Ask the person to do it",
            )

    async def _change(
        self, project_id: str, member_id: str, change: Callable[[TeamMember], TeamMember]
    ) -> TeamMember:
        def changed(project: Project) -> Project:
            before = member_of(project, member_id)
            after = change(before)
            if after == before:
                return project
            if len(after.memory) > MOST_NOTES:
                raise LimitReached(
                    f"Team member '{member_id}' keeps {MOST_NOTES} notes at most",
                    suggestion=f"maestro team-member memory clear {member_id}",
                )
            after = evolve(after, updated_at=self.context.now())
            members = tuple(after if one.id == member_id else one for one in project.team_members)
            return evolve(project, team_members=members)

        return member_of(await change_project(self.context, project_id, changed), member_id)


def member_of(project: Project, member_id: str) -> TeamMember:
    """The member of that id. Raises NotFound."""
    found = next((one for one in project.team_members if one.id == member_id), None)
    if found is None:
        raise NotFound(
            f"Project '{project.name}' has no team member '{member_id}'", suggestion="maestro team-member list"
        )
    return found
