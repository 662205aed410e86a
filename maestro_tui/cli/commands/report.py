"""`maestro update` and `maestro report …`: what people shall know of the work.

A report stands on the session's timeline and on those of its tasks. Some also change what
they speak of: `blocked` blocks the tasks, `needs-input` marks the session.
"""

from __future__ import annotations

import time

from maestro_tui.cli.call import Call
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result

TYPE_CHECKING = False

__all__ = ["blocked", "complete", "error", "needs_input", "progress"]

LONGEST_DETAIL = 300


def progress(call: Call) -> Result:
    return _report(call, "progress")


def blocked(call: Call) -> Result:
    return _report(call, "blocked", blocks=True)


def error(call: Call) -> Result:
    return _report(call, "error", own_status="failed")


def needs_input(call: Call) -> Result:
    return _report(call, "needs_input", own_status="needs_input", asks=True)


def complete(call: Call) -> Result:
    return _report(call, "completed", own_status="completed")


def _report(call: Call, kind: str, *, own_status: str = "", blocks: bool = False, asks: bool = False) -> Result:
    """own_status: what this session now says of the tasks. blocks: the tasks are. asks: the session waits."""
    message = call.require_text("message", "The message", 'maestro update "what you just did"')
    session_id = call.context.session_id
    tasks = _tasks(call, session_id)
    if session_id is not None:
        checked_id(session_id, "session")
        _tell_session(call, session_id, kind, message, asks=asks)
    for task_id in tasks:
        _tell_task(call, task_id, session_id, kind, message, own_status)
        if blocks:
            call.api.patch(f"/api/tasks/{task_id}", {"status": "blocked", "reason": message})
    told = [*([session_id] if session_id else []), *tasks]
    data = {"type": kind, "message": message, "sessionId": session_id, "taskIds": tasks}
    return Result(data, [f"reported to {', '.join(told)}"], told)


def _tasks(call: Call, session_id: str | None) -> list[str]:
    """The tasks a report is about: those given, else our own, else those of our session."""
    if given := call.invocation.texts("task"):
        return [_existing(call, one) for one in given]
    if own := call.context.task_ids:
        return [checked_id(one, "task") for one in own]
    if session_id is not None:
        return [str(one) for one in call.api.get(f"/api/sessions/{checked_id(session_id, 'session')}")["taskIds"]]
    raise Failure(
        "missing_task_id",
        "Nobody to report for: MAESTRO_SESSION_ID and MAESTRO_TASK_IDS are not set and --task is not given",
        suggestion='maestro update "…" --task TASK',
    )


def _existing(call: Call, given: str) -> str:
    return str(with_id(call, "task", given, lambda task_id: call.api.get(f"/api/tasks/{task_id}"))["id"])


def _tell_session(call: Call, session_id: str, kind: str, message: str, *, asks: bool) -> None:
    if asks:
        question = {"active": True, "message": message, "since": int(time.time() * 1000)}
        entry = {"type": kind, "message": message}
        evidence = {"source": "report", "state": "waiting", "need": "question", "detail": message[:LONGEST_DETAIL]}
        change = {"needsInput": question, "timeline": [entry], "evidence": evidence}
        call.api.patch(f"/api/sessions/{session_id}", change)
    else:
        call.api.post(f"/api/sessions/{session_id}/timeline", {"message": message, "type": kind})


def _tell_task(call: Call, task_id: str, session_id: str | None, kind: str, message: str, own_status: str) -> None:
    entry = {"message": message, "type": kind}
    if session_id is not None:
        entry["sessionId"] = session_id
    call.api.post(f"/api/tasks/{task_id}/timeline", entry)
    if session_id is not None and own_status:
        change = {"updateSource": "session", "sessionId": session_id, "sessionStatus": own_status}
        call.api.patch(f"/api/tasks/{task_id}", change)
