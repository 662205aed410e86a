"""The example a newcomer sees first: a project with tasks, and agents that play the main job."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from maestro_tui.config.settings import AgentProfile

__all__ = ["ORCHESTRATOR", "WORKER", "demo_agents", "write_demo_config"]

ORCHESTRATOR, WORKER = "demo-orchestrator", "demo-worker"
AGENTS = Path(__file__).parent / "agents"


def demo_agents(pace: float) -> Mapping[str, AgentProfile]:
    """The scripted agents. pace: seconds a beat lasts."""
    return {
        name: AgentProfile(
            command=(sys.executable, str(AGENTS / f"{name.removeprefix('demo-')}.py")),
            brief="none",
            env={"DEMO_PACE": f"{pace:g}"},
        )
        for name in (ORCHESTRATOR, WORKER)
    }


def write_demo_config(config: Path, pace: float) -> None:
    """A `config.toml` that knows the scripted agents. JSON strings and arrays are TOML too."""
    lines = ['agent = "shell"']
    for name, profile in demo_agents(pace).items():
        lines += [
            "",
            f"[agents.{name}]",
            f"command = {json.dumps(list(profile.command))}",
            f'brief = "{profile.brief}"',
            f"env = {{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in profile.env.items())} }}",
        ]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
