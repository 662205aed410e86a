"""How much may be spawned: how deep, how many at once, how many a minute."""

from collections import defaultdict, deque

from maestro_tui.config.settings import SpawnPolicy
from maestro_tui.domain.errors import NotFound, SpawnRefused
from maestro_tui.domain.session import Session
from maestro_tui.services.clock import Clock
from maestro_tui.store.base import SessionQuery, Store

__all__ = ["SpawnLimits"]

MINUTE_MS = 60_000


class SpawnLimits:
    """The limits of `[spawn]` in config.toml. Hold the project's lock from `check` to `count`."""

    def __init__(self, store: Store, policy: SpawnPolicy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._spawned: dict[str, deque[int]] = defaultdict(deque)

    async def check(self, project_id: str, parent: Session | None) -> None:
        """Raise SpawnRefused (429) when one more session below parent would be too deep or too many."""
        await self._check_depth(parent)
        await self._check_live(project_id)
        self._check_rate(project_id)

    def count(self, project_id: str) -> None:
        """A session was spawned now."""
        self._spawned[project_id].append(self._clock())

    async def _check_depth(self, parent: Session | None) -> None:
        depth = 0 if parent is None else len(await self._line(parent))
        if depth > self._policy.max_depth:
            raise _refused(
                "spawn_depth_exceeded",
                f"This session would be {depth} levels below the one a person started",
                "maxDepth",
                self._policy.max_depth,
                depth,
            )

    async def _check_live(self, project_id: str) -> None:
        live = (await self._store.sessions.find(SessionQuery(project_id=project_id, live=True, limit=0))).total
        if live >= self._policy.max_live:
            raise _refused(
                "spawn_limit_reached",
                f"The project has {live} live sessions",
                "maxLive",
                self._policy.max_live,
                live,
            )

    def _check_rate(self, project_id: str) -> None:
        recent = self._spawned[project_id]
        while recent and self._clock() - recent[0] >= MINUTE_MS:
            recent.popleft()
        if len(recent) >= self._policy.max_per_minute:
            raise _refused(
                "spawn_rate_limited",
                f"{len(recent)} sessions of the project were spawned within the last minute",
                "maxPerMinute",
                self._policy.max_per_minute,
                len(recent),
                retry_after=-(-(MINUTE_MS - (self._clock() - recent[0])) // 1000),
            )

    async def _line(self, session: Session) -> list[str]:
        """The session and those above it, as far as they still exist."""
        line = [session.id]
        while session.parent_session_id is not None and session.parent_session_id not in line:
            try:
                session = await self._store.sessions.get(session.parent_session_id)
            except NotFound:
                break
            line.append(session.id)
        return line


def _refused(
    code: str, fact: str, setting: str, limit: int, current: int, *, retry_after: int | None = None
) -> SpawnRefused:
    details = {"setting": f"spawn.{setting}", "limit": limit, "current": current}
    if retry_after is not None:
        details["retryAfter"] = retry_after
    return SpawnRefused(
        code,
        f"{fact}; {limit} are allowed",
        http_status=429,
        suggestion=f"Wait, stop a session, or raise {setting} under [spawn] in config.toml.",
        details=details,
    )
