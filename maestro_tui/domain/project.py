"""A project: a name for a body of work, and the directory it is done in."""

from maestro_tui.domain.document import Document
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.team import Team

__all__ = ["Project"]


class Project(Document):
    name: str
    working_dir: str = ""
    description: str = ""
    team_members: tuple[TeamMember, ...] = ()
    teams: tuple[Team, ...] = ()
