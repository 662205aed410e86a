"""`maestro project …`: bodies of work, and the one in force."""

from __future__ import annotations

import os
from pathlib import Path

from maestro_tui import environment
from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import limited, rows_result
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import Column, ago, block, facts
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["create", "delete", "get", "list_projects", "use"]

COLUMNS = (
    Column("", "mark"),
    Column("ID", "id"),
    Column("NAME", "name", flexible=True),
    Column("DIRECTORY", "workingDir", flexible=True),
)


def list_projects(call: Call) -> Result:
    projects, total = limited(call, "/api/projects", {})
    current = call.context.project()
    marked = [{**one, "mark": "*" if current and one["id"] == current.value else ""} for one in projects]
    result = rows_result(call, marked, COLUMNS, "No projects yet: maestro project create NAME", total=total)
    return Result(projects, result.lines, result.ids)


def create(call: Call) -> Result:
    name = call.require_text("name", "The name", "maestro project create NAME")
    directory = call.invocation.text("dir")
    working_dir = str(Path(directory or os.getcwd()).expanduser().absolute()) if directory != "" else ""  # noqa: PTH109 - the shell's own
    body: dict[str, Any] = {"name": name, "workingDir": working_dir}
    if (description := call.description()) is not None:
        body["description"] = description
    project = call.api.post("/api/projects", body)
    if call.context.project() is None:
        call.output.note(f"make it your default with: maestro project use {project['id']}")
    return Result(project, [project["id"], *_shown(call, project)], [project["id"]])


def get(call: Call) -> Result:
    project = _found(call)
    lines = [*_shown(call, project), *block("Description", project.get("description") or "")]
    return Result(project, lines, [project["id"]])


def delete(call: Call) -> Result:
    """The whole id is needed here: a slip must not meet another project."""
    project_id = checked_id(_given(call), "project")
    call.api.delete(f"/api/projects/{project_id}")
    return Result({"success": True, "id": project_id}, [f"{project_id} is deleted"], [project_id])


def use(call: Call) -> Result:
    project = _found(call)
    path = call.context.home.cli_config
    try:
        _remember(path, environment.PROJECT_ID, project["id"])
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise Failure(
            "invalid_request", message, suggestion=f"export MAESTRO_PROJECT_ID={project['id']}"
        ) from None
    if other := call.context.environ.get(environment.PROJECT_ID):
        call.output.note(f"note: MAESTRO_PROJECT_ID={other} in the environment goes first")
    data = {"id": project["id"], "name": project["name"], "config": str(path)}
    return Result(data, [f"{project['id']} is your default project now ({path})"], [project["id"]])


def _given(call: Call) -> str:
    return call.require_text("id", "The project", "maestro project list")


def _found(call: Call) -> dict[str, Any]:
    project: dict[str, Any] = with_id(
        call, "project", _given(call), lambda one: call.api.get(f"/api/projects/{one}")
    )
    return project


def _remember(path: Path, key: str, value: str) -> None:
    """Set one key of the config file and leave every other line as it is."""
    from maestro_tui.files import write_whole

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    others = [line for line in lines if line.strip().removeprefix("export ").partition("=")[0].strip() != key]
    write_whole(path, "".join(f"{line}\n" for line in [*others, f"{key}={value}"]).encode())


def _shown(call: Call, project: dict[str, Any]) -> list[str]:
    return facts(
        [
            ("ID", project["id"]),
            ("Name", project["name"]),
            ("Directory", project.get("workingDir")),
            ("Updated", f"{ago(project['updatedAt'])} ago"),
        ],
        call.output,
    )
