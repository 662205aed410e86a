"""How much may be spawned: by whom, how deep, how many at once, how many a minute."""

import asyncio
from dataclasses import dataclass

from maestro_tui.config.project import ProjectPolicy, project_policy
from maestro_tui.config.settings import SpawnPolicy
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import SpawnRefused
from maestro_tui.domain.project import Project
from maestro_tui.domain.status import Role
from maestro_tui.services.clock import Clock
from maestro_tui.services.spawn_pause import SpawnPause
from maestro_tui.services.spawn_rate import MINUTE_MS, SpawnRate
from maestro_tui.store.base import SessionQuery, Store

__all__ = ["Ruling", "SpawnLimits", "SpawnWish", "is_asked_by_person"]


@dataclass(frozen=True, slots=True)
class SpawnWish:
    """What somebody wants to spawn. depth: how many sessions are above it. by_person: no agent asks."""

    project: Project
    role: Role
    parent_session_id: str | None
    depth: int
    by_person: bool


@dataclass(frozen=True, slots=True)
class Ruling:
    """A wish that is granted under policy, at once or when a person says so."""

    policy: ProjectPolicy
    needs_approval: bool


def is_asked_by_person(actor: Actor, spawn_source: str) -> bool:
    """Whether a person asks, who need not be asked again; a client of the owner's may speak for a session."""
    return actor.is_owner and spawn_source != "session"


class SpawnLimits:
    """The limits of `[spawn]`, those of the home and the stricter ones of projects.

    Hold the project's lock from `check` until the session is stored and counted.
    """

    def __init__(
        self, store: Store, home_policy: SpawnPolicy, pause: SpawnPause, rate: SpawnRate, clock: Clock
    ) -> None:
        self._store = store
        self._home_policy = home_policy
        self._pause = pause
        self._rate = rate
        self._clock = clock

    async def policy_of(self, project: Project) -> ProjectPolicy:
        """The rules in force in the project; its own file is read each time."""
        return await asyncio.to_thread(project_policy, self._home_policy, project.working_dir)

    async def check(self, wish: SpawnWish) -> Ruling:
        """Raise SpawnRefused when spawning is paused (429), the role is denied (403) or a limit is met (429)."""
        self._pause.require_running()
        policy = await self.policy_of(wish.project)
        needs_approval = _needs_approval(policy, wish)
        self._check_depth(policy, wish.depth)
        await self._check_live(policy, wish)
        await self._check_rate(policy, wish.project.id)
        return Ruling(policy, needs_approval)

    def _check_depth(self, policy: ProjectPolicy, depth: int) -> None:
        if depth > policy.rules.max_depth:
            fact = f"This session would be {depth} levels below the one a person started"
            raise _refused("spawn_depth_exceeded", fact, policy, "maxDepth", policy.rules.max_depth, depth)

    async def _check_live(self, policy: ProjectPolicy, wish: SpawnWish) -> None:
        live = await self._live(SessionQuery(project_id=wish.project.id, live=True, limit=0))
        if live >= policy.rules.max_live:
            fact = f"The project has {live} live sessions"
            raise _refused("spawn_limit_reached", fact, policy, "maxLive", policy.rules.max_live, live)
        if wish.parent_session_id is None:
            return
        live = await self._live(SessionQuery(parent_session_id=wish.parent_session_id, live=True, limit=0))
        if live >= policy.rules.max_per_parent:
            fact = f"Session '{wish.parent_session_id}' has {live} live sessions of its own"
            raise _refused("spawn_limit_reached", fact, policy, "maxPerParent", policy.rules.max_per_parent, live)

    async def _live(self, query: SessionQuery) -> int:
        return (await self._store.sessions.find(query)).total

    async def _check_rate(self, policy: ProjectPolicy, project_id: str) -> None:
        recent, limit = await self._rate.recent(project_id), policy.rules.max_per_minute
        if len(recent) >= limit:
            waits_ms = MINUTE_MS - (self._clock() - recent[len(recent) - limit])
            raise _refused(
                "spawn_rate_limited",
                f"{len(recent)} sessions of the project were spawned within the last minute",
                policy,
                "maxPerMinute",
                limit,
                len(recent),
                retry_after=-(-waits_ms // 1000),
            )


def _needs_approval(policy: ProjectPolicy, wish: SpawnWish) -> bool:
    """Whether a person has to say yes first. Raises SpawnRefused (403) when the role is denied."""
    word = getattr(policy.rules.roles, wish.role.value)
    if word == "deny":
        key = f"spawn.roles.{wish.role.value}"
        raise SpawnRefused(
            "spawn_role_denied",
            f"Spawning {wish.role.value}s is denied here",
            http_status=403,
            suggestion=f"A person can set {wish.role.value} under [spawn.roles] to ask or allow"
            f" in {policy.file_of(key)}.",
            details={"setting": key, "limit": word, "file": policy.file_of(key)},
        )
    return bool(word == "ask" and not wish.by_person)


def _refused(
    code: str,
    fact: str,
    policy: ProjectPolicy,
    key: str,
    limit: int,
    current: int,
    *,
    retry_after: int | None = None,
) -> SpawnRefused:
    setting = f"spawn.{key}"
    file = policy.file_of(setting)
    details = {"setting": setting, "limit": limit, "current": current, "file": file}
    if retry_after is not None:
        details["retryAfter"] = retry_after
    return SpawnRefused(
        code,
        f"{fact}; {limit} are allowed",
        http_status=429,
        suggestion=f"Wait, stop a session, or raise {key} under [spawn] in {file}.",
        details=details,
    )
