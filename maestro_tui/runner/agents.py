"""Which agents are here, which one a spawn gets, and the exact words each is started with."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from maestro_tui.config.agents import PREFERENCE, SHELL, agent_profiles
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.errors import Invalid, NotFound
from maestro_tui.runner.versions import version_numbers

__all__ = ["Brief", "LaunchLine", "choose_agent", "installed_agents", "launch_line"]

LARGEST_ARGUMENT = 100 * 1024
"""Longer briefs go by file: the kernel takes 128 KiB in one argument."""

_PLACEHOLDER = re.compile(r"\{(brief|brief_file|task_id|session_id|cwd|model|conversation_id)\}")


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
        text = self.text if len(self.text.encode()) <= LARGEST_ARGUMENT else self.pointer
        return f" {text}" if text.startswith("-") else text

    @property
    def pointer(self) -> str:
        """One line that says where the text is."""
        return f"Read the file {self.path} first: it is your brief. Then do what it says."


@dataclass(frozen=True, slots=True)
class LaunchLine:
    """How an agent is started.

    typed: text to type into its terminal once it is up, if any. conversation_id: what it will call
    the conversation, where that is known beforehand.
    """

    argv: tuple[str, ...]
    typed: str | None = None
    conversation_id: str | None = None


LATEST = "latest"
"""The conversation of agents that name none, and go on with the one they had in a directory."""


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
    permissions: str | None = None,
    resume: str | None = None,
    hook_arguments: Sequence[str] = (),
    version: tuple[int, ...] | None = None,
) -> LaunchLine:
    """The command of an agent, its brief and everything asked of it in place. Raises NotFound, Invalid.

    permissions: instead of the profile's. resume: the conversation to continue. hook_arguments: what makes
    it call our hooks. version: of the program, where it is known.
    """
    profile = _as_of(_profile(name, settings), version)
    if model is not None and model.startswith("-"):
        raise Invalid.field("model", f"'{model}' begins with a dash; name a model of {name}")
    conversation_id = _conversation(name, profile, resume)
    values = {
        "brief": brief.as_argument,
        "brief_file": str(brief.path),
        "task_id": task_id,
        "session_id": session_id,
        "cwd": cwd,
        "model": model or "",
        "conversation_id": conversation_id or "",
    }
    asked_for = _permissions(name, profile, permissions or profile.permissions)
    words = _words(profile, model, hook_arguments, asked_for, resumes=resume is not None)
    argv = tuple(_PLACEHOLDER.sub(lambda found: values[found[1]], word) for word in words)
    line = LaunchLine(argv, conversation_id=conversation_id)
    if profile.brief == "stdin" and not any("{brief}" in word for word in words):
        has_file = any("{brief_file}" in word for word in words)
        return replace(line, typed=brief.pointer if has_file and "\n" in brief.text else brief.text)
    return line if any("{brief" in word for word in words) else _hand_over(profile, line, brief)


def _as_of(profile: AgentProfile, version: tuple[int, ...] | None) -> AgentProfile:
    """The profile without what this version of the program does not know."""
    since = version_numbers(profile.conversation_since)
    if not since or (version is not None and version >= since):
        return profile
    return profile.model_copy(update={"conversation_arguments": ()})


def _conversation(name: str, profile: AgentProfile, resume: str | None) -> str | None:
    """What the conversation is called, as far as that is settled before the agent runs. Raises Invalid."""
    if resume is not None:
        if not profile.resume_arguments:
            raise Invalid.field("agent", f"{name} cannot continue an earlier conversation")
        return resume
    if any("{conversation_id}" in word for word in (*profile.conversation_arguments, *profile.command)):
        return str(uuid4())
    by_directory = profile.resume_arguments and not any("{" in word for word in profile.resume_arguments)
    return LATEST if by_directory else None


def _permissions(name: str, profile: AgentProfile, word: str) -> tuple[str, ...]:
    """What asks for these permissions. Raises Invalid for a word that this agent does not know."""
    known = profile.permission_arguments
    if word in known:
        return known[word]
    if word == "ask":
        return ()
    allowed = ", ".join(known) or "none"
    raise Invalid(
        f"[agents.{name}] permissions: '{word}' is not one of its words: {allowed}",
        suggestion=f"Choose one of them, or describe it under [agents.{name}.permissionArguments]",
    )


def _words(
    profile: AgentProfile, model: str | None, hooks: Sequence[str], permissions: Sequence[str], *, resumes: bool
) -> tuple[str, ...]:
    """The command with what is asked of it right after the program, before any word of the brief.

    Options go before those that continue a conversation, which may be a subcommand.
    """
    command = (resumes and profile.resume_command) or profile.command
    program, rest = command[:1], command[1:]
    has_model = model is not None and not any("{model}" in word for word in rest)
    models = profile.model_arguments if has_model else ()
    conversation = profile.resume_arguments if resumes else profile.conversation_arguments
    return (*program, *models, *permissions, *hooks, *conversation, *rest)


def _hand_over(profile: AgentProfile, line: LaunchLine, brief: Brief) -> LaunchLine:
    match profile.brief:
        case "argument":
            return replace(line, argv=(*line.argv, brief.as_argument))
        case "file":
            return replace(line, argv=(*line.argv, str(brief.path)))
        case "stdin" | "none":
            return line


def _profile(name: str, settings: Settings) -> AgentProfile:
    profiles = agent_profiles(settings)
    if name not in profiles:
        raise NotFound(
            f"No agent is called '{name}'; there are {', '.join(profiles)}",
            suggestion=f"Describe it in config.toml under [agents.{name}]",
        )
    if not profiles[name].command:
        raise NotFound(
            f"The agent '{name}' has no command",
            suggestion=f'Give it one in config.toml: [agents.{name}] command = ["program"]',
        )
    return profiles[name]


def _is_installed(profile: AgentProfile, environ: Mapping[str, str]) -> bool:
    return (
        bool(profile.command)
        and shutil.which(profile.command[0], path=environ.get("PATH", os.defpath)) is not None
    )
