"""What about a session a person wants to be told at once."""

from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.services.announcements import about_session

__all__ = ["OUTPUT_GAP", "notices"]

_ENDS = {
    SessionStatus.COMPLETED: EventName.NOTIFY_SESSION_COMPLETED,
    SessionStatus.FAILED: EventName.NOTIFY_SESSION_FAILED,
    SessionStatus.LOST: EventName.NOTIFY_SESSION_FAILED,
}
PROGRESS = "progress"
OUTPUT_GAP = "output_gap"
"""The type of a runner's report that bytes of a session's output are lost: `{start, end}`."""


def notices(before: Session, after: Session, now: int) -> list[Event]:
    """What follows from a change: it ended, it asks something, it got on, some of its output is lost."""
    events = []
    if after.status is not before.status and after.status in _ENDS:
        events.append(_notice(_ENDS[after.status], after, after.reason or "", now))
    question = after.needs_input
    if question.active and question != before.needs_input:
        events.append(_notice(EventName.NOTIFY_NEEDS_INPUT, after, question.message, now))
    said = [entry for entry in after.timeline[len(before.timeline) :] if entry.type == PROGRESS]
    events += [_notice(EventName.NOTIFY_PROGRESS, after, entry.message, now) for entry in said]
    known = {fact.id for fact in before.events}
    lost = [fact for fact in after.events if fact.type == OUTPUT_GAP and fact.id not in known]
    events += [about_session(EventName.SESSION_OUTPUT_GAP, after, now, _gap(after, fact.data)) for fact in lost]
    return events


def _gap(session: Session, data: object) -> dict[str, object]:
    reported = data if isinstance(data, dict) else {}
    return {"sessionId": session.id, "start": reported.get("start"), "end": reported.get("end")}


def _notice(name: EventName, session: Session, message: str, now: int) -> Event:
    data = {
        "sessionId": session.id,
        "projectId": session.project_id,
        "taskIds": list(session.task_ids),
        "name": session.name,
        "status": session.status.value,
        "message": message,
        "exitCode": session.exit_code,
    }
    return about_session(name, session, now, data)
