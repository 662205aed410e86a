"""What an agent is doing: the evidence, a person's correction of it, and a conversation taken up again."""

from __future__ import annotations

import time

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import Column, ago, facts, line, table
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.domain.status import ActivityState, Need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["correct", "resume", "why"]

COLUMNS = (
    Column("FROM", "source"),
    Column("STATE", "shown"),
    Column("SEEN", "seen"),
    Column("COUNTS", "counts"),
    Column("WHAT", "detail", flexible=True),
)


def why(call: Call) -> Result:
    given = call.context.require_session(call.invocation.text("session"))
    session = with_id(call, "session", given, lambda one: call.api.get(f"/api/sessions/{one}"))
    activity = _known(session)
    evidence = _all_evidence(session)
    data = {key: session.get(key) for key in ("id", "name", "status", "needsInput")}
    data |= {"activity": activity, "evidence": evidence}
    told_at = activity["since"] if activity else 0
    return Result(data, [*_told(call, session, activity), *_listed(call, evidence, told_at)], [session["id"]])


def correct(call: Call) -> Result:
    state, need = (
        call.require_text("state", "The state", "maestro session correct SESSION working"),
        call.text("need"),
    )
    _require_word("state", state, ActivityState)
    if need is not None:
        _require_word("need", need, Need)
    evidence = {"source": "person", "state": state, "detail": call.text("message") or "you said so"}
    if state == ActivityState.WAITING:
        evidence["need"] = need or Need.QUESTION.value
    given = call.context.require_session(call.invocation.text("session"))
    body = {"evidence": evidence}
    session = with_id(call, "session", given, lambda one: call.api.patch(f"/api/sessions/{one}", body))
    return Result(session, [f"{line(session['name'])} is {state}, you say  {session['id']}"], [session["id"]])


def resume(call: Call) -> Result:
    given = call.context.require_session(call.invocation.text("session"))
    body = {"resume": True, "spawnSource": "session" if call.context.session_id else "cli"}
    answer = with_id(call, "session", given, lambda one: call.api.post(f"/api/sessions/{one}/restart", body))
    session = answer["session"]
    pairs = [(name, session.get(name.lower())) for name in ("Name", "Status", "Role", "Agent")]
    pairs += [("Conversation", session["conversationId"]), ("Continues", session["restartOf"])]
    return Result(answer, [session["id"], *facts(pairs, call.output)], [session["id"]])


def _known(session: dict[str, Any]) -> dict[str, Any] | None:
    """What its runner made of the evidence, unless nobody watches the session now."""
    return session.get("activity") if session.get("lease") else None


def _all_evidence(session: dict[str, Any]) -> list[dict[str, Any]]:
    """What the runner had, and what was said since: of each source the newest, the newest first."""
    newest: dict[str, dict[str, Any]] = {}
    for one in [*(session.get("activity") or {}).get("evidence", ()), *session.get("evidence", ())]:
        if one["source"] not in newest or one["at"] >= newest[one["source"]]["at"]:
            newest[one["source"]] = one
    return sorted(newest.values(), key=lambda one: -one["at"])


def _told(call: Call, session: dict[str, Any], activity: dict[str, Any] | None) -> list[str]:
    pairs: list[tuple[str, Any]] = [("Session", session["name"]), ("Status", session["status"])]
    if session.get("completedAt"):
        pairs += [("Activity", ActivityState.DONE.value), ("Because", session.get("reason") or "it has ended")]
    elif activity is None:
        pairs += [("Activity", ActivityState.UNKNOWN.value), ("Because", "no runner watches it now")]
    else:
        pairs += [("Activity", _shown(activity)), ("Because", activity["because"])]
        pairs += [("Since", f"{ago(activity['since'])} ago")]
    asked = session.get("needsInput") or {}
    pairs += [("Asks", asked.get("message") if asked.get("active") else None)]
    return facts(pairs, call.output)


def _listed(call: Call, evidence: list[dict[str, Any]], told_at: int) -> list[str]:
    if not evidence:
        return ["", "No evidence"]
    now = time.time() * 1000
    rows = [
        {**one, "shown": _shown(one), "seen": f"{ago(one['at'])} ago", "counts": _counts(one, now, told_at)}
        for one in evidence
    ]
    return ["", *table(COLUMNS, rows, call.output)]


def _shown(one: dict[str, Any]) -> str:
    return f"{one['state']} ({one['need']})" if one.get("need") else str(one["state"])


def _counts(one: dict[str, Any], now: float, told_at: int) -> str:
    """Whether it counts. What counted when the runner told the state is not told again while that holds."""
    expires_at = one.get("expiresAt")
    if expires_at is None:
        return "yes"
    if now < expires_at:
        return f"{max(round((expires_at - now) / 1000), 1)} s more"
    return "when told" if one["at"] <= told_at < expires_at else "expired"


def _require_word(field: str, word: str, allowed: type[ActivityState] | type[Need]) -> None:
    if word not in set(allowed):
        raise Failure(
            "invalid_status",
            f"'{word}' is no {field}; there are {', '.join(allowed)}",
            suggestion="maestro session correct SESSION working",
        )
