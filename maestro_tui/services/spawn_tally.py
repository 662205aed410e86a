"""What became of spawns, counted for `/metrics`."""

from collections.abc import Iterator
from contextlib import contextmanager

from maestro_tui.domain.errors import SpawnRefused
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.telemetry.metrics import SPAWN_SECONDS, SPAWNS

__all__ = ["count_accepted", "count_outcome", "counting_refusals"]


@contextmanager
def counting_refusals() -> Iterator[None]:
    """Count a spawn that is refused within."""
    try:
        yield
    except SpawnRefused:
        SPAWNS.labels("refused").inc()
        raise


def count_accepted() -> None:
    """A session was stored as `spawning`."""
    SPAWNS.labels("accepted").inc()


def count_outcome(before: Session, after: Session) -> None:
    """Count a session that was `spawning` until now, by what it became.

    One that failed without ever having been claimed is `unclaimed`: no runner came for it.
    """
    if before.status is not SessionStatus.SPAWNING or after.status is SessionStatus.SPAWNING:
        return
    unclaimed = after.status is SessionStatus.FAILED and not after.fence
    SPAWNS.labels("unclaimed" if unclaimed else after.status.value).inc()
    if after.status is SessionStatus.RUNNING and after.approval is None:
        SPAWN_SECONDS.observe(max(0, after.updated_at - before.created_at) / 1000)
