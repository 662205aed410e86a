"""Bodies of runners that claim a session, hold it, and let it go."""

from typing import Annotated

from pydantic import Field

from maestro_tui.domain.requests.body import Body, Fence, Id

__all__ = ["ClaimSession", "ReleaseSession"]


class ClaimSession(Body):
    """A claim, or its renewal. fence: required to renew, absent to claim."""

    runner_id: Id
    lease_ms: Annotated[int, Field(ge=1000, le=600_000)] = 10_000
    fence: Fence | None = None


class ReleaseSession(Body):
    runner_id: Id
    fence: Fence | None = None
