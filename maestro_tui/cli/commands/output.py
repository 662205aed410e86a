"""`maestro session logs`: what a session's terminal has shown."""

from __future__ import annotations

import time

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.cli.transport import Answer
from maestro_tui.domain.status import LIVE
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["logs"]

DEFAULT_TAIL = 200
POLL_SECONDS = 0.5


def logs(call: Call) -> Result | None:
    given = call.context.require_session(call.invocation.text("session"))
    tail = call.number("tail")
    lines = DEFAULT_TAIL if tail is None else tail
    if call.invocation.has("raw"):
        answer = _raw(call, given, tail or 0)
        call.output.raw(answer.body)
        return None
    session_id, recorded = with_id(call, "session", given, lambda one: (one, _text(call, one, tail=lines)))
    if call.invocation.has("follow"):
        return _follow(call, session_id, recorded)
    if tail is None and recorded.get("start"):
        call.output.note(f"the last {lines} lines; --tail 0 shows all")
    return Result(recorded, clean_text(recorded["text"]).splitlines(), [session_id])


def _text(call: Call, session_id: str, **params: Any) -> dict[str, Any]:
    """`{text, start, end}`: recorded output as text, with its byte offsets. Raises Failure.

    Of a session that has no record any more, the last lines that were kept with it.
    """
    try:
        answer = call.api.request("GET", f"/api/sessions/{session_id}/output", params=params)
    except Failure as failure:
        if failure.code != "resource_not_found":
            raise
        return _kept(call, session_id)
    return _parts(answer)


def _parts(answer: Answer) -> dict[str, Any]:
    if answer.is_json:
        body = answer.json()
        return {"text": str(body.get("text", "")), "start": body.get("start", 0), "end": body.get("end", 0)}
    return {"text": answer.body.decode("utf-8", "replace"), "start": 0, "end": len(answer.body)}


def _kept(call: Call, session_id: str) -> dict[str, Any]:
    session = call.api.get(f"/api/sessions/{session_id}")
    if not session.get("outputTail"):
        raise Failure(
            "resource_not_found",
            f"Nothing that session {session_id} has shown is recorded yet",
            suggestion=f"maestro session info {session_id}",
        )
    text = str(session["outputTail"])
    return {"text": text, "start": 0, "end": len(text.encode())}


def _raw(call: Call, given: str, tail: int) -> Answer:
    params = {"raw": "true", "tail": tail or None}
    accept = "application/octet-stream"

    def ask(session_id: str) -> Answer:
        return call.api.request("GET", f"/api/sessions/{session_id}/output", params=params, accept=accept)

    return with_id(call, "session", given, ask)


def _follow(call: Call, session_id: str, recorded: dict[str, Any]) -> Result | None:
    """Print what comes as it comes; one document at the end where one is asked for."""
    texts = []
    while True:
        if call.output.jsonl:
            call.output.document(recorded)
        elif call.output.json:
            texts.append(recorded["text"])
        elif recorded["text"]:
            call.output.stdout.write(clean_text(recorded["text"]))
        call.output.flush()
        ended = call.api.get(f"/api/sessions/{session_id}")["status"] not in LIVE
        end = recorded["end"]
        recorded = _text(call, session_id, since=end)
        if ended and recorded["end"] <= end:
            break
        time.sleep(POLL_SECONDS if not recorded["text"] else 0)
    return Result({"text": "".join(texts), "end": end}) if call.output.json and not call.output.jsonl else None
