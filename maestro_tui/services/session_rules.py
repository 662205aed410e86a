"""How a session changes: which status follows which, and the stamps that go with it."""

from typing import Any

from maestro_tui.domain.activity import Activity, Evidence
from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, Forbidden, Invalid, PreconditionFailed
from maestro_tui.domain.ids import EVENT, new_id
from maestro_tui.domain.requests.sessions import (
    AddSessionEvent,
    AddSessionTimelineEntry,
    ReportActivity,
    ReportEvidence,
    UpdateSession,
)
from maestro_tui.domain.session import NeedsInput, Session, SessionEvent
from maestro_tui.domain.status import ENDED, LIVE, ActivityState, EvidenceSource, SessionStatus
from maestro_tui.domain.task import TimelineEntry
from maestro_tui.domain.text import clean_line, clean_text
from maestro_tui.services import session_environment
from maestro_tui.services.attempts import made_id
from maestro_tui.services.task_rules import require_values

__all__ = [
    "clean_json",
    "ended",
    "fact",
    "held",
    "moved",
    "require_fence",
    "timeline_entry",
    "updated",
    "with_entry",
    "with_fact",
]

LONGEST_QUESTION = 8192
LONGEST_DETAIL = 500
_REPORTED = frozenset(
    {"agent", "pid", "hostname", "cwd", "exit_code", "output_tail", "task_ids", "conversation_id"}
)


def require_fence(session: Session, fence: int | None) -> None:
    """Raise PreconditionFailed when the report belongs to a claim that is over."""
    if fence is not None and fence != session.fence:
        raise PreconditionFailed(
            f"Session '{session.id}' was claimed again: the fence is {session.fence}, the report carries {fence}",
            suggestion="Forget this session; another runner has it.",
            details={"sessionId": session.id, "fence": session.fence, "reported": fence},
        )


def updated(session: Session, update: UpdateSession, actor: Actor, now: int) -> Session:
    """The session after a report or a person's change.

    Raises PreconditionFailed for an old fence, BusinessRuleBroken for a status that cannot
    follow the present one, Invalid for a null where a value is needed.
    """
    require_fence(session, update.fence)
    changes = update.changes()
    require_values(changes, "name", "status", "task_ids")
    values = {name: changes[name] for name in _REPORTED & changes.keys()}
    values["cwd"] = values.get("cwd", session.cwd) or ""
    if update.name is not None:
        values["name"] = update.name
    session = evolve(session, **values, last_activity=now)
    if update.task_ids is not None:
        session = evolve(session, task_ids=tuple(dict.fromkeys(update.task_ids)))
    session = evolve(session, env=session.env | session_environment.storable(update.env or {}))
    for event in update.events or ():
        session = with_fact(session, fact(event, now))
    for entry in update.timeline or ():
        session = with_entry(session, timeline_entry(entry, session, now))
    asks = "needs_input" in changes and not session.awaits_approval  # that question is answered by approving
    if asks and not _only_failed(update.needs_input):
        session = evolve(session, needs_input=_asked(session, update.needs_input, now))
    if update.evidence is not None:
        session = _with_evidence(session, update.evidence, actor, now)
    if update.activity is not None:
        session = evolve(session, activity=_activity(update.activity, actor))
    if update.status is None:
        return held(evolve(session, reason=update.reason) if "reason" in changes else session)
    _require_transition(session, update, actor)
    return moved(session, update.status, now, update.reason)


def moved(session: Session, status: SessionStatus, now: int, reason: str | None = None) -> Session:
    """The session in its new status; the same status again only takes a new reason."""
    if status is session.status:
        return session if reason is None else evolve(session, reason=reason)
    if status in ENDED:
        return ended(session, status, now, reason)
    running_at = now if session.running_at is None and status is SessionStatus.RUNNING else session.running_at
    return evolve(
        session, status=status, completed_at=None, running_at=running_at, reason=reason, last_activity=now
    )


def ended(session: Session, status: SessionStatus, now: int, reason: str | None = None) -> Session:
    """The session at its end: stamped, asking nothing, the reason in its timeline.

    It stays held by its runner while its program runs on: agents say that they are done before they leave.
    """
    entry = TimelineEntry(
        id=new_id(EVENT, now),
        type=f"session_{status.value}",
        timestamp=now,
        message=reason or "",
        session_id=session.id,
    )
    session = evolve(
        session,
        status=status,
        reason=reason if reason is not None else session.reason,
        completed_at=now if session.completed_at is None else session.completed_at,
        last_activity=now,
        needs_input=NeedsInput(),
        timeline=(*session.timeline, entry),
    )
    return held(session)


def held(session: Session) -> Session:
    """The session without its lease once no program can run in it any more."""
    return session if session.has_program or session.lease is None else evolve(session, lease=None)


def fact(body: AddSessionEvent, now: int) -> SessionEvent:
    """The reported fact as stored."""
    return SessionEvent(id=made_id(EVENT, now), type=body.type, timestamp=now, data=clean_json(body.data))


def with_fact(session: Session, event: SessionEvent) -> Session:
    """The session with that fact, once."""
    if any(known.id == event.id for known in session.events):
        return session
    return evolve(session, events=(*session.events, event), last_activity=event.timestamp)


def with_entry(session: Session, entry: TimelineEntry) -> Session:
    """The session with one more thing said, once."""
    if any(known.id == entry.id for known in session.timeline):
        return session
    return evolve(session, timeline=(*session.timeline, entry), last_activity=entry.timestamp)


def timeline_entry(body: AddSessionTimelineEntry, session: Session, now: int) -> TimelineEntry:
    """The entry as stored; taskId and metadata are kept beside it when they are given."""
    extra: dict[str, Any] = {}
    if body.task_id is not None:
        extra["taskId"] = body.task_id
    if body.metadata is not None:
        extra["metadata"] = clean_json(body.metadata)
    return TimelineEntry(
        id=made_id(EVENT, now),
        type=body.type,
        timestamp=now,
        message=body.message,
        session_id=session.id,
        **extra,
    )


def _with_evidence(session: Session, report: ReportEvidence, actor: Actor, now: int) -> Session:
    """The session with what was said of its activity, in place of what the same source said before."""
    if report.source == "person":
        _require_person(actor, "correct what an agent is doing")
    expires_at = None if report.expires_in_ms is None else now + report.expires_in_ms
    told = Evidence(
        source=EvidenceSource(report.source),
        state=report.state,
        need=report.need if report.state is ActivityState.WAITING else None,
        detail=clean_line(report.detail),
        at=now,
        expires_at=expires_at,
    )
    others = (one for one in session.evidence if one.source is not told.source)
    return evolve(session, evidence=(told, *others))


def _activity(report: ReportActivity, actor: Actor) -> Activity:
    _require_person(actor, "say what all the evidence comes to")
    evidence = tuple(evolve(one, detail=clean_line(one.detail)[:LONGEST_DETAIL]) for one in report.evidence)
    return Activity(
        state=report.state,
        need=report.need,
        because=clean_line(report.because),
        since=report.since,
        evidence=evidence,
    )


def _require_person(actor: Actor, what: str) -> None:
    if not actor.is_owner:
        raise Forbidden(f"A session's token may not {what}", suggestion='maestro report needs-input "…"')


def _require_transition(session: Session, update: UpdateSession, actor: Actor) -> None:
    old, new = session.status, update.status
    if session.awaits_approval and new in LIVE - {old}:
        raise BusinessRuleBroken(
            f"Session '{session.id}' may not start before a person approves it",
            suggestion=f"The person says: maestro session approve {session.id}",
            details={"status": old.value, "requested": new.value},
        )
    if new is old or (old in LIVE and new is not SessionStatus.SPAWNING):
        return
    if actor.is_owner and old in ENDED and new in ENDED - {SessionStatus.LOST}:
        return
    adopted = {SessionStatus.RUNNING, SessionStatus.IDLE}
    if actor.is_owner and old is SessionStatus.LOST and new in adopted and update.fence is not None:
        return
    raise BusinessRuleBroken(
        f"Session '{session.id}' is {old.value} and cannot become {new.value if new else None}",
        suggestion="Start a new one: maestro session spawn --task ID",
        details={"status": old.value, "requested": new.value if new else None},
    )


def _only_failed(needs_input: NeedsInput | None) -> bool:
    """Whether it is how hooks of existing clients tell of a failed tool; the agent goes on by itself."""
    return needs_input is not None and (needs_input.model_extra or {}).get("source") == "tool_failure"


def _asked(session: Session, question: NeedsInput | None, now: int) -> NeedsInput:
    """What the agent asks of a person; an ended session asks nothing."""
    if question is None or not question.active or session.status in ENDED:
        return NeedsInput()
    message = clean_text(question.message)
    if len(message) > LONGEST_QUESTION:
        raise Invalid.field("needsInput.message", f"has {len(message)} characters; {LONGEST_QUESTION} are allowed")
    same = session.needs_input.active and session.needs_input.message == message
    return NeedsInput(active=True, message=message, since=session.needs_input.since if same else now)


def clean_json(value: Any) -> Any:
    """JSON data whose texts have passed the gate."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_json(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): clean_json(item) for key, item in value.items()}
    return value
