"""`maestro skill …`: what agents can be taught."""

from __future__ import annotations

import json

from maestro_tui.cli.call import Call
from maestro_tui.cli.commands.task import rows_result
from maestro_tui.cli.diagnostics import Exit, Failure
from maestro_tui.cli.layout import Column, facts, line
from maestro_tui.cli.output import Result
from maestro_tui.cli.words import role
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["info", "list_skills", "validate"]

COLUMNS = (
    Column("NAME", "name"),
    Column("VERSION", "version"),
    Column("TYPE", "type"),
    Column("DESCRIPTION", "description", flexible=True),
)
CHECKER = "maestro_tui.skills.check"
CHECK_SECONDS = 60


def list_skills(call: Call) -> Result:
    wanted = call.invocation.text("role")
    path = "/api/skills" if wanted is None else f"/api/skills/role/{role(wanted, call.typed)}"
    return rows_result(call, call.api.get(path), COLUMNS, "No skills")


def info(call: Call) -> Result:
    from urllib.parse import quote

    name = call.require_text("name", "The skill", "maestro skill list")
    skill = call.api.get(f"/api/skills/{quote(name, safe='')}")
    pairs = [(label, skill.get(label.lower())) for label in ("Name", "Version", "Type", "Description")]
    lines = [*facts(pairs, call.output), "", *clean_text(skill["instructions"]).splitlines()]
    return Result(skill, lines, [skill["id"]])


def validate(call: Call) -> Result:
    report = _check(call.invocation.text("path"))
    findings: list[dict[str, Any]] = report["findings"]
    lines = [f"{one['file']}: {line(one['field'])}: {line(one['message'])}" for one in findings]
    if findings:
        raise Failure(
            "invalid_request",
            "\n".join((f"{len(findings)} of the checks failed", *(f"  {text}" for text in lines))),
            suggestion="correct the field that is named, then run it again",
            details=report,
        )
    names = report["skills"]
    return Result(report, [f"{name} is valid" for name in names], names, exit_code=Exit.DONE)


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
