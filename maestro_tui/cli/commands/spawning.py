"""A person's say in spawning: approve and deny, try again, pause and resume, and how the limits stand."""

from __future__ import annotations

from maestro_tui.cli.call import Call
from maestro_tui.cli.layout import facts, line
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["approve", "deny", "limits", "pause", "restart", "resume"]


def approve(call: Call) -> Result:
    return _decided(call, "approve", {}, "may start")


def deny(call: Call) -> Result:
    return _decided(call, "deny", _reason(call), "will not start")


def restart(call: Call) -> Result:
    source = "session" if call.context.session_id else "cli"
    answer = _post(call, "restart", {"spawnSource": source})
    session = answer["session"]
    pairs = [(name, session.get(name.lower())) for name in ("Name", "Status", "Role", "Agent")]
    pairs += [("Approval", (session.get("approval") or {}).get("state")), ("Restart of", session["restartOf"])]
    return Result(answer, [session["id"], *facts(pairs, call.output)], [session["id"]])


def pause(call: Call) -> Result:
    return _standing(call, call.api.post("/api/spawning/pause", _reason(call)))


def resume(call: Call) -> Result:
    return _standing(call, call.api.post("/api/spawning/resume", {}))


def limits(call: Call) -> Result:
    return _standing(call, call.api.get("/api/spawning", projectId=call.project_id()))


def _decided(call: Call, verb: str, body: dict[str, Any], outcome: str) -> Result:
    session = _post(call, verb, body)
    return Result(session, [f"{line(session['name'])} {outcome}  {session['id']}"], [session["id"]])


def _post(call: Call, verb: str, body: dict[str, Any]) -> Any:
    given = call.context.require_session(call.invocation.text("session"))
    return with_id(call, "session", given, lambda one: call.api.post(f"/api/sessions/{one}/{verb}", body))


def _reason(call: Call) -> dict[str, Any]:
    reason = call.text("reason")
    return {} if reason is None else {"reason": reason}


def _standing(call: Call, answer: dict[str, Any]) -> Result:
    rules = answer["limits"]
    because = f": {line(answer['reason'])}" if answer["reason"] else ""
    pairs = [
        ("Spawning", f"paused{because}" if answer["paused"] else "goes on"),
        ("Live", f"{answer['live']} of {rules['maxLive']} (maxLive)"),
        ("Per parent", f"at most {rules['maxPerParent']} (maxPerParent)"),
        ("Last minute", f"{answer['perMinute']} of {rules['maxPerMinute']} (maxPerMinute)"),
        ("Depth", f"at most {rules['maxDepth']} (maxDepth)"),
        ("Roles", ", ".join(f"{role}: {word}" for role, word in rules["roles"].items())),
        ("Project's own", answer["stricter"]),
        ("To approve", answer["awaitingApproval"]),
    ]
    return Result(answer, [*facts(pairs, call.output), *map(line, answer["findings"])])
