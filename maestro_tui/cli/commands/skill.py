"""`maestro skill …`: what agents can be taught."""

from __future__ import annotations

import json
from pathlib import Path

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import rows_result
from maestro_tui.cli.diagnostics import Exit, Failure
from maestro_tui.cli.layout import Column, facts, line
from maestro_tui.cli.output import Result
from maestro_tui.cli.words import role
from maestro_tui.domain.ids import is_id
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["info", "list_skills", "new", "validate"]

COLUMNS = (
    Column("NAME", "name"),
    Column("VERSION", "version"),
    Column("TYPE", "type"),
    Column("DESCRIPTION", "description", flexible=True),
)
CHECKER = "maestro_tui.skills.check"
CHECK_SECONDS = 60
PROJECT_SKILLS = ".maestro/skills"
TEMPLATE = """# {name}

Say in a few sentences when this applies and what a good result is.

## Do

1. The first thing to do, as an instruction.
2. The next one.

## Never

- What must not happen, and why.
"""


def list_skills(call: Call) -> Result:
    wanted = call.invocation.text("role")
    path = "/api/skills" if wanted is None else f"/api/skills/role/{role(wanted, call.typed)}"
    result = rows_result(call, call.api.get(path), COLUMNS, "No skills")
    if not (call.output.json or call.output.quiet) and (wrong := _wrong(call)):
        call.output.note(
            f"{wrong} more could not be read as it stands, or needs what is not there: maestro skill validate"
        )
    return result


def _wrong(call: Call) -> int:
    """How many skills have something wrong in them, which only the owner is told."""
    try:
        return len({one["skill"] for one in call.api.get("/api/findings")["skills"]})
    except Failure:
        return 0


def info(call: Call) -> Result:
    from urllib.parse import quote

    name = call.require_text("name", "The skill", "maestro skill list")
    try:
        skill = call.api.get(f"/api/skills/{quote(name, safe='')}")
    except Failure as failure:
        if failure.code == "resource_not_found":
            failure.suggestion = "maestro skill list, or maestro skill validate where it cannot be read"
        raise
    pairs = [(label, skill.get(label.lower())) for label in ("Name", "Version", "Type", "Description")]
    lines = [*facts(pairs, call.output), "", *clean_text(skill["instructions"]).splitlines()]
    return Result(skill, lines, [skill["id"]])


def validate(call: Call) -> Result:
    report = _check(call.invocation.text("path"))
    findings: list[dict[str, Any]] = report["findings"]
    lines = [": ".join(filter(None, map(line, (one["file"], one["field"], one["message"])))) for one in findings]
    if findings:
        raise Failure(
            "invalid_request",
            "\n".join(
                (
                    "One thing is wrong" if len(findings) == 1 else f"{len(findings)} things are wrong",
                    *(f"  {text}" for text in lines),
                )
            ),
            suggestion="correct the field that is named, then run it again",
            details=report,
        )
    names = report["skills"]
    return Result(report, [f"{name} is valid" for name in names], names, exit_code=Exit.DONE)


def new(call: Call) -> Result:
    name = call.require_text("name", "The name", "maestro skill new NAME")
    if not is_id(name):
        raise Failure(
            "invalid_request",
            f"'{name[:80]}' cannot name a skill: only letters, digits, '-' and '_' can",
            suggestion="maestro skill new my-skill",
        )
    folder = _library(call) / name
    manifest = {
        "name": name,
        "version": "0.1.0",
        "description": call.text("desc") or f"What agents have to know about {name}",
        "type": "custom",
        "assignTo": [_audience(word, call.typed) for word in call.invocation.texts("for")],
        "priority": 50,
        "dependencies": ["maestro-cli"],
    }
    try:
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        (folder / "skill.md").write_text(TEMPLATE.format(name=name), encoding="utf-8")
    except FileExistsError:
        message = f"{folder} exists already"
        raise Failure("conflict", message, suggestion=f"maestro skill validate {folder}") from None
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}"
        raise Failure("invalid_request", message, suggestion="maestro skill new NAME --dir DIR") from None
    call.output.note(
        f"write what agents should do into {folder / 'skill.md'}, then: maestro skill validate {folder}"
    )
    return Result({"name": name, "path": str(folder), "manifest": manifest}, [name, str(folder)], [name])


def _library(call: Call) -> Path:
    """The folder of skills a new one goes to."""
    if (directory := call.invocation.text("dir")) is not None:
        return Path(directory).expanduser().absolute()
    return Path.cwd() / PROJECT_SKILLS if call.invocation.has("here") else call.context.home.skills


def _audience(word: str, command: str) -> str:
    return "all" if word == "all" else role(word, command)


def _check(path: str | None) -> dict[str, Any]:
    """Let the loader itself judge, in a process of its own: it needs more than this command may load."""
    import subprocess
    import sys

    arguments = [sys.executable, "-m", CHECKER, *([path] if path else [])]
    answer = subprocess.run(arguments, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
    if answer.returncode != 0:
        reason = (answer.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise Failure("invalid_request", reason, suggestion="maestro skill validate DIRECTORY")
    report: dict[str, Any] = json.loads(answer.stdout)
    return report
