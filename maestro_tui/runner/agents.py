"""Which agents are here, which one a spawn gets, and the exact words each is started with."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maestro_tui.config.agents import PREFERENCE, SHELL, agent_profiles
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.errors import Invalid, NotFound

__all__ = ["Brief", "LaunchLine", "choose_agent", "installed_agents", "launch_line"]

LARGEST_ARGUMENT = 100 * 1024
"""Longer briefs go by file: the kernel takes 128 KiB in one argument."""

_PLACEHOLDER = re.compile(r"\{(brief|brief_file|task_id|session_id|cwd|model)\}")


@dataclass(frozen=True, slots=True)
class Brief:
    """What an agent is told at its start, as text and as the file that holds it."""

    text: str
    path: Path

    @property
    def as_argument(self) -> str:
        """The text as one word of a command; a pointer to the file when it is too long for that.

        It never begins with a dash, so no program takes it for an option.
        """
        text = self.text
        if len(text.encode()) > LARGEST_ARGUMENT:
            text = f"Read the file {self.path} first: it is your brief. Then do what it says."
        return f" {text}" if text.startswith("-") else text


@dataclass(frozen=True, slots=True)
class LaunchLine:
    """How an agent is started. typed: text to type into its terminal once it is up, if any."""

    argv: tuple[str, ...]
    typed: str | None = None


def installed_agents(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, bool]:
    """Every agent that can be named, and whether its program is on PATH; the preferred ones first."""
    profiles = agent_profiles(settings)
    names = [name for name in PREFERENCE if name in profiles]
    names += [name for name in profiles if name not in PREFERENCE]
    return {name: _is_installed(profiles[name], environ) for name in names}


def choose_agent(wanted: str | None, settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """The agent wanted, else the one configured, else the first one installed, else the shell.

    Raises NotFound for a name nobody described.
    """
    name = wanted or settings.agent
    if name is not None:
        _profile(name, settings)
        return name
    installed = installed_agents(settings, environ)
    return next((name for name in PREFERENCE if installed.get(name)), SHELL)


def launch_line(
    name: str,
    settings: Settings,
    brief: Brief,
    *,
    session_id: str,
    task_id: str = "",
    cwd: str = "",
    model: str | None = None,
) -> LaunchLine:
    """The command of an agent, its brief and model in place. Raises NotFound, Invalid."""
    profile = _profile(name, settings)
    if model is not None and model.startswith("-"):
        raise Invalid.field("model", f"'{model}' begins with a dash; name a model of {name}")
    values = {
        "brief": brief.as_argument,
        "brief_file": str(brief.path),
        "task_id": task_id,
        "session_id": session_id,
        "cwd": cwd,
        "model": model or "",
    }
    words = _with_model(profile, model)
    argv = tuple(_PLACEHOLDER.sub(lambda found: values[found[1]], word) for word in words)
    if any("{brief" in word for word in words):
        return LaunchLine(argv)
    return _hand_over(profile, argv, brief)


def _with_model(profile: AgentProfile, model: str | None) -> tuple[str, ...]:
    """The command with its model arguments right after the program, before any word of the brief."""
    if model is None or any("{model}" in word for word in profile.command):
        return profile.command
    return profile.command[:1] + profile.model_arguments + profile.command[1:]


def _hand_over(profile: AgentProfile, argv: tuple[str, ...], brief: Brief) -> LaunchLine:
    match profile.brief:
        case "argument":
            return LaunchLine((*argv, brief.as_argument))
        case "file":
            return LaunchLine((*argv, str(brief.path)))
        case "stdin":
            return LaunchLine(argv, typed=brief.text)
        case "none":
            return LaunchLine(argv)


def _profile(name: str, settings: Settings) -> AgentProfile:
    profiles = agent_profiles(settings)
    if name not in profiles:
        raise NotFound(
            f"No agent is called '{name}'; there are {', '.join(profiles)}",
            suggestion=f"Describe it in config.toml under [agents.{name}]",
        )
    return profiles[name]


def _is_installed(profile: AgentProfile, environ: Mapping[str, str]) -> bool:
    return shutil.which(profile.command[0], path=environ.get("PATH", os.defpath)) is not None
