"""A person's word on the spawns that policy does not allow without it."""

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict
from maestro_tui.domain.events import EventName
from maestro_tui.domain.session import Approval, NeedsInput, Session
from maestro_tui.domain.status import ApprovalState, SessionStatus
from maestro_tui.paths import Home
from maestro_tui.services.admission import Admission
from maestro_tui.services.announcements import about_session
from maestro_tui.services.context import Context
from maestro_tui.services.editing import edit
from maestro_tui.services.locks import SPAWNING, uninterrupted
from maestro_tui.services.permissions import require_owner
from maestro_tui.services.session_rules import ended
from maestro_tui.services.spawn_files import read_files
from maestro_tui.services.spawn_pause import SpawnPause
from maestro_tui.services.spawn_tally import count_outcome

__all__ = ["ApprovalService"]


class ApprovalService:
    """Approves and denies. Saying the same twice is saying it once."""

    def __init__(self, context: Context, admission: Admission, pause: SpawnPause, home: Home) -> None:
        self._context = context
        self._admission = admission
        self._pause = pause
        self._home = home

    @uninterrupted
    async def approve(self, session_id: str, actor: Actor) -> Session:
        """Let the session start: the runners are asked now.

        Raises NotFound, Forbidden, SpawnRefused while spawning is paused, Conflict when nothing
        is asked about it any more, BusinessRuleBroken when its brief is gone.
        """
        require_owner(actor, "approve a spawn")
        async with self._context.locks.shared(*SPAWNING):
            session = await self._context.store.sessions.get(session_id)
            _require_undecided(session, ApprovalState.APPROVED)
            if not session.awaits_approval:
                return session
            self._pause.require_running()
            manifest = (await read_files(self._home.session(session_id))).manifest
            before, after = await self._decide(session_id, ApprovalState.APPROVED, None)
            if before.awaits_approval:
                await self._admission.request(after, manifest)
            return after

    @uninterrupted
    async def deny(self, session_id: str, reason: str | None, actor: Actor) -> Session:
        """Stop the session before it starts. Raises NotFound, Forbidden, Conflict as `approve` does."""
        require_owner(actor, "deny a spawn")
        _, after = await self._decide(session_id, ApprovalState.DENIED, reason)
        return after

    async def _decide(self, session_id: str, state: ApprovalState, reason: str | None) -> tuple[Session, Session]:
        """The session before and after the decision, which is made at most once."""
        now = self._context.now()

        def decide(session: Session) -> Session:
            _require_undecided(session, state)
            if not session.awaits_approval or session.approval is None:
                return session
            approval = evolve(session.approval, state=state, decided_at=now, reason=reason)
            return _decided(session, approval, now)

        async with self._context.locks.exclusive("session", session_id):
            done = await edit(self._context.store.sessions, session_id, decide, now=now)
            count_outcome(done.before, done.after)
            if done.changed:
                await self._context.bus.publish(about_session(EventName.SESSION_UPDATED, done.after, now))
        return done.before, done.after


def _decided(session: Session, approval: Approval, now: int) -> Session:
    session = evolve(session, approval=approval, needs_input=NeedsInput(), last_activity=now)
    if approval.state is ApprovalState.APPROVED:
        return session
    because = f": {approval.reason}" if approval.reason else ""
    return ended(session, SessionStatus.STOPPED, now, f"a person denied the spawn{because}")


def _require_undecided(session: Session, state: ApprovalState) -> None:
    """Raise Conflict unless the session waits for approval, or was given this very answer."""
    if session.awaits_approval or (session.approval is not None and session.approval.state is state):
        return
    fact = "was never asked about" if session.approval is None else f"was {session.approval.state.value}"
    if session.approval is not None and session.approval.state is ApprovalState.PENDING:
        fact = "ended before anybody decided"
    raise Conflict(
        f"Session '{session.id}' {fact}; there is nothing to decide",
        suggestion=f"maestro session info {session.id}",
        details={"status": session.status.value, "approval": session.approval and session.approval.state.value},
    )
