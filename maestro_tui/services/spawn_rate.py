"""How many sessions of a project were spawned within the last minute, before a restart too."""

from collections import deque

from maestro_tui.domain.session import Session
from maestro_tui.services.clock import Clock
from maestro_tui.store.base import SessionQuery, Store

__all__ = ["MINUTE_MS", "SpawnRate"]

MINUTE_MS = 60_000


class SpawnRate:
    """Counts spawns per project.

    The stored sessions say what happened before this process; from then on memory does, so
    that deleting a session does not make room for another.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._times: dict[str, deque[int]] = {}

    async def recent(self, project_id: str) -> list[int]:
        """When sessions of the project were spawned within the last minute (Unix ms), oldest first."""
        if project_id not in self._times:
            stored = (await self._store.sessions.find(SessionQuery(project_id=project_id))).items
            before = sorted(one.created_at for one in stored if one.spawn_source is not None)
            self._times.setdefault(project_id, deque(before))
        times = self._times[project_id]
        recent = [time for time in times if abs(self._clock() - time) < MINUTE_MS]  # a clock may be set back
        self._times[project_id] = deque(recent)
        return recent

    def count(self, session: Session) -> None:
        """The session was spawned. Hold the project's lock since `recent` was asked."""
        self._times[session.project_id].append(session.created_at)
