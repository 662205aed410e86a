"""`maestro session list, info, send`: runs of agents."""

from __future__ import annotations

from maestro_tui import environment
from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.session_tree import LIVE, children
from maestro_tui.cli.commands.task import limited, rows_result
from maestro_tui.cli.layout import Column, ago, block, facts, line, timeline
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["info", "list_sessions", "send", "siblings"]

COLUMNS = (
    Column("ID", "id"),
    Column("STATUS", "shown"),
    Column("NAME", "name", flexible=True),
    Column("ROLE", "role"),
    Column("ACTIVE", "active"),
    Column("TASKS", "taskIds", flexible=True),
)
OUTPUT_LINES = 10


def list_sessions(call: Call) -> Result:
    filters: dict[str, Any] = {}
    if (task := call.invocation.text("task")) is not None:
        filters["taskId"] = with_id(call, "task", task, lambda one: call.api.get(f"/api/tasks/{one}"))["id"]
    if call.invocation.has("active"):
        filters["active"] = "true"
    if call.invocation.has("children") or call.invocation.text("session"):
        return _children(call, filters)
    if not (call.invocation.has("all") or filters.get("taskId")):
        filters["projectId"] = call.project_id()
    sessions, total = limited(call, "/api/sessions", filters)
    rows = [{**one, "shown": _status(one), "active": f"{ago(one['lastActivity'])} ago"} for one in sessions]
    result = rows_result(call, rows, COLUMNS, "No sessions", total=total)
    return Result(sessions, result.lines, result.ids)


def siblings(call: Call) -> Result:
    parent, own = call.context.value(environment.PARENT_SESSION_ID), call.context.session_id
    sessions = call.api.get("/api/sessions", parentSessionId=parent, active="true") if parent else []
    others = [one for one in sessions if one["id"] != own]
    rows = [{**one, "shown": _status(one), "active": f"{ago(one['lastActivity'])} ago"} for one in others]
    result = rows_result(call, rows, COLUMNS, "No siblings")
    return Result(others, result.lines, result.ids)


def info(call: Call) -> Result:
    given = call.context.require_session(call.invocation.text("session"))
    if call.invocation.has("brief"):
        brief = with_id(call, "session", given, lambda one: call.api.get(f"/api/sessions/{one}/brief"))
        return Result(brief, clean_text(brief["brief"]).splitlines(), [brief["sessionId"]], is_whole=True)
    session = with_id(call, "session", given, lambda one: call.api.get(f"/api/sessions/{one}"))
    return Result(session, _in_full(call, session), [session["id"]])


def send(call: Call) -> Result:
    given = call.context.require_session(call.invocation.text("session"))
    text, keys = call.text("text"), call.invocation.texts("key")
    if text is None and not keys:
        call.require_text("text", "The text", 'maestro session send SESSION "text"')
    no_enter = call.invocation.has("no_enter") or call.invocation.text("mode") == "paste"
    body: dict[str, Any] = {"text": text or "", "enter": text is not None and not no_enter}
    if keys:
        body["keys"] = keys
    query = "?wait=false" if call.invocation.has("no_wait") else ""
    answer = with_id(call, "session", given, lambda one: call.api.post(f"/api/sessions/{one}/input{query}", body))
    if query:
        call.output.note(f"maestro session info {given} says when it was typed, or why not")
    return Result(answer, [f"{'kept for' if query else 'sent to'} {given}"], [given])


def _children(call: Call, filters: dict[str, Any]) -> Result:
    def matches(session: dict[str, Any]) -> bool:
        right_task = filters.get("taskId") is None or filters["taskId"] in session["taskIds"]
        return right_task and ("active" not in filters or session["status"] in LIVE)

    return children(call, matches, _status)


def _status(session: dict[str, Any]) -> str:
    if session["status"] == "spawning" and (session.get("approval") or {}).get("state") == "pending":
        return "spawning, needs approval"
    waits = (session.get("needsInput") or {}).get("active")
    return f"{session['status']}, needs input" if waits else str(session["status"])


def _in_full(call: Call, session: dict[str, Any]) -> list[str]:
    question = session.get("needsInput") or {}
    lines = facts(
        [
            ("ID", session["id"]),
            ("Name", session["name"]),
            ("Status", session["status"]),
            ("Reason", session.get("reason")),
            ("Needs input", (question.get("message") or "yes") if question.get("active") else None),
            ("Role", session.get("role")),
            ("Agent", session.get("agent")),
            ("Project", session["projectId"]),
            ("Tasks", session["taskIds"]),
            ("Skills", session.get("skillIds")),
            ("Parent", session.get("parentSessionId")),
            ("Depth", session.get("depth")),
            ("Restart of", session.get("restartOf")),
            ("Approval", (session.get("approval") or {}).get("state")),
            ("Directory", session.get("cwd")),
            ("Started", f"{ago(session['startedAt'])} ago"),
            ("Active", f"{ago(session['lastActivity'])} ago"),
            ("Exit code", session.get("exitCode")),
        ],
        call.output,
    )
    tail = "\n".join(line(part) for part in (session.get("outputTail") or "").splitlines()[-OUTPUT_LINES:])
    return lines + block("Last output", tail) + timeline(session["timeline"])
