"""From a plain shell, on an empty home: the main job, in a real terminal."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.platforms import process_state

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180), pytest.mark.xdist_group("e2e")]


@pytest.fixture
def running(terminal: Any, cockpit: list[str], api: Any, wait: Callable[..., Any]) -> Any:
    """A cockpit on an empty home."""
    terminal.run(*cockpit)
    wait(lambda: api.is_ready, "the server")
    terminal.shows("connected|online")
    return terminal


def test_a_spawn_from_the_shell_opens_a_pane_that_works(
    running: Any, maestro: Callable[..., Any], api: Any, wait: Callable[..., Any], tmp_path: Path
) -> None:
    project = maestro("project", "create", "webshop", "-d", str(tmp_path))
    task = maestro(
        "task", "create", "Implement feature X", "--desc", "Build API endpoint", "--priority", "high",
        "--project", project["id"],
    )  # fmt: skip
    subtask = maestro("subtask", "create", task["id"], "Write the route")
    running.shows("Implement feature X")

    spawned = maestro(
        "session", "spawn", "--task", task["id"], "--name", "API Worker", "--skill", "maestro-worker",
        "--agent", "shell", "--project", project["id"],
    )  # fmt: skip
    running.shows("API Worker")
    wait(lambda: api.get(f"/api/sessions/{spawned['sessionId']}")["status"] == "running", "the session to run")

    running.keys("Tab")
    running.type("clear; env | grep ^MAESTRO_ | cut -c1-60 | sort")
    running.keys("Enter")
    for name, value in {
        "MAESTRO_PROJECT_ID": project["id"],
        "MAESTRO_SESSION_ID": spawned["sessionId"],
        "MAESTRO_TASK_IDS": task["id"],
        "MAESTRO_SKILL": "maestro-worker",
    }.items():
        running.shows(f"{name}={re.escape(value)}"[:55])

    running.type("clear; maestro whoami")
    running.keys("Enter")
    running.shows("API Worker")
    running.type(
        f'clear; maestro update "routes ok"; maestro subtask complete {task["id"]} {subtask["id"]}; echo over-$?'
    )
    running.keys("Enter")
    running.shows("over-0")
    wait(lambda: api.get(f"/api/tasks/{task['id']}")["subtasks"][0]["completed"], "the subtask to be completed")
    assert any(entry["message"] == "routes ok" for entry in api.get(f"/api/tasks/{task['id']}")["timeline"])
    running.shows("☑|✔|✓")

    running.type("exit")
    running.keys("Enter")
    wait(lambda: api.get(f"/api/sessions/{spawned['sessionId']}")["status"] == "completed", "the session to end")


def test_an_unknown_project_in_the_environment_is_named(
    running: Any, maestro: Callable[..., Any], environment: dict[str, str]
) -> None:
    environment["MAESTRO_PROJECT_ID"] = "proj_missing"
    answer = maestro("task", "create", "Lost", code=2)
    assert answer["success"] is False
    assert "proj_missing" in answer["message"]
    assert answer["suggestion"].startswith("maestro project ")


def test_quitting_asks_nothing_and_restores_the_terminal(running: Any, wait: Callable[..., Any], api: Any) -> None:
    running.keys("q")
    wait(lambda: running.is_dead, "the cockpit to quit")
    wait(lambda: not api.is_ready, "the discovery file to go")


def test_closing_the_terminal_ends_the_cockpit_and_no_agent(
    running: Any, maestro: Callable[..., Any], api: Any, wait: Callable[..., Any], tmp_path: Path
) -> None:
    project = maestro("project", "create", "webshop", "-d", str(tmp_path))
    task = maestro("task", "create", "Goes on", "--project", project["id"])
    spawn = ("session", "spawn", "--task", task["id"], "--agent", "shell", "--project", project["id"])
    session_id = maestro(*spawn)["sessionId"]
    wait(lambda: api.get(f"/api/sessions/{session_id}")["pid"], "the agent to run")
    agent = api.get(f"/api/sessions/{session_id}")["pid"]
    cockpit = running.program
    running.close()
    wait(lambda: process_state(cockpit) in ("", "Z"), "the cockpit to end")
    wait(lambda: not api.is_ready, "the discovery file to go")
    assert Path(f"/proc/{agent}").exists()
    os.kill(agent, signal.SIGKILL)


def test_a_tiny_terminal_is_survived(running: Any, wait: Callable[..., Any]) -> None:
    running.resize(20, 5)
    running.resize(160, 45)
    running.shows("connected|online")
    assert not running.is_dead
