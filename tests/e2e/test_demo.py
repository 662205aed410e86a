"""The demo plays the whole main job: an orchestrator splits a task and spawns workers in panes of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180), pytest.mark.xdist_group("e2e")]


def test_the_demo_ends_as_its_story_says(
    terminal: Any,
    environment: dict[str, str],
    cockpit: list[str],
    demo_home: Callable[[], Any],
    wait: Callable[..., Any],
) -> None:
    terminal.run(*cockpit, "demo", "--pace", "0.02")
    api = wait(demo_home, "the demo's server")

    def settled() -> list[dict[str, Any]]:
        sessions: list[dict[str, Any]] = api.get("/api/sessions")
        ended = [s for s in sessions if s["status"] not in ("spawning", "running", "idle")]
        return sessions if len(sessions) == 3 and len(ended) == 3 else []

    sessions = wait(settled, "three sessions to end", seconds=90)
    assert {s["name"]: s["status"] for s in sessions} == {
        "Orchestrator": "completed",
        "API worker": "completed",
        "Mail worker": "completed",
    }
    orchestrator = next(s for s in sessions if s["name"] == "Orchestrator")
    workers = [s for s in sessions if s is not orchestrator]
    assert all(s["parentSessionId"] == orchestrator["id"] == s["rootSessionId"] for s in workers)

    tasks = {task["title"]: task for task in api.get("/api/tasks")}
    assert tasks["Checkout flow"]["status"] == "in_review"
    assert [s["completed"] for s in tasks["Checkout flow"]["subtasks"]] == [True, True, True]
    assert tasks["Payment endpoint"]["status"] == "completed"
    assert all(s["completed"] for s in tasks["Payment endpoint"]["subtasks"])
    assert tasks["Confirmation mail"]["status"] == "blocked"
    assert tasks["Confirmation mail"]["reason"] == "The mail provider's test key is missing"
    assert tasks["Confirmation mail"]["parentId"] == tasks["Checkout flow"]["id"]

    screen = terminal.shows("Confirmation mail")
    assert "API worker" in screen
    assert "Orchestrator" in screen

    terminal.keys("q")
    wait(lambda: terminal.is_dead, "the cockpit to quit")
    wait(lambda: not list(Path(environment["TMPDIR"]).glob("maestro-demo-*")), "the demo's home to vanish")
