"""`maestro worker init` and `maestro orchestrator init`: the brief, and becoming the agent that reads it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from maestro_tui import environment
from maestro_tui.cli.call import Call, read_file
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.output import Result
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

__all__ = ["orchestrator_init", "worker_init"]

BRIEF_FILE = "brief.md"
PROMPT_FLAGS = {"gemini": "--prompt-interactive", "opencode": "--prompt"}
"""Agents that take their first prompt behind a flag; all others take it as the last argument."""


def worker_init(call: Call) -> Result:
    return _init(call, "worker")


def orchestrator_init(call: Call) -> Result:
    return _init(call, "orchestrator")


def _init(call: Call, role: str) -> Result:
    manifest_path = _manifest_path(call, role)
    manifest = _manifest(manifest_path)
    facts = environment.manifest_facts(manifest)
    brief_path = Path(facts.get("briefPath") or manifest_path.with_name(BRIEF_FILE))
    brief = clean_text(read_file(str(brief_path)))
    if facts.get("role") not in (None, role):
        call.output.note(f"note: this session is a {facts['role']}; its brief says so too")
    command = call.invocation.words("command")
    if command or call.invocation.has("exec"):
        _become(command or _own_agent(facts), brief, brief_path)
    data = {"role": role, "brief": brief, "briefPath": str(brief_path), "manifest": manifest}
    return Result(data, brief.splitlines(), [str(brief_path)], is_whole=True)


def _manifest_path(call: Call, role: str) -> Path:
    path = call.context.value(environment.MANIFEST_PATH)
    if path is None:
        raise Failure(
            "missing_required_field",
            "MAESTRO_MANIFEST_PATH is not set: this is no pane of a session",
            suggestion=f"maestro session spawn --task TASK --role {role}",
        )
    return Path(path)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(read_file(str(path)))
    except ValueError as error:
        raise Failure(
            "invalid_request", f"{path} is no manifest: {error}", suggestion="maestro session info"
        ) from None
    if not isinstance(manifest, dict):
        raise Failure(
            "invalid_request", f"{path} is no manifest: it holds no object", suggestion="maestro session info"
        )
    return manifest


def _own_agent(facts: Mapping[str, Any]) -> list[str]:
    """The agent the spawn asked for, with its model."""
    agent = facts.get("agent") or {}
    name = agent.get("name")
    if not name or shutil.which(name) is None:
        known = f"'{name}' is not on PATH" if name else "the spawn named none"
        raise Failure(
            "spawn_failed",
            f"There is no agent to become: {known}; give its command after --",
            suggestion=f"maestro {facts.get('role', 'worker')} init --exec -- claude",
        )
    return [name, *(["--model", agent["model"]] if agent.get("model") else [])]


def _become(command: list[str], brief: str, brief_path: Path) -> NoReturn:
    """Replace this process by the agent. Raises Failure when it cannot be started."""
    placeholders = {"{brief}": brief, "{brief_file}": str(brief_path)}
    argv = [placeholders.get(word, word) for word in command]
    if argv == command:
        flag = PROMPT_FLAGS.get(Path(command[0]).name)
        argv += [flag, brief] if flag else [brief]
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - becoming the agent is what was asked for
    except OSError as error:
        message = f"{argv[0]} cannot be started: {error.strerror}"
        raise Failure("spawn_failed", message, suggestion="maestro doctor") from None
