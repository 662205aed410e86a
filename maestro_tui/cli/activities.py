"""The commands about what agents are doing: for people who ask, and for the hooks of agents, who tell."""

from __future__ import annotations

from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.recordings import OWN_SESSION

__all__ = ["ACTIVITY_COMMANDS"]

_SESSION = Argument("session", "the session", also=("--id", "--session"), offers="session")
_NEED = Flag(
    "--need", "what it waits for: question, permission or error", value="WORD", offers="question permission error"
)
_PAYLOAD = Flag(
    "--payload", "what the agent gave its hook, as JSON; `-` reads it from standard input", value="JSON"
)
_SOURCE = Flag("--source", "which hook it was, as hooks of existing plugins say it", value="WORD", hidden=True)

ACTIVITY_COMMANDS = (
    Command(
        "session why",
        "activity:why",
        "what an agent is doing, and all the evidence for it",
        OWN_SESSION,
        details="What has expired or was overruled is shown too.",
    ),
    Command(
        "session correct",
        "activity:correct",
        "say what an agent is really doing, when the evidence has it wrong",
        _SESSION,
        Argument("state", "working, waiting, idle, done or unknown", also=("--state",)),
        flags=(_NEED, Flag("--message", "how you know", value="TEXT")),
        details="Counts until its hooks, its terminal or somebody else says something newer.",
        examples=("maestro session correct SESSION working",),
    ),
    Command(
        "session resume",
        "activity:resume",
        "start one that has ended again, its agent continuing the same conversation; prints the new session's id",
        _SESSION,
        details="Works with agents that can continue a conversation: claude, codex, gemini, opencode, aider.",
    ),
    Command(
        "session register",
        "hooks:register",
        "for hooks: the agent has started",
        flags=(_PAYLOAD,),
        silent=True,
    ),
    Command(
        "session complete", "hooks:complete", "for hooks: the agent has ended", flags=(_PAYLOAD,), silent=True
    ),
    Command("session idle", "hooks:idle", "for hooks: the agent's turn is over", flags=(_PAYLOAD,), silent=True),
    Command(
        "session needs-input",
        "hooks:needs_input",
        "for hooks: the agent waits for a person",
        Argument("message", "what it asks", also=("--message", "-m"), required=False),
        flags=(_NEED, _PAYLOAD, _SOURCE),
        silent=True,
    ),
    Command(
        "session resume-working",
        "hooks:resume_working",
        "for hooks: the agent has its answer",
        flags=(_PAYLOAD,),
        silent=True,
    ),
)
