"""Team members, which clients of before have: named ways to start an agent, kept in their project."""

from collections.abc import Iterable

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Forbidden, LimitReached
from maestro_tui.domain.ids import MEMBER
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.teams import CreateTeamMember, UpdateTeamMember
from maestro_tui.services.attempts import made_id
from maestro_tui.services.permissions import require_owner
from maestro_tui.services.project_parts import ProjectParts, named_changes
from maestro_tui.services.task_rules import require_values

__all__ = ["TeamMembersService"]

MOST_NOTES = 200
_EMPTY = {"role": "", "identity": "", "avatar": "", "skill_ids": (), "memory": ()}


class TeamMembersService(ProjectParts[TeamMember]):
    """Team members: everybody in a project reads them, the owner writes; an agent writes who it is itself."""

    __slots__ = ()
    FIELD = "team_members"
    NOUN = "team member"

    async def create(self, body: CreateTeamMember, actor: Actor) -> TeamMember:
        """Raises NotFound, Forbidden, LimitReached."""
        require_owner(actor, "make a team member")
        now = self.context.now()
        fields = body.model_dump(exclude={"project_id"})
        member = TeamMember(id=made_id(MEMBER, now), created_at=now, updated_at=now, **fields)
        return await self._add(body.project_id, member)

    async def update(self, member_id: str, body: UpdateTeamMember, actor: Actor) -> TeamMember:
        """Change what is given; null empties. Raises NotFound, Forbidden, Invalid, LimitReached."""
        given = named_changes(body)
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

    def _require_sound(self, project: Project, part: TeamMember) -> None:
        if len(part.memory) > MOST_NOTES:
            raise LimitReached(
                f"Team member '{part.id}' keeps {MOST_NOTES} notes at most",
                suggestion=f"maestro team-member memory clear {part.id}",
            )
