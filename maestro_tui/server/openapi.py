"""The interface as an OpenAPI 3.1 document, made from the router and the models of its bodies."""

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from maestro_tui.domain.document import Part
from maestro_tui.domain.ids import ID_PATTERN
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests import claims, orders, projects, sessions, spawning, tasks, teams
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.domain.task import Subtask, Task
from maestro_tui.server.queries import LARGEST_PAGE
from maestro_tui.server.routes import elsewhere, mail, mailbox, older
from maestro_tui.version import __version__

__all__ = ["ANSWERS", "BODIES", "LISTS", "document"]

_SESSION, _TASK = "/api/sessions/{session_id}", "/api/tasks/{task_id}"
_MEMBER, _TEAM = "/api/team-members/{member_id}", "/api/teams/{team_id}"

BODIES: Mapping[tuple[str, str], type[BaseModel]] = {
    ("POST", "/api/projects"): projects.CreateProject,
    ("PATCH", "/api/projects/{project_id}"): projects.UpdateProject,
    ("PUT", "/api/projects/{project_id}"): projects.UpdateProject,
    ("POST", "/api/tasks"): tasks.CreateTask,
    ("PATCH", _TASK): tasks.UpdateTask,
    ("POST", _TASK + "/timeline"): tasks.AddTimelineEntry,
    ("POST", _TASK + "/subtasks"): tasks.CreateSubtask,
    ("PATCH", _TASK + "/subtasks/{subtask_id}"): tasks.UpdateSubtask,
    ("POST", _TASK + "/docs"): older.AddDocument,
    ("POST", "/api/sessions"): sessions.CreateSession,
    ("PATCH", _SESSION): sessions.UpdateSession,
    ("POST", _SESSION + "/events"): sessions.AddSessionEvent,
    ("POST", _SESSION + "/timeline"): sessions.AddSessionTimelineEntry,
    ("POST", _SESSION + "/docs"): older.AddDocument,
    ("POST", _SESSION + "/restart"): spawning.RestartSession,
    ("POST", _SESSION + "/deny"): spawning.DecideApproval,
    ("POST", _SESSION + "/prompt"): older.Prompt,
    ("POST", _SESSION + "/mail"): mail.Mail,
    ("POST", _SESSION + "/modal"): mail.Page,
    ("POST", "/api/team-members"): teams.CreateTeamMember,
    ("PATCH", _MEMBER): teams.UpdateTeamMember,
    ("POST", _MEMBER + "/archive"): teams.OfProject,
    ("POST", _MEMBER + "/unarchive"): teams.OfProject,
    ("POST", _MEMBER + "/reset"): teams.OfProject,
    ("POST", _MEMBER + "/memory"): teams.Remember,
    ("POST", "/api/teams"): teams.CreateTeam,
    ("PATCH", _TEAM): teams.UpdateTeam,
    ("POST", _TEAM + "/archive"): teams.OfProject,
    ("POST", _TEAM + "/unarchive"): teams.OfProject,
    ("POST", _TEAM + "/members"): teams.OfTeamMembers,
    ("POST", _TEAM + "/sub-teams"): teams.OfSubTeam,
    ("POST", "/api/mail"): mailbox.Letter,
    ("POST", "/api/announce"): elsewhere.Announcement,
    ("POST", "/api/hooks/dispatch"): elsewhere.HookEvent,
    ("POST", _SESSION + "/mode"): elsewhere.Mode,
    ("POST", _SESSION + "/claim"): claims.ClaimSession,
    ("POST", _SESSION + "/renew"): claims.ClaimSession,
    ("POST", _SESSION + "/release"): claims.ReleaseSession,
    ("POST", _SESSION + "/input"): orders.SendInput,
    ("POST", _SESSION + "/stop"): orders.StopSession,
    ("POST", _SESSION + "/orders/{order_id}"): orders.AnswerOrder,
    ("POST", "/api/spawning/pause"): spawning.PauseSpawning,
}
"""Which model a route's body is."""
ANSWERS: Mapping[tuple[str, str], type[Part]] = {
    ("POST", "/api/projects"): Project,
    ("GET", "/api/projects/{project_id}"): Project,
    ("PATCH", "/api/projects/{project_id}"): Project,
    ("PUT", "/api/projects/{project_id}"): Project,
    ("POST", "/api/tasks"): Task,
    ("GET", _TASK): Task,
    ("PATCH", _TASK): Task,
    ("POST", _TASK + "/subtasks"): Subtask,
    ("PATCH", _TASK + "/subtasks/{subtask_id}"): Subtask,
    ("POST", "/api/sessions"): Session,
    ("GET", _SESSION): Session,
    ("PATCH", _SESSION): Session,
    ("POST", _SESSION + "/events"): Session,
    ("POST", _SESSION + "/timeline"): Session,
    ("POST", _SESSION + "/tasks/{task_id}"): Session,
    ("DELETE", _SESSION + "/tasks/{task_id}"): Session,
    ("POST", _SESSION + "/approve"): Session,
    ("POST", _SESSION + "/deny"): Session,
}
"""Which document, or part of one, a route answers with."""
LISTS: Mapping[str, type[Part]] = {
    "/api/projects": Project,
    "/api/tasks": Task,
    _TASK + "/children": Task,
    _TASK + "/subtasks": Subtask,
    "/api/sessions": Session,
    "/api/master/projects": Project,
    "/api/master/tasks": Task,
    "/api/master/sessions": Session,
}
"""What the lists that GET answers with hold; with `limit` or `offset` they come in parts."""
SPELLINGS = frozenset({"/api/sessions/spawn", "/api/sessions/spawn/preview"})
"""Their bodies have many spellings, and no model: an object, as docs/api.md has it."""
MAY_BE_EMPTY = frozenset({spawning.RestartSession, spawning.DecideApproval, spawning.PauseSpawning})
QUERIES: Mapping[tuple[str, str], str] = {
    ("GET", "/api/tasks/tree"): "projectId",
    ("DELETE", _MEMBER): "projectId",
    ("GET", "/api/teams"): "projectId",
    ("GET", _TEAM): "projectId",
    ("GET", _TEAM + "/tree"): "projectId",
    ("DELETE", _TEAM): "projectId",
    ("DELETE", _TEAM + "/members"): "projectId",
    ("DELETE", _TEAM + "/sub-teams"): "projectId",
}
"""The query a route cannot do without."""

_ID = {"type": "string", "pattern": ID_PATTERN}
_REFERENCE = "#/components/schemas/"
_ERROR = {
    "type": "object",
    "required": ["error", "code", "message", "requestId"],
    "properties": {
        "error": {"const": True},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "suggestion": {"type": ["string", "null"]},
        "details": {},
        "requestId": {"type": "string"},
    },
}


def document(app: web.Application) -> dict[str, Any]:
    """Every route of the application but the sockets', which OpenAPI has no words for."""
    paths: dict[str, dict[str, Any]] = {}
    for route in app.router.routes():
        if route.resource is None or route.method in ("HEAD", "*") or route.resource.canonical in ("/", "/ws"):
            continue
        paths.setdefault(route.resource.canonical, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "maestro-tui", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas() | {"Error": _ERROR},
        },
    }


@cache
def _schemas() -> dict[str, Any]:
    models = [(model, "validation") for model in dict.fromkeys(BODIES.values())]
    models += [(model, "serialization") for model in dict.fromkeys([*ANSWERS.values(), *LISTS.values()])]
    _, definitions = models_json_schema(models, by_alias=True, ref_template=_REFERENCE + "{model}")  # type: ignore[arg-type]
    found: dict[str, Any] = definitions["$defs"]
    return found


def _operation(route: web.AbstractRoute) -> dict[str, Any]:
    assert route.resource is not None
    path = route.resource.canonical
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{path}").strip("_"),
        "summary": (inspect.getdoc(route.handler) or "").partition("\n")[0],
        "parameters": [_parameter(name) for name in re.findall(r"{(\w+)}", path)],
        "responses": {
            "2XX": {"description": "Done"} | _content(_answer(route.method, path)),
            "default": {"description": "Refused or failed"} | _content({"$ref": _REFERENCE + "Error"}),
        },
    }
    if path == "/health":
        operation["security"] = [{}]
    if route.method == "GET" and path in LISTS:
        operation["parameters"] += [
            {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}},
            {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        ]
    if (query := QUERIES.get((route.method, path))) is not None:
        operation["parameters"].append({"name": query, "in": "query", "required": True, "schema": _ID})
    if (model := BODIES.get((route.method, path))) is not None:
        operation["requestBody"] = _body({"$ref": _REFERENCE + model.__name__}, required=model not in MAY_BE_EMPTY)
    elif path in SPELLINGS:
        operation["requestBody"] = _body({"type": "object"}, required=True)
    return operation


def _answer(method: str, path: str) -> dict[str, Any] | None:
    if (model := ANSWERS.get((method, path))) is not None:
        return {"$ref": _REFERENCE + model.__name__}
    if method != "GET" or (listed := LISTS.get(path)) is None:
        return None
    items = {"type": "array", "items": {"$ref": _REFERENCE + listed.__name__}}
    page = {"data": items, "pagination": {"type": "object"}}
    return {"anyOf": [items, {"type": "object", "required": [*page], "properties": page}]}


def _body(schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"required": required} | _content(schema)


def _content(schema: dict[str, Any] | None) -> dict[str, Any]:
    return {} if schema is None else {"content": {"application/json": {"schema": schema}}}


def _parameter(name: str) -> dict[str, Any]:
    schema = {"enum": [role.value for role in Role]} if name == "role" else _ID
    return {"name": name, "in": "path", "required": True, "schema": schema}
