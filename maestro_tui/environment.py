"""The MAESTRO_* contract between a pane and the `maestro` command inside it.

`pane_variables` writes these variables into an agent's environment; the command reads them.
Both have the names from here, so that each is spelled once.
"""

from collections.abc import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["PANE_TERMINAL", "UNSET_IN_PANES", "manifest_facts", "task_ids"]

API_URL = "MAESTRO_API_URL"
SERVER_URL = "MAESTRO_SERVER_URL"
TOKEN = "MAESTRO_TOKEN"  # noqa: S105 - the variable's name
PROJECT_ID = "MAESTRO_PROJECT_ID"
SESSION_ID = "MAESTRO_SESSION_ID"
TASK_IDS = "MAESTRO_TASK_IDS"
TASK_TITLE = "MAESTRO_TASK_TITLE"
SKILL = "MAESTRO_SKILL"
ROLE = "MAESTRO_ROLE"
MANIFEST_PATH = "MAESTRO_MANIFEST_PATH"
PARENT_SESSION_ID = "MAESTRO_PARENT_SESSION_ID"
ROOT_SESSION_ID = "MAESTRO_ROOT_SESSION_ID"
COORDINATOR_SESSION_ID = "MAESTRO_COORDINATOR_SESSION_ID"
"""The parent again, by the name that clients which existed before read."""

TRACEPARENT = "TRACEPARENT"
"""Where a program's own work belongs in a trace, as OpenTelemetry names it."""
TRACES = "MAESTRO_TELEMETRY_TRACES"

HOME = "MAESTRO_HOME"
RETRIES = "MAESTRO_RETRIES"
RETRY_DELAY = "MAESTRO_RETRY_DELAY"
DEBUG = "MAESTRO_DEBUG"
PORT = "MAESTRO_PORT"
IDEMPOTENCY_KEY = "MAESTRO_IDEMPOTENCY_KEY"

PANE_TERMINAL: Mapping[str, str] = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "TERM_PROGRAM": "maestro",
}
"""What a program in a pane is told about its terminal: only what the engine really does."""

UNSET_IN_PANES: Sequence[str] = (
    "COLUMNS",
    "LINES",
    "STY",
    "TERMCAP",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WINDOWID",
    "WT_SESSION",
    "ALACRITTY_*",
    "GHOSTTY_*",
    "ITERM_*",
    "KITTY_*",
    "KONSOLE_*",
    "WEZTERM_*",
    "ZELLIJ*",
)
"""Variables by which programs recognise the outer terminal; `*` at the end matches any rest."""


def task_ids(environ: Mapping[str, str]) -> list[str]:
    """The ids in MAESTRO_TASK_IDS, in order, blanks left out."""
    return [part for part in (raw.strip() for raw in environ.get(TASK_IDS, "").split(",")) if part]


def manifest_facts(manifest: "Mapping[str, Any]") -> "Mapping[str, Any]":
    """What we ourselves say in the file at MAESTRO_MANIFEST_PATH: `role`, `session`, `agent`, `briefPath`, …

    It stands apart from what every client reads. The manifest itself for a file in which it does not.
    """
    context = manifest.get("context")
    own = context.get("custom") if isinstance(context, dict) else None
    return own if isinstance(own, dict) and "briefPath" in own else manifest
