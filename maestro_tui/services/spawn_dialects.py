"""What older clients say in a spawn, in our words: their modes, their names for agents."""

from collections.abc import Mapping
from typing import Any

from maestro_tui.domain.status import Role

__all__ = ["translated"]

_ROLES = {
    "execute": Role.WORKER,
    "coordinated-worker": Role.WORKER,
    "coordinate": Role.ORCHESTRATOR,
    "coordinator": Role.ORCHESTRATOR,
    "coordinated-coordinator": Role.ORCHESTRATOR,
}
_AGENTS = {"claude-code": "claude", "openai": "codex"}
_NOTHING = (None, "")


def translated(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with `mode` as `role`, `agentTool` and `launchConfig` as `agent` and `model`.

    What is said in our words as well is left as it is, and so is what nobody knows: the check
    of that field names it.
    """
    launch = body.get("launchConfig")
    if not isinstance(launch, Mapping):
        launch = {}
    theirs = {
        "role": _in_our_words(body.get("mode"), _ROLES),
        "agent": _in_our_words(
            launch.get("provider") if body.get("agentTool") in _NOTHING else body["agentTool"], _AGENTS
        ),
        "model": launch.get("model"),
    }
    said = {name: value for name, value in theirs.items() if value not in _NOTHING and body.get(name) in _NOTHING}
    return {**body, **said}


def _in_our_words(word: Any, words: Mapping[str, str]) -> Any:
    return words.get(word, word) if isinstance(word, str) else word
