"""A team member: a named way to start an agent, with instructions of its own and notes it keeps."""

from typing import Literal

from maestro_tui.domain.document import Part

__all__ = ["TeamMember"]


class TeamMember(Part):
    """Kept in its project. Times are Unix ms.

    role: what it does, in words. mode: which role its sessions have, in the words it was made with.
    memory: notes, the oldest first.
    """

    id: str
    name: str
    role: str = ""
    identity: str = ""
    avatar: str = ""
    mode: str = "worker"
    model: str | None = None
    agent_tool: str | None = None
    permission_mode: str | None = None
    skill_ids: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    status: Literal["active", "archived"] = "active"
    created_at: int
    updated_at: int
