"""`maestro session spawn`: ask for an agent on a task."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.watch import News
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import facts, line
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.cli.words import role
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["spawn"]


def spawn(call: Call) -> Result:
    wish = _wish(call)
    tasks = _tasks(call)
    body = {**wish, "projectId": tasks[0]["projectId"], "taskIds": [task["id"] for task in tasks]}
    if call.invocation.has("dry_run"):
        preview = call.api.post("/api/sessions/spawn/preview", body)
        return Result(preview, clean_text(preview["brief"]).splitlines(), is_whole=True)
    answer = call.api.post("/api/sessions/spawn", body)
    session_id = str(answer["sessionId"])
    if call.invocation.has("wait"):
        answer = {**answer, "session": _started(call, answer["session"])}
    session = answer["session"]
    pairs = [(name, session.get(name.lower())) for name in ("Name", "Status", "Role", "Agent")]
    pairs += [("Approval", _state(session)), ("Task", tasks[0]["title"])]
    lines = [session_id, *facts(pairs, call.output)]
    return Result(answer, lines, [session_id])


def _tasks(call: Call) -> list[dict[str, Any]]:
    given = call.invocation.texts("task") or [call.context.require_task()]
    return [with_id(call, "task", one, lambda task_id: call.api.get(f"/api/tasks/{task_id}")) for one in given]


def _wish(call: Call) -> dict[str, Any]:
    """What was typed about the session, checked before anybody is asked."""
    parent = call.context.session_id
    skills = call.invocation.texts("skill")
    wanted = {
        "spawnSource": "session" if parent else "cli",
        "spawnedBy": parent,
        "name": call.invocation.text("name"),
        "skills": skills or None,
        "role": _role(call, skills),
        "agent": call.invocation.text("agent"),
        "model": call.invocation.text("model"),
        "cwd": _directory(call.invocation.text("cwd")),
        "reason": _reason(call),
        "launchConfig": _launch_config(call),
        "teamMemberId": call.invocation.text("team_member_id"),
        "brief": call.file("brief_file"),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _directory(given: str | None) -> str | None:
    """As seen from here; what begins with `~` is left to the machine that runs the agent."""
    return str(Path(given).absolute()) if given and not given.startswith("~") else given


def _reason(call: Call) -> str | None:
    """Why it is started; under its subject, where older skills give one."""
    subject, reason = call.invocation.text("subject"), call.text("reason")
    return f"{subject}: {reason}" if subject and reason else subject or reason


def _launch_config(call: Call) -> Any:
    """Agent and model as older skills give them, in JSON."""
    text = call.invocation.text("launch_config")
    if text is None:
        return None
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(
            "invalid_request",
            f"--launch-config must be JSON: {error}",
            suggestion=f"{call.typed} --task TASK --agent claude --model NAME",
        ) from None


def _role(call: Call, skills: list[str]) -> str | None:
    if (given := call.invocation.text("role")) is not None:
        return role(given, call.typed)
    return "orchestrator" if "maestro-orchestrator" in skills else None


def _started(call: Call, answered: dict[str, Any]) -> dict[str, Any]:
    """The session once it runs. Raises Failure when it could not be started."""
    session_id = answered["id"]
    if _state(answered) == "pending":
        call.output.note("waits for a person's approval")
    news = News(call, None)
    for _ in news.about([session_id]):
        session: dict[str, Any] = news.patiently(partial(call.api.get, f"/api/sessions/{session_id}"))
        if session["status"] == "failed" or _state(session) == "denied":
            reason = line(session.get("reason")) or "its agent ended at once"
            raise Failure(
                "spawn_failed",
                f"Session {session_id} could not be started: {reason}",
                suggestion=f"maestro session info {session_id}",
                details={"sessionId": session_id},
            )
        if session["status"] != "spawning":
            return session
    raise AssertionError("news without a time limit have no end")


def _state(session: dict[str, Any]) -> Any:
    """How a person's approval stands; None where none is needed."""
    return (session.get("approval") or {}).get("state")
