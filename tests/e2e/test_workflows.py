"""Several agents at once, in real terminals: each starts once and finishes once, whatever the cockpit meets.

The agents are the scripts of `agents/`: ordinary programs that use the bundled `maestro`. Each writes
down that it started and that it finished its task; the books are compared with the documents.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import own_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.xdist_group("e2e")]

AGENTS = Path(__file__).with_name("agents")
long = pytest.mark.skipif(os.environ.get("MAESTRO_FAULTS") != "long", reason="a long one: MAESTRO_FAULTS=long")
PATIENCE = 240.0
TEAMS = """spawn lead: Backend = spawn worker: Routes = does & spawn worker: Storage = fails
spawn lead: Frontend = spawn worker: Screens = does & spawn worker: Release = blocks"""
"""An orchestrator, two leads, four workers: three levels, of which one worker fails and one is blocked."""


class Workflow:
    """A home with scripted agents, and what its server and its agents tell of them."""

    def __init__(self, environment: dict[str, str], directory: Path, maestro: Any, api: Any, wait: Any) -> None:
        self._maestro, self._api, self._wait = maestro, api, wait
        self.book = directory / "book"
        self.book.mkdir()
        self._directory = directory
        environment["MAESTRO_PORT"] = str(own_port())  # agents know the server by its address, over restarts too
        home = Path(environment["MAESTRO_HOME"])
        home.mkdir(mode=0o700)
        lines = ['agent = "shell"', "[reconnect]", "firstSeconds = 0.2", "longestSeconds = 1"]
        for name, extra in (("lead", {}), ("worker", {}), ("held", {"E2E_SIGNAL": "1"}), ("asking", {})):
            script = "worker" if name == "held" else name
            env = {"E2E_BOOK": str(self.book), "MAESTRO_RETRIES": "30", **extra}
            lines += [
                f"[agents.{name}]",
                f"command = {json.dumps([sys.executable, str(AGENTS / f'{script}.py')])}",
            ]
            lines += [
                'brief = "none"',
                f"env = {{ {', '.join(f'{key} = {json.dumps(env[key])}' for key in env)} }}",
            ]
        (home / "config.toml").write_text("\n".join(lines) + "\n")

    def begin(self, agent: str, description: str, title: str = "The release") -> tuple[str, str]:
        """A project with one task, and an agent on it: the task's and the session's ids."""
        project = self._maestro("project", "create", "webshop", "-d", str(self._directory))["id"]
        task = self._maestro("task", "create", title, "--desc", description, "--project", project)["id"]
        role = ("--role", "orchestrator") if agent == "lead" else ()
        spawn = (
            "session",
            "spawn",
            "--task",
            task,
            "--name",
            title,
            "--agent",
            agent,
            *role,
            "--project",
            project,
        )
        return task, self._maestro(*spawn)["sessionId"]

    def ended(self, number: int) -> dict[str, dict[str, Any]]:
        """The sessions by name, once there are so many and none of them lives."""

        def look() -> dict[str, dict[str, Any]]:
            sessions = self.sessions()
            over = all(one["status"] not in ("spawning", "running", "idle") for one in sessions.values())
            return sessions if over and len(sessions) == number else {}

        found: dict[str, dict[str, Any]] = self._wait(look, f"{number} sessions to end", PATIENCE)
        return found

    def running(self, number: int) -> dict[str, dict[str, Any]]:
        """The sessions by name, once so many agents have begun to work."""
        self._wait(lambda: len(self.starts()) >= number, f"{number} agents to start", PATIENCE)
        return self.sessions()

    def sessions(self) -> dict[str, dict[str, Any]]:
        listed = self._api.get("/api/sessions")
        names = [one["name"] for one in listed]
        assert len(set(names)) == len(names), f"a session was made twice: {sorted(names)}"
        return {one["name"]: one for one in listed}

    def tasks(self) -> dict[str, dict[str, Any]]:
        listed = self._api.get("/api/tasks")
        assert len({one["title"] for one in listed}) == len(listed), "a task was made twice"
        return {one["title"]: one for one in listed}

    def starts(self) -> Counter[str]:
        """How often the agent of each session began."""
        return self._read("starts")

    def finishes(self) -> Counter[str]:
        """How often the agent of each session finished its task."""
        return self._read("finishes")

    def let_go(self) -> None:
        """The signal that held workers wait for."""
        (self.book / "signal").touch()

    def _read(self, name: str) -> Counter[str]:
        path = self.book / name
        return Counter(line.split()[0] for line in path.read_text().splitlines()) if path.exists() else Counter()


@pytest.fixture
def workflow(
    environment: dict[str, str], tmp_path: Path, maestro: Callable[..., Any], api: Any, wait: Callable[..., Any]
) -> Workflow:
    return Workflow(environment, tmp_path, maestro, api, wait)


@pytest.fixture
def runner(environment: dict[str, str]) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts a headless runner, `maestro-tui run`; all of them are ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "maestro_tui", "run"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, env=environment, **quiet))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def start_cockpit(terminal: Any, cockpit: list[str], api: Any, wait: Callable[..., Any]) -> None:
    terminal.run(*cockpit)
    wait(lambda: api.is_ready, "the server")
    terminal.shows("connected|online")


def assert_the_release_went_as_planned(workflow: Workflow, root: str) -> None:
    """Seven agents on three levels; each was started once, and those that could finished once."""
    sessions, tasks = workflow.ended(7), workflow.tasks()
    assert {name: one["status"] for name, one in sessions.items()} == {
        "The release": "completed",
        "Backend": "completed",
        "Frontend": "completed",
        "Routes": "completed",
        "Storage": "failed",
        "Screens": "completed",
        "Release": "completed",
    }
    parents = {name: one["parentSessionId"] for name, one in sessions.items()}
    assert parents["The release"] is None
    assert parents["Backend"] == parents["Frontend"] == root
    assert parents["Routes"] == parents["Storage"] == sessions["Backend"]["id"]
    assert parents["Screens"] == parents["Release"] == sessions["Frontend"]["id"]
    assert {title: one["status"] for title, one in tasks.items()} == {
        "The release": "blocked",
        "Backend": "blocked",
        "Frontend": "blocked",
        "Routes": "completed",
        "Storage": "in_progress",
        "Screens": "completed",
        "Release": "blocked",
    }
    assert tasks["Release"]["reason"] == "Waits for the keys"
    assert tasks["The release"]["reason"] == "2 of 2 are not done"
    assert workflow.starts() == Counter(one["id"] for one in sessions.values())
    assert workflow.finishes() == Counter(sessions[name]["id"] for name in ("Routes", "Screens"))


def test_four_workers_over_three_levels_of_which_one_fails_and_one_is_blocked(
    terminal: Any, cockpit: list[str], api: Any, wait: Callable[..., Any], workflow: Workflow
) -> None:
    start_cockpit(terminal, cockpit, api, wait)
    _, root = workflow.begin("lead", TEAMS)
    assert_the_release_went_as_planned(workflow, root)
    screen = terminal.shows("Waits for the keys")
    for title in ("Backend", "Frontend", "Routes", "Storage", "Screens", "Release"):
        assert title in screen


def test_a_person_takes_over_a_pane_and_gives_it_back(
    terminal: Any, cockpit: list[str], api: Any, wait: Callable[..., Any], workflow: Workflow
) -> None:
    start_cockpit(terminal, cockpit, api, wait)
    task, session = workflow.begin("asking", "Paint it", "Paint")
    terminal.shows("which colour")
    wait(lambda: api.get(f"/api/sessions/{session}")["needsInput"]["active"], "the question to be known")
    terminal.keys("Tab")
    for line in ("blue", "q; d x ?"):  # what would act on the board goes to the agent, every letter of it
        terminal.type(line)
        terminal.keys("Enter")
        terminal.shows(f"noted: {line.replace('?', '[?]')}")
    assert not terminal.is_dead
    terminal.type("go on")
    terminal.keys("Enter")
    terminal.shows("going on alone")
    terminal.keys("C-g", "b")
    sessions = workflow.ended(1)
    assert sessions["Paint"]["status"] == "completed"
    found = api.get(f"/api/tasks/{task}")
    assert found["status"] == "completed"
    assert [entry["message"] for entry in found["timeline"]].count("the person said: blue, q; d x ?") == 1
    assert workflow.starts() == workflow.finishes() == Counter([session])
    terminal.keys("q")
    wait(lambda: terminal.is_dead, "the board to have the keys again, and to leave")


@long
@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_the_cockpit_is_started_anew_in_the_middle(
    open_terminal: Callable[[], Any],
    cockpit: list[str],
    api: Any,
    wait: Callable[..., Any],
    workflow: Workflow,
    way: signal.Signals,
) -> None:
    """Server and runner end with the cockpit, while four workers are at work and three agents wait for them."""
    first = open_terminal()
    start_cockpit(first, cockpit, api, wait)
    _, root = workflow.begin("lead", TEAMS.replace("worker", "held"))
    workflow.running(7)
    os.kill(first.program, way)
    wait(lambda: first.is_dead, "the cockpit to end")
    workflow.let_go()
    second = open_terminal()
    second.run(*cockpit)
    second.shows("connected|online")
    assert_the_release_went_as_planned(workflow, root)
    second.shows("Waits for the keys")


@long
def test_two_cockpits_show_the_same_and_start_each_agent_once(
    open_terminal: Callable[[], Any], cockpit: list[str], api: Any, wait: Callable[..., Any], workflow: Workflow
) -> None:
    """The second one takes over the server from the first, which is killed in the middle."""
    first, second = open_terminal(), open_terminal()
    start_cockpit(first, cockpit, api, wait)
    second.run(*cockpit)
    second.shows("connected|online")
    _, root = workflow.begin("lead", TEAMS.replace("worker", "held"))
    sessions = workflow.running(7)
    for terminal in (first, second):
        for name in sessions:
            terminal.shows(name)
    server = json.loads((api.home / "server.json").read_text())["pid"]
    assert server == first.program
    os.kill(server, signal.SIGKILL)
    wait(lambda: json.loads((api.home / "server.json").read_text())["pid"] == second.program, "the other to serve")
    workflow.let_go()
    assert_the_release_went_as_planned(workflow, root)
    second.shows("Waits for the keys")


@long
def test_a_headless_runner_does_the_work_and_a_cockpit_that_comes_later_shows_it(
    terminal: Any,
    cockpit: list[str],
    api: Any,
    wait: Callable[..., Any],
    workflow: Workflow,
    runner: Callable[[], "subprocess.Popen[bytes]"],
) -> None:
    """The runner is killed in the middle, and another one goes on with the agents it finds."""
    killed = runner()
    wait(lambda: api.is_ready, "the server")
    _, root = workflow.begin("lead", TEAMS.replace("worker", "held"))
    workflow.running(7)
    killed.kill()
    killed.wait()
    runner()
    wait(lambda: json.loads((api.home / "server.json").read_text())["pid"] != killed.pid, "another server")
    terminal.run(*cockpit)
    terminal.shows("Storage")
    workflow.let_go()
    assert_the_release_went_as_planned(workflow, root)
    terminal.shows("Waits for the keys")
