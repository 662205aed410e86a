"""Who runs a session: a lease for one runner at a time, numbered by a fence.

The fence counts launches. Whoever claims a spawning session starts its agent under a new
fence; a runner that finds the agent alive (a cockpit that was restarted) takes the session
over by renewing with the fence it reads, once nobody else holds it.
"""

from collections.abc import Callable

from maestro_tui.config.settings import SpawnPolicy
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict, Invalid
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.session import Lease, Session
from maestro_tui.domain.status import ApprovalState, SessionStatus
from maestro_tui.services.announcements import about_session
from maestro_tui.services.context import Context
from maestro_tui.services.editing import edit
from maestro_tui.services.leases import Leases
from maestro_tui.services.locks import uninterrupted
from maestro_tui.services.permissions import require_owner
from maestro_tui.services.session_notices import notices
from maestro_tui.services.session_rules import ended, require_fence
from maestro_tui.services.spawn_tally import count_outcome
from maestro_tui.store.base import SessionQuery
from maestro_tui.telemetry.metrics import CLAIMS

__all__ = ["ClaimService", "nobody_came"]

_RUNNABLE = frozenset({SessionStatus.SPAWNING, SessionStatus.RUNNING, SessionStatus.IDLE, SessionStatus.LOST})


def nobody_came(session_id: str, waited_ms: int) -> str:
    """Why a spawn that no runner took has failed, how long it waited, and how to try again."""
    return (
        f"nobody started it within {waited_ms / 1000:.0f} s: no cockpit or runner is connected that takes it;"
        f" start `maestro-tui` or `maestro-tui run`, then: maestro session restart {session_id}"
    )


class ClaimService:
    """Claims: exactly one runner wins each."""

    def __init__(self, context: Context, leases: Leases, policy: SpawnPolicy) -> None:
        self._context = context
        self._sessions = context.store.sessions
        self._leases = leases
        self._policy = policy
        self._since = context.now()

    @uninterrupted
    async def claim(self, session_id: str, body: ClaimSession, actor: Actor) -> Session:
        """Take a spawning session that nobody holds; its lease and the next fence are in the answer.

        Raises NotFound, Forbidden, and Conflict when it is held or no longer spawning.
        """
        require_owner(actor, "claim a session")
        now = self._context.now()
        expires_at = now + body.lease_ms

        def take(session: Session) -> Session:
            self._require_claimable(session)
            lease = Lease(runner_id=body.runner_id, fence=session.fence + 1, expires_at=expires_at)
            return evolve(session, lease=lease, fence=lease.fence, last_activity=now)

        async with self._context.locks.exclusive("session", session_id):
            try:
                session = await self._write(session_id, take, now, EventName.SESSION_CLAIMED)
            except Conflict:
                CLAIMS.labels("lost").inc()
                raise
            self._leases.extend(session_id, expires_at)
        CLAIMS.labels("won").inc()
        return session

    @uninterrupted
    async def renew(self, session_id: str, body: ClaimSession, actor: Actor) -> Session:
        """Hold on to a session, or take over one whose runner has gone.

        body.fence: the session's current one. Raises NotFound, Forbidden, Invalid without a
        fence, PreconditionFailed with an old one, Conflict when another runner holds the
        session or it has ended.
        """
        require_owner(actor, "renew a claim")
        if body.fence is None:
            raise Invalid.field("fence", "is required to renew: the one the claim was answered with")
        now = self._context.now()
        async with self._context.locks.exclusive("session", session_id):
            session = await self._sessions.get(session_id)
            require_fence(session, body.fence)
            self._require_free_for(session, body.runner_id)
            lease = Lease(runner_id=body.runner_id, fence=session.fence, expires_at=now + body.lease_ms)
            if session.lease is None or session.lease.runner_id != body.runner_id:
                session = await self._write(
                    session_id, lambda old: evolve(old, lease=lease), now, EventName.SESSION_CLAIMED
                )
            self._leases.extend(session_id, lease.expires_at)
        return evolve(session, lease=lease)

    @uninterrupted
    async def release(self, session_id: str, body: ReleaseSession, actor: Actor) -> Session:
        """Let go of a session, so that another runner may take it; letting go twice is once.

        Raises NotFound, Forbidden, PreconditionFailed with an old fence, Conflict when another
        runner holds it.
        """
        require_owner(actor, "release a claim")
        now = self._context.now()
        async with self._context.locks.exclusive("session", session_id):
            session = await self._sessions.get(session_id)
            require_fence(session, body.fence)
            if session.lease is not None and session.lease.runner_id != body.runner_id:
                raise _held(session)
            return await self._let_go(session_id, now)

    async def call_off(self, session_id: str, reason: str) -> Session:
        """Stop a spawning session that no runner has taken; one that was taken meanwhile stays as it is."""
        return await self._give_up(
            session_id, SessionStatus.STOPPED, reason, lambda session: not self._leases.is_held(session)
        )

    async def expire_unclaimed(self) -> list[Session]:
        """Fail the spawning sessions that no runner took within `claimSeconds`; returns them.

        Only the time counts in which this server was there to be asked: after a restart runners come back first.
        """
        spawning = SessionQuery(statuses=frozenset({SessionStatus.SPAWNING}))
        return [
            await self._give_up(
                session.id, SessionStatus.FAILED, nobody_came(session.id, self._waited(session)), self._is_overdue
            )
            for session in (await self._sessions.find(spawning)).items
            if self._is_overdue(session)
        ]

    async def expire_leases(self) -> list[Session]:
        """Take the lease from runners that stopped renewing; returns the sessions, which others may now take.

        A running agent stays running: its process, not its runner, says whether it lives.
        """
        self._leases.forget_expired()
        live = (await self._sessions.find(SessionQuery(live=True))).items
        return [
            await self._set_free(session.id)
            for session in live
            if session.lease is not None and not self._leases.is_held(session)
        ]

    def _require_claimable(self, session: Session) -> None:
        if self._leases.is_held(session):
            raise _held(session)
        if session.status is not SessionStatus.SPAWNING:
            raise Conflict(
                f"Session '{session.id}' is {session.status.value}; only a spawning one can be claimed",
                suggestion=f"maestro session info {session.id}",
                details={"status": session.status.value},
            )
        if session.awaits_approval:
            raise Conflict(
                f"Session '{session.id}' waits for a person's approval",
                suggestion=f"maestro session approve {session.id}",
                details={"approval": ApprovalState.PENDING.value},
            )

    def _require_free_for(self, session: Session, runner_id: str) -> None:
        if session.lease is not None and session.lease.runner_id != runner_id and self._leases.is_held(session):
            raise _held(session)
        if session.status not in _RUNNABLE and not session.has_program:
            raise Conflict(
                f"Session '{session.id}' is {session.status.value}; there is nothing left to hold",
                suggestion=f"maestro session info {session.id}",
                details={"status": session.status.value},
            )

    def _is_overdue(self, session: Session) -> bool:
        is_waiting = not (session.awaits_approval or self._leases.is_held(session))
        return is_waiting and self._waited(session) >= self._policy.claim_seconds * 1000

    def _waited(self, session: Session) -> int:
        """Milliseconds in which it could have been taken."""
        return self._context.now() - max(session.last_activity, self._since)

    @uninterrupted
    async def _give_up(
        self, session_id: str, status: SessionStatus, reason: str, still: Callable[[Session], bool]
    ) -> Session:
        now = self._context.now()
        async with self._context.locks.exclusive("session", session_id):

            def end(session: Session) -> Session:
                unclaimed = session.status is SessionStatus.SPAWNING and still(session)
                return ended(session, status, now, reason) if unclaimed else session

            return await self._write(session_id, end, now, EventName.SESSION_UPDATED)

    @uninterrupted
    async def _set_free(self, session_id: str) -> Session:
        async with self._context.locks.exclusive("session", session_id):
            session = await self._sessions.get(session_id)
            return (
                session if self._leases.is_held(session) else await self._let_go(session_id, self._context.now())
            )

    async def _let_go(self, session_id: str, now: int) -> Session:
        self._leases.forget(session_id)
        return await self._write(
            session_id,
            lambda old: old if old.lease is None else evolve(old, lease=None, last_activity=now),
            now,
            EventName.SESSION_UPDATED,
        )

    async def _write(
        self, session_id: str, change: Callable[[Session], Session], now: int, name: EventName
    ) -> Session:
        done = await edit(self._sessions, session_id, change, now=now)
        if done.changed:
            count_outcome(done.before, done.after)
            names = dict.fromkeys((name, EventName.SESSION_UPDATED))
            told = [about_session(one, done.after, now) for one in names]
            await self._context.bus.publish(*told, *notices(done.before, done.after, now))
        return done.after


def _held(session: Session) -> Conflict:
    runner = session.lease.runner_id if session.lease else None
    return Conflict(
        f"Session '{session.id}' is held by runner '{runner}'",
        suggestion="Leave it to that runner.",
        details={"runnerId": runner, "fence": session.fence},
    )
