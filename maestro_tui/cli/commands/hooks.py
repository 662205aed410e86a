"""Commands that an agent's hooks call: silent, quick, and never in the way of the agent.

Whatever goes wrong ends with 0; MAESTRO_DEBUG tells it on stderr.
"""

from __future__ import annotations

import os
import time

from maestro_tui import environment
from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["complete", "needs_input", "register", "resume_working", "track_file"]

RETRIES = 1
TIMEOUT_SECONDS = 5.0


def register(call: Call) -> None:
    """The session runs; one that the server does not know yet is made known."""
    session_id = call.context.require_session()
    api = call.connect(retries=RETRIES, timeout_seconds=TIMEOUT_SECONDS)
    try:
        api.patch(f"/api/sessions/{session_id}", {"status": "running"})
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
        api.post("/api/sessions", body)


def complete(call: Call) -> None:
    _patch(call, {"status": "completed"})


def needs_input(call: Call) -> None:
    message = (call.text("message") or "").strip() or "Waiting for input"
    question = {"active": True, "message": message, "since": int(time.time() * 1000)}
    _patch(call, {"needsInput": question, "timeline": [{"type": "needs_input", "message": message}]})


def resume_working(call: Call) -> None:
    _patch(call, {"status": "running", "needsInput": {"active": False, "message": "", "since": None}})


def track_file(call: Call) -> None:
    path = call.text("path")
    if not path:
        return
    body = {"type": "file_modified", "data": {"path": os.path.abspath(path)}}  # noqa: PTH100 - cheaper than Path
    session_id = call.context.require_session()
    api = call.connect(retries=RETRIES, timeout_seconds=TIMEOUT_SECONDS)
    api.post(f"/api/sessions/{session_id}/events", body)


def _patch(call: Call, changes: dict[str, Any]) -> None:
    session_id = call.context.require_session()
    call.connect(retries=RETRIES, timeout_seconds=TIMEOUT_SECONDS).patch(f"/api/sessions/{session_id}", changes)
