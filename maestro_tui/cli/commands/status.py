"""`maestro status`: how the project stands, at a glance."""

from __future__ import annotations

from maestro_tui.cli.call import Call
from maestro_tui.cli.layout import facts, line, shorten
from maestro_tui.cli.output import Result
from maestro_tui.domain.status import Priority, TaskStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["status"]

SHORTEST_NAME = 8

PAGE = 500


def status(call: Call) -> Result:
    project_id = call.project_id()
    project = call.api.get(f"/api/projects/{project_id}")
    tasks = _counts(call, project_id)
    live = call.api.get("/api/sessions", projectId=project_id, active="true")
    waiting = [one for one in live if (one.get("needsInput") or {}).get("active")]
    data = {
        "project": {"id": project["id"], "name": project["name"]},
        "tasks": tasks,
        "sessions": {
            "live": len(live),
            "needInput": len(waiting),
            "list": [
                {key: one.get(key) for key in ("id", "name", "status", "role", "taskIds", "needsInput")}
                for one in live
            ],
        },
        "server": _server(call),
    }
    return Result(data, _shown(call, data, waiting), [project_id])


def _counts(call: Call, project_id: str) -> dict[str, Any]:
    """Tasks by status and by priority. A small project is counted here, a large one by the server."""
    page = call.api.get("/api/tasks", projectId=project_id, limit=PAGE)
    if not page["pagination"]["hasMore"]:
        count = _counter(page["data"])
    else:

        def count(field: str, word: str) -> int:
            answer = call.api.get("/api/tasks", projectId=project_id, limit=1, **{field: word})
            return int(answer["pagination"]["total"])

    return {
        "total": page["pagination"]["total"],
        "byStatus": {str(word): count("status", word) for word in TaskStatus},
        "byPriority": {str(word): count("priority", word) for word in Priority},
    }


def _counter(tasks: list[dict[str, Any]]) -> Any:
    return lambda field, word: sum(task[field] == word for task in tasks)


def _server(call: Call) -> dict[str, Any]:
    health = call.api.get("/health")
    ready = call.api.request("GET", "/ready", also_good=frozenset({503})).json()
    return {
        "url": call.api.server.url,
        "status": ready.get("status"),
        "checks": ready.get("checks"),
        "version": health.get("version"),
        "uptime": health.get("uptime"),
    }


def _shown(call: Call, data: dict[str, Any], waiting: list[dict[str, Any]]) -> list[str]:
    tasks, sessions, server = data["tasks"], data["sessions"], data["server"]
    lines = facts(
        [
            ("Project", f"{data['project']['name']} ({data['project']['id']})"),
            ("Tasks", f"{tasks['total']}: {_listed(tasks['byStatus'])}"),
            ("Priority", _listed(tasks["byPriority"])),
            ("Sessions", f"{sessions['live']} live, {sessions['needInput']} need input"),
            ("Server", f"{server['url']} {server['status']}, version {server['version']}"),
        ],
        call.output,
    )
    lines += [_session(one, call.output.width) for one in sessions["list"]]
    lines += [f"  ⚑ {line(one['name'])} asks: {line(one['needsInput'].get('message'))}" for one in waiting]
    return lines


def _session(session: dict[str, Any], width: int | None) -> str:
    name, rest = line(session["name"]), f"  {session['status']}  {session['id']}"
    if width is None:
        return f"  ● {name}{rest}"
    return shorten(f"  ● {shorten(name, max(SHORTEST_NAME, width - 4 - len(rest)))}{rest}", width)


def _listed(counts: dict[str, int]) -> str:
    return " · ".join(f"{count} {word}" for word, count in counts.items() if count) or "none"
