"""The example a newcomer sees first: a home of its own, a project with tasks, and scripted agents."""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maestro_tui.config.settings import AgentProfile
from maestro_tui.paths import Home

if TYPE_CHECKING:
    from maestro_tui.client.api import ApiClient
    from maestro_tui.runner.terminals import Terminals

__all__ = ["ORCHESTRATOR", "WORKER", "begin", "demo_agents", "end", "temporary_home"]

ORCHESTRATOR, WORKER = "demo-orchestrator", "demo-worker"
AGENTS = Path(__file__).parent / "agents"
LAST_CALL_SECONDS = 5.0

TASKS: tuple[Mapping[str, Any], ...] = (
    {
        "title": "Checkout flow",
        "description": "Customers pay for a basket and get a confirmation by mail.",
        "priority": "high",
    },
    {
        "title": "Refunds",
        "description": "Support can give money back, in full or in part.",
        "priority": "medium",
        "subtasks": ("Refund endpoint", "Screen for support", "Audit trail"),
    },
    {
        "title": "Billing export",
        "description": "A monthly file for the accountants.",
        "priority": "low",
        "subtasks": ("Agree on the columns",),
        "blocked": "Waits for the column list from accounting",
    },
)


def demo_agents(pace: float) -> dict[str, AgentProfile]:
    """The scripted agents. pace: seconds a beat of their play lasts."""
    return {
        name: AgentProfile(
            command=(sys.executable, str(AGENTS / f"{name.removeprefix('demo-')}.py")),
            brief="none",
            env={"DEMO_PACE": f"{pace:g}"},
        )
        for name in (ORCHESTRATOR, WORKER)
    }


@contextmanager
def temporary_home(pace: float) -> Iterator[Home]:
    """A home that knows the scripted agents and vanishes afterwards."""
    with tempfile.TemporaryDirectory(prefix="maestro-demo-", ignore_cleanup_errors=True) as directory:
        overrides = {name: value for name, value in os.environ.items() if name == "HOME"}
        home = Home.from_environment({**overrides, "MAESTRO_HOME": directory})
        home.config.write_text(_config(demo_agents(pace)), encoding="utf-8")
        yield home


async def begin(api: "ApiClient", working_dir: str) -> str:
    """Fill the project and start the orchestrator on its first task; the project's id."""
    project = await api.request("POST", "/api/projects", {"name": "webshop", "workingDir": working_dir})
    tasks = [await _create(api, project["id"], example) for example in TASKS]
    await api.request(
        "POST",
        "/api/sessions/spawn",
        {
            "projectId": project["id"],
            "taskIds": [tasks[0]],
            "name": "Orchestrator",
            "role": "orchestrator",
            "agent": ORCHESTRATOR,
            "spawnSource": "ui",
        },
    )
    return str(project["id"])


async def end(terminals: "Terminals") -> None:
    """Stop the agents that still play: their home is about to vanish."""
    playing = [live for live in terminals if live.exited is None]
    for live in playing:
        live.stop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_CALL_SECONDS):
            await asyncio.gather(*(live.ended.wait() for live in playing))


async def _create(api: "ApiClient", project_id: str, example: Mapping[str, Any]) -> str:
    wanted = {"projectId": project_id, **{key: example[key] for key in ("title", "description", "priority")}}
    task = await api.request("POST", "/api/tasks", wanted)
    for title in example.get("subtasks", ()):
        await api.request("POST", f"/api/tasks/{task['id']}/subtasks", {"title": title})
    if reason := example.get("blocked"):
        await api.request("PATCH", f"/api/tasks/{task['id']}", {"status": "blocked", "reason": reason})
    return str(task["id"])


def _config(agents: Mapping[str, AgentProfile]) -> str:
    # Strings and arrays of JSON are TOML as well.
    lines = ['agent = "shell"']
    for name, profile in agents.items():
        env = ", ".join(f"{key} = {json.dumps(value)}" for key, value in profile.env.items())
        lines += [f"\n[agents.{name}]", f"command = {json.dumps(profile.command)}"]
        lines += [f'brief = "{profile.brief}"', f"env = {{ {env} }}"]
    return "\n".join(lines) + "\n"
