"""The agents we know how to start, as data. `config.toml` adds more and changes these.

Flags and signs are the agents' own, from their documentation; docs/agents.md lists them.
"""

from typing import Any

from maestro_tui.config.settings import AgentProfile, Settings

__all__ = ["BUILT_IN_AGENTS", "PREFERENCE", "SHELL", "agent_profiles"]

SHELL = "shell"
"""The agent that is always there: the user's own shell, greeted with the brief."""

PREFERENCE = ("claude", "codex", "gemini", "opencode", "aider", SHELL)
"""Which agent a spawn gets that names none: the first one installed."""

_MODEL = ("--model", "{model}")
_WORKING_TITLE = {"pattern": "^[\u2800-\u28ff]", "state": "working"}
"""A braille spinner in front, as many terminal programs have it."""
_GEMINI_LIMIT = r"│ [● ] \d\. (Keep trying|Switch to \S+|Upgrade for higher limits) +│(?s:.*)│ [● ] \d\. Stop +│"
"""What it offers when a limit is reached, in a frame: a conversation that speaks of it has none."""

_BUILT_IN: dict[str, dict[str, Any]] = {
    "claude": {
        "command": ("claude",),
        "model_arguments": _MODEL,
        "conversation_arguments": ("--session-id", "{conversation_id}"),
        "resume_arguments": ("--resume", "{conversation_id}"),
        "permission_arguments": {
            "ask": (),
            "plan": ("--permission-mode", "plan"),
            "edits": ("--permission-mode", "acceptEdits"),
            "all": ("--permission-mode", "bypassPermissions"),
        },
        "hooks": "claude",
        "state_file": "claude",
        "titles": (_WORKING_TITLE, {"pattern": "^✳", "state": "idle"}),
        "notifications": (
            {"pattern": "(?i)permission|approval", "state": "waiting", "need": "permission"},
            {"pattern": "(?i)waiting for your input", "state": "idle"},
        ),
    },
    "codex": {
        "command": ("codex",),
        "model_arguments": _MODEL,
        "resume_arguments": ("resume", "{conversation_id}"),
        "permission_arguments": {
            "ask": (),
            "plan": ("--sandbox", "read-only", "--ask-for-approval", "on-request"),
            "edits": ("--sandbox", "workspace-write", "--ask-for-approval", "on-request"),
            "all": ("--dangerously-bypass-approvals-and-sandbox",),
        },
        "hooks": "codex",
        "state_file": "codex",
        "titles": (_WORKING_TITLE, {"pattern": "(?i)action required", "state": "waiting", "need": "permission"}),
        "notifications": (
            {"pattern": "(?i)approval requested|wants to edit", "state": "waiting", "need": "permission"},
            {"pattern": "(?i)plan mode prompt|question", "state": "waiting", "need": "question"},
            {"pattern": "", "state": "idle"},
        ),
    },
    "gemini": {
        "command": ("gemini", "--prompt-interactive", "{brief}"),
        "model_arguments": _MODEL,
        "conversation_arguments": ("--session-id", "{conversation_id}"),
        "conversation_since": "0.45",
        "resume_arguments": ("--resume", "{conversation_id}"),
        "permission_arguments": {
            "ask": (),
            "plan": ("--approval-mode", "plan"),
            "edits": ("--approval-mode", "auto_edit"),
            "all": ("--approval-mode", "yolo"),
        },
        "hooks": "gemini",
        "titles": (
            {"pattern": "^✦", "state": "working"},
            {"pattern": "^✋", "state": "waiting", "need": "permission"},
            {"pattern": "^◇", "state": "idle"},
        ),
        "screen": (
            {"pattern": r"Do you trust the files in this folder\?", "state": "waiting", "need": "question"},
            {"pattern": r"Enter to select · ↑/↓ to navigate", "state": "waiting", "need": "question"},
            {"pattern": _GEMINI_LIMIT, "state": "waiting", "need": "error"},
        ),
    },
    "opencode": {
        "command": ("opencode", "--prompt", "{brief}"),
        "model_arguments": _MODEL,
        "resume_arguments": ("--session", "{conversation_id}"),
        "resume_command": ("opencode",),  # in a session that goes on it takes no notice of a prompt
        "brief": "stdin",
        "permission_arguments": {"ask": (), "plan": ("--agent", "plan"), "edits": (), "all": ("--auto",)},
        "hooks": "opencode",
    },
    "aider": {
        "command": ("aider", "--no-gitignore", "--no-show-release-notes", "--read", "{brief_file}"),
        "model_arguments": _MODEL,
        "resume_arguments": ("--restore-chat-history",),
        "permission_arguments": {"ask": (), "plan": ("--chat-mode", "ask"), "edits": (), "all": ("--yes-always",)},
        "brief": "stdin",
        "hooks": "aider",
        "screen": ({"pattern": r"\(Y\)es/\(N\)o.*:\s*$", "state": "waiting", "need": "question"},),
    },
    SHELL: {
        "command": ("/bin/sh", "-c", 'cat -- "$1"; exec "${SHELL:-/bin/sh}"', "sh", "{brief_file}"),
        "brief": "none",
        "version_arguments": (),
    },
}

BUILT_IN_AGENTS: dict[str, AgentProfile] = {
    name: AgentProfile.model_validate(fields) for name, fields in _BUILT_IN.items()
}


def agent_profiles(settings: Settings) -> dict[str, AgentProfile]:
    """Every agent that can be named in a spawn: the built-in ones, changed and added to by settings.

    A table with the name of a built-in agent changes the keys it has and no other.
    """
    return BUILT_IN_AGENTS | {
        name: _changed(BUILT_IN_AGENTS[name], given) if name in BUILT_IN_AGENTS else given
        for name, given in settings.agents.items()
    }


def _changed(built_in: AgentProfile, given: AgentProfile) -> AgentProfile:
    return built_in.model_copy(update={key: getattr(given, key) for key in given.model_fields_set})
