"""Bodies about team members, and about the teams that they make up."""

from typing import Annotated

from pydantic import Field

from maestro_tui.domain.requests.body import Body, Description, Id, Ids, Message, Name, Summary, Word

__all__ = [
    "CreateTeam",
    "CreateTeamMember",
    "OfProject",
    "OfSubTeam",
    "OfTeamMembers",
    "Remember",
    "UpdateTeam",
    "UpdateTeamMember",
]


class OfProject(Body):
    """Which project it is about, where the address does not say it."""

    project_id: Id


class CreateTeamMember(OfProject):
    """A named way to start an agent. mode: the role of its sessions, in any of the words in use."""

    name: Name
    role: Summary = ""
    identity: Description = ""
    avatar: Word = "•"
    mode: Word = "worker"
    model: Word | None = None
    agent_tool: Word | None = None
    permission_mode: Word | None = None
    skill_ids: Ids = ()


class UpdateTeamMember(OfProject):
    """What changes of one; what is not named stays."""

    name: Name | None = None
    role: Summary | None = None
    identity: Description | None = None
    avatar: Word | None = None
    mode: Word | None = None
    model: Word | None = None
    agent_tool: Word | None = None
    permission_mode: Word | None = None
    skill_ids: Ids | None = None
    memory: tuple[Summary, ...] | None = None


class CreateTeam(OfProject):
    """Members with one who leads them; the leader need not be named twice."""

    name: Name
    leader_id: Id
    member_ids: Ids = ()
    sub_team_ids: Ids = ()
    description: Summary = ""
    avatar: Word = "•"


class UpdateTeam(OfProject):
    """What changes of one; what is not named stays."""

    name: Name = ""
    leader_id: Id = ""
    member_ids: Ids = ()
    sub_team_ids: Ids = ()
    description: Summary = ""
    avatar: Word = ""


class OfTeamMembers(OfProject):
    member_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]


class OfSubTeam(OfProject):
    sub_team_id: Id


class Remember(OfProject):
    """Notes for a team member's memory."""

    entries: Annotated[tuple[Message, ...], Field(min_length=1, max_length=20)]
