"""Hooks: how each agent comes to tell `maestro session …` what it is doing, for one session only.

Nothing of the person's own configuration is written to: an agent is handed a file of the
session's directory, or an option. Sources: the agents' documentation of their hooks.
"""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maestro_tui.files import write_whole

__all__ = ["NO_HOOKS", "Hooks", "install_hooks"]

TIMEOUT_SECONDS = 10
GEMINI_DEFAULTS = "GEMINI_CLI_SYSTEM_DEFAULTS_PATH"
GEMINI_SYSTEM_FILE = Path("/etc/gemini-cli/system-defaults.json")
OPENCODE_SETTINGS = "OPENCODE_CONFIG_CONTENT"
PERMISSION_HOOK_FROM = (2, 0, 45)
FAILURE_HOOK_FROM = (2, 1, 78)
"""Versions of Claude Code that know these hooks; settings that name an unknown one are refused as a whole."""
GEMINI_DEFAULTS_UNTIL = (0, 60)
"""From this version of Gemini CLI on its system defaults have to belong to root, and others are warned of."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What makes an agent call our hooks: words for its command line, variables for its environment."""

    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


NO_HOOKS = Hooks()


def install_hooks(
    kind: str, directory: Path, maestro: Path, environ: Mapping[str, str], version: tuple[int, ...] | None = None
) -> Hooks:
    """Write what an agent needs to call `maestro session …` into a session's directory. Raises OSError.

    kind: of `AgentProfile.hooks`. maestro: the command. environ: what the agent would get without
    hooks; what a person set there is never replaced. version: of the agent, where it is known.
    """
    match kind:
        case "claude":
            return _claude(directory, maestro, version or ())
        case "codex":
            return _codex(maestro)
        case "gemini":
            known = version is not None and version < GEMINI_DEFAULTS_UNTIL
            return _gemini(directory, maestro, environ) if known else NO_HOOKS
        case "opencode":
            return _opencode(directory, maestro, environ)
        case "aider":
            return Hooks(("--notifications", "--notifications-command", _command(maestro, "idle", payload=False)))
    return NO_HOOKS


def _claude(directory: Path, maestro: Path, version: tuple[int, ...]) -> Hooks:
    asks = "AskUserQuestion|ExitPlanMode"
    notices = None
    hooks = {
        "SessionStart": [_hook(maestro, "register")],
        "UserPromptSubmit": [_hook(maestro, "resume-working")],
        "PreToolUse": [_hook(maestro, "needs-input", "--need question", matcher=asks)],
        "PostToolUse": [_hook(maestro, "resume-working", matcher=asks)],
        "Stop": [_hook(maestro, "idle")],
    }
    if version >= PERMISSION_HOOK_FROM:
        hooks["PermissionRequest"] = [_hook(maestro, "needs-input", "--need permission")]
        notices = (
            "idle_prompt|elicitation_dialog|worker_permission_prompt"  # the rest is told already, in more words
        )
    hooks["Notification"] = [_hook(maestro, "needs-input", matcher=notices)]
    if version >= FAILURE_HOOK_FROM:
        hooks["StopFailure"] = [_hook(maestro, "needs-input", "--need error")]
    path = directory / "claude-settings.json"
    _write(path, json.dumps({"hooks": hooks}, indent=2))
    return Hooks(("--settings", str(path)))


def _codex(maestro: Path) -> Hooks:
    """Its `notify` program gets the payload as last argument; the rest it tells its terminal (OSC 9)."""
    notify = json.dumps([str(maestro), "session", "idle", "--payload"], ensure_ascii=False)  # TOML spells it alike
    options = (f"notify={notify}", "tui.notifications=true", 'tui.notification_method="osc9"')
    return Hooks(tuple(word for option in options for word in ("-c", option)))


def _gemini(directory: Path, maestro: Path, environ: Mapping[str, str]) -> Hooks:
    """Its system defaults, the weakest of its settings, with our hooks added to those of the machine."""
    defaults = _json_object(Path(environ.get(GEMINI_DEFAULTS) or GEMINI_SYSTEM_FILE))
    if defaults is None:
        return NO_HOOKS
    ours = {
        "SessionStart": _hook(maestro, "register"),
        "BeforeAgent": _hook(maestro, "resume-working"),
        "Notification": _hook(maestro, "needs-input"),
        "AfterAgent": _hook(maestro, "idle"),
    }
    known = defaults.get("hooks")
    merged: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    for event, entry in ours.items():
        entry["hooks"][0]["timeout"] *= 1000  # it counts milliseconds
        merged[event] = [*merged.get(event, ()), entry]
    path = directory / "gemini-defaults.json"
    _write(path, json.dumps({**defaults, "hooks": merged}, indent=2))
    return Hooks(env={GEMINI_DEFAULTS: str(path)})


def _opencode(directory: Path, maestro: Path, environ: Mapping[str, str]) -> Hooks:
    """A plugin, named in further settings; those that a person gives in the same way stay.

    Not in a directory of settings: opencode installs the packages of plugins into each one (33 MB).
    """
    settings = _json_object_in(environ.get(OPENCODE_SETTINGS) or "{}")
    plugins = settings.get("plugin", []) if settings is not None else None
    if settings is None or not isinstance(plugins, list):
        return NO_HOOKS
    script = (Path(__file__).parent / "opencode_plugin.js").read_text(encoding="utf-8")
    path = directory / "opencode-plugin.js"
    _write(path, script.replace('"{maestro}"', json.dumps(str(maestro))))
    return Hooks(env={OPENCODE_SETTINGS: json.dumps({**settings, "plugin": [*plugins, path.as_uri()]})})


def _hook(maestro: Path, verb: str, options: str = "", *, matcher: str | None = None) -> dict[str, Any]:
    command = _command(maestro, verb, options)
    entry: dict[str, Any] = {"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT_SECONDS}]}
    return entry if matcher is None else {"matcher": matcher, **entry}


def _command(maestro: Path, verb: str, options: str = "", *, payload: bool = True) -> str:
    words = (shlex.quote(str(maestro)), "session", verb, options, "--payload -" if payload else "")
    return " ".join(word for word in words if word)


def _json_object(path: Path) -> dict[str, Any] | None:
    """The object a file holds, an empty one when there is no file, None when it holds something else."""
    try:
        return _json_object_in(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError:
        return None


def _json_object_in(text: str | bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _write(path: Path, content: str) -> None:
    write_whole(path, os.fsencode(content), mode=0o600, durable=False)
