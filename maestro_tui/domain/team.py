"""A team: members of a project that are led by one of them, and the teams below it."""

from typing import Literal

from maestro_tui.domain.document import Part

__all__ = ["Team"]


class Team(Part):
    """Kept in its project, like its members. Times are Unix ms.

    leader_id: one of member_ids. sub_team_ids: other teams of the project, never in a circle.
    """

    id: str
    name: str
    description: str = ""
    avatar: str = ""
    leader_id: str
    member_ids: tuple[str, ...] = ()
    sub_team_ids: tuple[str, ...] = ()
    status: Literal["active", "archived"] = "active"
    created_at: int
    updated_at: int
