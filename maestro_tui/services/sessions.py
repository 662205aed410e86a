"""What can be done with sessions."""

from collections.abc import Callable
from dataclasses import replace

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, Invalid, NotFound
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.ids import SESSION
from maestro_tui.domain.requests.sessions import (
    AddSessionEvent,
    AddSessionTimelineEntry,
    CreateSession,
    UpdateSession,
)
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import ENDED, Role, SessionStatus
from maestro_tui.services import session_rules
from maestro_tui.services.announcements import about_session, link_changed
from maestro_tui.services.attempts import already_made, made_id
from maestro_tui.services.context import Context
from maestro_tui.services.editing import edit
from maestro_tui.services.leases import Leases
from maestro_tui.services.lineage import depth_below, forest
from maestro_tui.services.links import Links, link_events
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.own_words import heard
from maestro_tui.services.permissions import require_project
from maestro_tui.services.session_environment import storable
from maestro_tui.services.session_notices import notices
from maestro_tui.services.spawn_tally import count_outcome
from maestro_tui.services.trees import Node
from maestro_tui.store.base import Page, SessionQuery

__all__ = ["SessionService"]


class SessionService:
    """Sessions: registered, reported on, linked with tasks, and ended.

    The process is the authority on whether an agent runs: its runner reports with the fence
    of its claim, and a report of an earlier claim is refused.
    """

    def __init__(self, context: Context, links: Links, leases: Leases) -> None:
        self._context = context
        self._store = context.store
        self._links = links
        self._leases = leases

    async def find(self, query: SessionQuery, actor: Actor) -> Page[Session]:
        """The sessions that match; for a session those of its own project. Raises Forbidden for another's."""
        if query.project_id is None:
            query = replace(query, project_id=actor.project_id)
        else:
            require_project(actor, query.project_id)
        return await self._store.sessions.find(query)

    async def tree(self, query: SessionQuery, actor: Actor, *, live_only: bool = False) -> list[Node]:
        """The sessions that match, as they started each other: see `lineage.forest`. Raises Forbidden."""
        return forest((await self.find(query, actor)).items, live_only=live_only)

    async def get(self, session_id: str, actor: Actor) -> Session:
        """The session. Raises NotFound, Forbidden."""
        session = await self._store.sessions.get(session_id)
        require_project(actor, session.project_id)
        return session

    @uninterrupted
    async def create(self, body: CreateSession, actor: Actor) -> Session:
        """Register a session that runs somewhere; one registered by a session's agent is its child.

        Raises NotFound for an unknown project or task, Conflict when the id is taken,
        Forbidden, and Invalid when an agent asks for a spawn this way.
        """
        require_project(actor, body.project_id)
        if body.status is SessionStatus.SPAWNING and not actor.is_owner:
            raise Invalid.field(
                "status", "spawning is what a spawn says", suggestion="maestro session spawn --task ID"
            )
        async with self._context.locks.shared("project", body.project_id):
            session = await self._registered(body, actor)
            if (made := await already_made(self._store.sessions, session.id)) is not None:
                return made
            await self._links.check(session, session.task_ids, actor)
            stored = await self._store.sessions.add(session)
            now = stored.created_at
            links = [event for one in stored.task_ids for event in link_changed(stored, one, now, added=True)]
            await self._context.bus.publish(about_session(EventName.SESSION_CREATED, stored, now), *links)
        return stored

    @uninterrupted
    async def update(
        self, session_id: str, body: UpdateSession, actor: Actor, *, revision: int | None = None
    ) -> Session:
        """Change the fields that are given; env is merged, events and timeline are appended.

        Raises NotFound, Forbidden, Invalid, Conflict on a stale revision, PreconditionFailed
        on an old fence, BusinessRuleBroken for a status that cannot follow the present one.
        """
        session = await self._require(session_id, actor)
        new = [one for one in body.task_ids or () if one not in session.task_ids]
        await self._links.check(session, new, actor)
        now = self._context.now()
        return await self._write(
            session_id, lambda old: session_rules.updated(old, body, actor, now), now, revision=revision
        )

    @uninterrupted
    async def delete(self, session_id: str, actor: Actor, *, revision: int | None = None) -> None:
        """Remove the session from its tasks and altogether.

        Raises NotFound, Forbidden, Conflict on a stale revision, and BusinessRuleBroken while
        a runner holds it.
        """
        await self._require(session_id, actor)
        async with self._context.locks.exclusive("session", session_id):
            self._require_not_held(await self._store.sessions.get(session_id))
            gone = await self._store.sessions.remove(session_id, revision)
            self._leases.forget(session_id)
            now = self._context.now()
            parted = link_events(gone, evolve(gone, task_ids=()), now)
            await self._context.bus.publish(*parted, about_session(EventName.SESSION_DELETED, gone, now))

    @uninterrupted
    async def add_event(self, session_id: str, body: AddSessionEvent, actor: Actor) -> Session:
        """Keep a fact the agent or its hooks report. Raises NotFound, Forbidden."""
        await self._require(session_id, actor)
        now = self._context.now()
        event = session_rules.fact(body, now)
        return await self._write(session_id, lambda session: session_rules.with_fact(session, event), now)

    @uninterrupted
    async def add_timeline(self, session_id: str, body: AddSessionTimelineEntry, actor: Actor) -> Session:
        """Say something about the session. Raises NotFound, Forbidden."""
        session = await self._require(session_id, actor)
        now = self._context.now()
        entry = session_rules.timeline_entry(body, session, now)

        def said(current: Session) -> Session:
            if (after := session_rules.with_entry(current, entry)) is current:
                return current
            return heard(after, entry.type, entry.message, actor, now)

        return await self._write(session_id, said, now)

    @uninterrupted
    async def link_task(self, session_id: str, task_id: str, actor: Actor) -> Session:
        """Let the session work on the task too. Raises NotFound, Forbidden, BusinessRuleBroken."""
        session = await self._require(session_id, actor)
        await self._links.check(session, (task_id,), actor)
        return await self._links.add(session_id, task_id)

    @uninterrupted
    async def unlink_task(
        self, session_id: str, task_id: str, actor: Actor, *, revision: int | None = None
    ) -> Session:
        """Let the session work on the task no longer. Raises NotFound, Forbidden, Conflict (stale revision)."""
        await self._require(session_id, actor)
        return await self._links.remove(session_id, task_id, revision=revision)

    async def _require(self, session_id: str, actor: Actor) -> Session:
        session = await self._store.sessions.get(session_id)
        await self._context.permissions.require_session(session, actor)
        return session

    async def _registered(self, body: CreateSession, actor: Actor) -> Session:
        await self._store.projects.get(body.project_id)
        now = self._context.now()
        session_id = body.id or made_id(SESSION, now)
        parent = await self._parent(body, actor)
        named = body.parent_session_id if actor.is_owner else None  # one that is gone stays named
        above = parent.root_session_id or parent.id if parent else body.root_session_id if named else None
        task_ids = (*body.task_ids, body.task_id) if body.task_id else body.task_ids
        return Session(
            id=session_id,
            project_id=body.project_id,
            task_ids=tuple(dict.fromkeys(task_ids)),
            name=body.name or session_id,
            status=body.status,
            role=Role(body.role),
            agent=body.agent,
            cwd=body.cwd or "",
            parent_session_id=parent.id if parent else named,
            depth=None if named and parent is None else await depth_below(self._store, parent),
            root_session_id=above or named or session_id,
            env=storable(body.env),
            metadata=session_rules.clean_json(body.metadata),
            created_at=now,
            updated_at=now,
            started_at=now,
            last_activity=now,
            completed_at=now if body.status in ENDED else None,
        )

    async def _parent(self, body: CreateSession, actor: Actor) -> Session | None:
        """The session above: an agent's own, else the one the owner names, as long as it is known."""
        if actor.session_id is not None:
            return await self._store.sessions.get(actor.session_id)
        if body.parent_session_id is None:
            return None
        try:
            parent = await self._store.sessions.get(body.parent_session_id)
        except NotFound:
            return None
        if parent.project_id != body.project_id:
            raise Invalid.field("parentSessionId", "is a session of another project")
        return parent

    async def _write(
        self, session_id: str, change: Callable[[Session], Session], now: int, *, revision: int | None = None
    ) -> Session:
        async with self._context.locks.exclusive("session", session_id):
            done = await edit(self._store.sessions, session_id, change, now=now, revision=revision)
            if done.after.status in ENDED:
                self._leases.forget(session_id)
            count_outcome(done.before, done.after)
            await self._context.bus.publish(*_events(done.before, done.after, now))
        return done.after

    def _require_not_held(self, session: Session) -> None:
        if session.is_live and self._leases.is_held(session):
            raise BusinessRuleBroken(
                f"Session '{session.name}' is {session.status.value}; its agent would run on unseen",
                suggestion=f"Stop it first: maestro session stop {session.id}",
            )


def _events(before: Session, after: Session, now: int) -> list[Event]:
    if after is before:
        return []
    updated = about_session(EventName.SESSION_UPDATED, after, now)
    return [*link_events(before, after, now), updated, *notices(before, after, now)]
