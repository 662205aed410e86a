"""Commands that an agent's hooks call: silent, quick, and never in the way of the agent.

Whatever goes wrong ends with 0; MAESTRO_DEBUG tells it on stderr. Who asks for `--json` gets a document.
"""

from __future__ import annotations

import os
import time

from maestro_tui import environment
from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["complete", "dispatch", "idle", "needs_input", "register", "resume_working", "track_file"]

RETRIES = 1
TIMEOUT_SECONDS = 5.0
WORKING_MS = 15 * 60_000
"""A turn that lasts longer without another word is not taken for granted any more."""
LONGEST_MESSAGE = 8000
LONGEST_DETAIL = 300
LONGEST_CONVERSATION = 128
CONVERSATION_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")
NO_QUESTION = {"active": False, "message": "", "since": None}

IDLE_NOTICES = frozenset({"idle_prompt"})
ASKING_NOTICES = ("_prompt", "_dialog", "Permission")
"""How the kinds of notices end that ask something; others, as that of a completed login, ask nothing."""
PERMISSION_NOTICES = ("permission_prompt", "Permission")
ASKING_TOOLS = frozenset({"AskUserQuestion", "ExitPlanMode"})
"""Their use is a question to the person, though the agent asks for a permission in order to put it."""

TOOL_FAILED, TURN_OVER, PERMISSION_ASKED = "tool_failure", "stop", "permission_request"
"""What `--source` says, as hooks of existing plugins give it."""


def register(call: Call) -> Result:
    """The session runs; one that the server does not know yet is made known."""
    session_id = call.context.require_session()
    told = _payload(call)
    api = call.connect(retries=RETRIES, timeout_seconds=TIMEOUT_SECONDS)
    try:
        session = api.patch(f"/api/sessions/{session_id}", {"status": "running"} | _conversation(told))
    except Failure as failure:
        if failure.code != "resource_not_found":
            raise
        role = call.context.value(environment.ROLE) or "worker"
        body = {
            "id": session_id,
            "projectId": call.project_id(),
            "taskIds": call.context.task_ids,
            "name": call.context.value(environment.TASK_TITLE) or role,
            "status": "running",
            "metadata": {"role": role},
        }
        session = api.post("/api/sessions", body)
    return _told(session)


def complete(call: Call) -> Result:
    told = _payload(call)
    evidence = _evidence("done", "the agent's hook: it has ended")
    return _patch(call, {"status": "completed", "evidence": evidence}, told)


def idle(call: Call) -> Result | None:
    """The agent's turn is over; it asks nothing."""
    told = _payload(call)
    if _is_side_thread(told, call.context.environ):
        return None
    return _rest(call, told)


def needs_input(call: Call) -> Result | None:
    told, source = _payload(call), call.invocation.text("source")
    if source == TOOL_FAILED:  # no question: the agent goes on by itself
        return Result(None)
    if source == TURN_OVER:
        return _rest(call, told)
    notice = _text(told, "notification_type")
    if notice in IDLE_NOTICES:
        return _reminded(call, told)
    if notice and not notice.endswith(ASKING_NOTICES):
        return None
    message = (call.text("message") or _question(told)).strip()[:LONGEST_MESSAGE] or "Waiting for input"
    wanted = "permission" if source == PERMISSION_ASKED else None
    need = _need(call.text("need") or wanted, told, message)
    question = {"active": True, "message": message, "since": int(time.time() * 1000)}
    changes = {
        "needsInput": question,
        "timeline": [{"type": "needs_input", "message": message}],
        "evidence": _evidence("waiting", message, need=need),
    }
    return _patch(call, changes, told)


def resume_working(call: Call) -> Result:
    told = _payload(call)
    evidence = _evidence("working", "the agent's hook: it has begun a turn", expiresInMs=WORKING_MS)
    return _patch(call, {"status": "running", "needsInput": NO_QUESTION, "evidence": evidence}, told)


def _rest(call: Call, told: dict[str, Any]) -> Result:
    evidence = _evidence("idle", "the agent's hook: its turn is over")
    return _patch(call, {"status": "idle", "needsInput": NO_QUESTION, "evidence": evidence}, told)


def _reminded(call: Call, told: dict[str, Any]) -> Result:
    """It has been at rest for a minute. Why, a hook has said before, if any has: an error stays one."""
    evidence = _evidence("idle", _text(told, "message") or "its turn is over") | {"source": "notification"}
    return _patch(call, {"status": "idle", "evidence": evidence}, told)


def _evidence(state: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"source": "hook", "state": state, "detail": detail[:LONGEST_DETAIL], **more}


def _payload(call: Call) -> dict[str, Any]:
    """What the agent gave its hook; nothing when it is not what agents give."""
    given = call.text("payload")
    if not given:
        return {}
    import json

    try:
        content = json.loads(given)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _question(told: dict[str, Any]) -> str:
    """What the agent asks, in its own words as far as it says them."""
    if _text(told, "error"):
        return _text(told, "error_details", "last_assistant_message", "error")
    if message := _text(told, "message"):
        return message
    tool, given = _text(told, "tool_name"), told.get("tool_input")
    if not isinstance(given, dict):
        given = {}
    questions = given.get("questions")
    if isinstance(questions, list) and questions and isinstance(questions[0], dict):
        return _text(questions[0], "question")
    if _text(given, "plan"):
        return "has a plan and asks whether to carry it out"
    what = _text(given, "command", "file_path", "url", "path", "pattern")
    return f"wants to use {tool}{': ' if what else ''}{what}" if tool else ""


def _need(given: str | None, told: dict[str, Any], message: str) -> str:
    """given: what the hook was installed for."""
    if _text(told, "tool_name") in ASKING_TOOLS:
        return "question"
    notice = _text(told, "notification_type")
    asks_permission = notice.endswith(PERMISSION_NOTICES) or "permission" in message.lower()
    return given or ("permission" if asks_permission else "question")


def _is_side_thread(told: dict[str, Any], environ: Mapping[str, str]) -> bool:
    """Whether this is a thread that Codex runs for itself, to find a title: it keeps no file of such a one.

    A thread without a file cannot be taken up again either, so it is no conversation in any case.
    """
    thread = _text(told, "thread-id")
    if not thread:
        return False
    from maestro_tui.rollouts import is_kept

    return is_kept(thread, environ) is False


def _conversation(told: dict[str, Any]) -> dict[str, str]:
    """What the agent calls its conversation, where it says so in a form that can be a word of a command."""
    found = _text(told, "session_id", "thread-id")
    usable = found[:1].isalnum() and len(found) <= LONGEST_CONVERSATION and not set(found) - CONVERSATION_LETTERS
    return {"conversationId": found} if usable else {}


def _text(told: dict[str, Any], *names: str) -> str:
    return next((told[name] for name in names if isinstance(told.get(name), str) and told[name]), "")


def dispatch(_call: Call) -> Result:
    """No rule holds an agent up here, so there is nobody to ask and nothing to say."""
    return Result({"exitCode": 0, "blocked": False, "continued": False})


def track_file(call: Call) -> Result:
    path = call.text("path")
    if not path:
        return Result(None)
    body = {"type": "file_modified", "data": {"path": os.path.abspath(path)}}  # noqa: PTH100 - cheaper than Path
    session_id = call.context.require_session()
    api = call.connect(retries=RETRIES, timeout_seconds=TIMEOUT_SECONDS)
    return _told(api.post(f"/api/sessions/{session_id}/events", body))


def _patch(call: Call, changes: dict[str, Any], told: dict[str, Any]) -> Result:
    session_id = call.context.require_session()
    api = call.connect(retries=RETRIES, timeout_seconds=TIMEOUT_SECONDS)
    return _told(api.patch(f"/api/sessions/{session_id}", changes | _conversation(told)))


def _told(session: dict[str, Any]) -> Result:
    return Result({"id": session["id"], "status": session["status"], "needsInput": session["needsInput"]})
