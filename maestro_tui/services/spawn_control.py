"""How spawning stands, and the switch that stops it."""

from collections.abc import Sequence
from typing import Any

from maestro_tui.config.project import ProjectPolicy
from maestro_tui.config.settings import SpawnPolicy
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.services.context import Context
from maestro_tui.services.locks import SPAWNING, uninterrupted
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.spawn_pause import Paused, SpawnPause
from maestro_tui.services.spawn_policy import SpawnLimits
from maestro_tui.services.spawn_rate import SpawnRate
from maestro_tui.store.base import ProjectQuery, SessionQuery

__all__ = ["SpawnControl"]


class SpawnControl:
    """What a person sees and does about spawning as a whole."""

    def __init__(
        self, context: Context, home_policy: SpawnPolicy, limits: SpawnLimits, pause: SpawnPause, rate: SpawnRate
    ) -> None:
        self._context = context
        self._store = context.store
        self._home_policy = home_policy
        self._limits = limits
        self._pause = pause
        self._rate = rate

    async def overview(self, project_id: str | None, actor: Actor) -> dict[str, Any]:
        """How spawning stands, JSON-ready, in a project or (None, for the owner) in all of them together.

        Raises NotFound, Forbidden for another's project.
        """
        project_id = project_id or actor.project_id
        if project_id is None:
            projects: Sequence[Project] = (await self._store.projects.find(ProjectQuery())).items
            policy = ProjectPolicy(self._home_policy)
        else:
            require_project(actor, project_id)
            projects = [await self._store.projects.get(project_id)]
            policy = await self._limits.policy_of(projects[0])
        live = (await self._store.sessions.find(SessionQuery(project_id=project_id, live=True))).items
        per_minute = sum([len(await self._rate.recent(project.id)) for project in projects])
        return self._switch() | {
            "projectId": project_id,
            "limits": policy.rules.model_dump(by_alias=True),
            "stricter": sorted(policy.stricter),
            "findings": [str(finding) for finding in policy.findings],
            "live": len(live),
            "perMinute": per_minute,
            "perParent": _per_parent(live),
            "awaitingApproval": [session.id for session in live if session.awaits_approval],
        }

    @uninterrupted
    async def pause(self, reason: str | None, actor: Actor) -> dict[str, Any]:
        """Stop all new spawns, also after a restart of the server; those let in before are not touched.

        Raises Forbidden, Unavailable when it cannot be written down.
        """
        require_owner(actor, "pause spawning")
        async with self._context.locks.exclusive(*SPAWNING):
            if self._pause.paused is None or reason is not None:
                await self._pause.pause(Paused(self._context.now(), reason or ""))
                await self._tell(EventName.SPAWNING_PAUSED)
        return await self.overview(None, actor)

    @uninterrupted
    async def resume(self, actor: Actor) -> dict[str, Any]:
        """Let spawns through again. Raises Forbidden, Unavailable when it cannot be written down."""
        require_owner(actor, "resume spawning")
        async with self._context.locks.exclusive(*SPAWNING):
            if self._pause.paused is not None:
                await self._pause.resume()
                await self._tell(EventName.SPAWNING_RESUMED)
        return await self.overview(None, actor)

    def _switch(self) -> dict[str, Any]:
        paused = self._pause.paused
        return {
            "paused": paused is not None,
            "pausedSince": paused.since if paused else None,
            "reason": paused.reason if paused else "",
        }

    async def _tell(self, name: EventName) -> None:
        await self._context.bus.publish(Event(name, self._switch(), self._context.now()))


def _per_parent(live: Sequence[Session]) -> dict[str, int]:
    """How many live sessions each session has started, for those that have any."""
    counts: dict[str, int] = {}
    for session in live:
        if session.parent_session_id is not None:
            counts[session.parent_session_id] = counts.get(session.parent_session_id, 0) + 1
    return counts
