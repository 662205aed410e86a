"""`maestro whoami`: the context a command would be run in, and where each part is known from."""

from __future__ import annotations

from maestro_tui import environment
from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import facts
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["whoami"]


def whoami(call: Call) -> Result:
    context = call.context
    server = context.server()
    project, session = context.project(), context.setting(environment.SESSION_ID)
    documents = _look_up(call, project.value if project else None, session.value if session else None)
    data = {
        "sessionId": session.value if session else None,
        "projectId": project.value if project else None,
        "taskIds": context.task_ids,
        "taskTitle": context.value(environment.TASK_TITLE),
        "role": context.value(environment.ROLE) or (documents["session"] or {}).get("role"),
        "skill": context.value(environment.SKILL),
        "manifestPath": context.value(environment.MANIFEST_PATH),
        "parentSessionId": context.value(environment.PARENT_SESSION_ID),
        "rootSessionId": context.value(environment.ROOT_SESSION_ID),
        "identity": "session" if session else "owner" if server.token else "nobody",
        "server": {"url": server.url, "source": server.source, "reachable": documents["reachable"]},
        "project": _brief(documents["project"]),
        "session": _brief(documents["session"]),
    }
    return Result(data, _shown(call, data, project.source if project else ""), context.task_ids)


def _look_up(call: Call, project_id: str | None, session_id: str | None) -> dict[str, Any]:
    """What the server says of us; a server that does not answer is a fact here, not a failure."""
    found: dict[str, Any] = {"reachable": True, "project": None, "session": None}
    api = call.connect(retries=0, timeout_seconds=5.0)
    try:
        api.get("/health")
        for kind, identifier in (("project", project_id), ("session", session_id)):
            if identifier:
                found[kind] = _document(call, f"/api/{kind}s/{identifier}")
    except Failure as failure:
        found["reachable"] = False
        call.output.note(f"note: {failure.message}")
    return found


def _document(call: Call, path: str) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = call.api.get(path)
    except Failure as failure:
        if failure.code in ("connection_refused", "network_error"):
            raise
        call.output.note(f"note: {failure.message}")
        return None
    return document


def _brief(document: dict[str, Any] | None) -> dict[str, Any] | None:
    return {key: document.get(key) for key in ("id", "name", "status") if key in document} if document else None


def _shown(call: Call, data: dict[str, Any], project_source: str) -> list[str]:
    def named(kind: str) -> str | None:
        identifier, document = data[f"{kind}Id"], data[kind]
        return f"{identifier} ({document['name']})" if identifier and document else identifier

    where = "" if data["server"]["reachable"] else ", no answer"
    project = f"{named('project')}  [{project_source}]" if data["projectId"] else "none is chosen"
    return facts(
        [
            ("Session", named("session") or "none: this is no pane of a session"),
            ("Role", data["role"]),
            ("Project", project),
            ("Tasks", data["taskIds"]),
            ("Title", data["taskTitle"]),
            ("Skill", data["skill"]),
            ("Parent", data["parentSessionId"]),
            ("Manifest", data["manifestPath"]),
            ("Identity", data["identity"]),
            ("Server", f"{data['server']['url']}  [{data['server']['source']}]{where}"),
        ],
        call.output,
    )
