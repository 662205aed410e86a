"""Who asks: the owner of the machine, or one session's agent."""

from dataclasses import dataclass

from maestro_tui.domain.status import Role

__all__ = ["OWNER", "Actor"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The identity behind a request, established from its token.

    session_id: None for the owner, who may do everything. A session's agent may read its
    project, write its own tasks and sessions, and spawn within policy.
    """

    session_id: str | None = None
    project_id: str | None = None
    role: Role | None = None

    @property
    def is_owner(self) -> bool:
        return self.session_id is None

    @property
    def scope(self) -> str:
        """A stable name of the identity: idempotency keys of two identities never meet."""
        return self.session_id or "owner"


OWNER = Actor()
