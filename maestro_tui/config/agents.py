"""The agents we know how to start, as data. `config.toml` adds more and changes these."""

from maestro_tui.config.settings import AgentProfile, Settings

__all__ = ["BUILT_IN_AGENTS", "PREFERENCE", "SHELL", "agent_profiles"]

SHELL = "shell"
"""The agent that is always there: the user's own shell, greeted with the brief."""

PREFERENCE = ("claude", "codex", "gemini", "opencode", SHELL)
"""Which agent a spawn gets that names none: the first one installed."""

BUILT_IN_AGENTS: dict[str, AgentProfile] = {
    "claude": AgentProfile(command=("claude",), model_arguments=("--model", "{model}"), brief="argument"),
    "codex": AgentProfile(command=("codex",), model_arguments=("--model", "{model}"), brief="argument"),
    "gemini": AgentProfile(
        command=("gemini", "--prompt-interactive", "{brief}"), model_arguments=("--model", "{model}")
    ),
    "opencode": AgentProfile(command=("opencode", "--prompt", "{brief}"), model_arguments=("--model", "{model}")),
    SHELL: AgentProfile(
        command=("/bin/sh", "-c", 'cat -- "$1"; exec "${SHELL:-/bin/sh}"', "sh", "{brief_file}"), brief="none"
    ),
}


def agent_profiles(settings: Settings) -> dict[str, AgentProfile]:
    """Every agent that can be named in a spawn: the built-in ones, changed and added to by settings."""
    return BUILT_IN_AGENTS | settings.agents
