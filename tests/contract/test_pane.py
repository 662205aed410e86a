"""Contract 4 and 5 from inside a pane: `maestro-tui run` starts a shell, and the shell looks around."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

LOOK = """#!/bin/sh
env > "$HOME/seen.env"
command -v maestro > "$HOME/seen.which"
tty > "$HOME/seen.tty"
pwd > "$HOME/seen.cwd"
maestro whoami --json > "$HOME/seen.whoami"
maestro update "Looking around" --json > "$HOME/seen.update"
maestro session spawn --task "$MAESTRO_TASK_IDS" --agent quick --name Child --json > "$HOME/seen.spawn"
cat "$1" > "$HOME/seen.brief"
touch "$HOME/seen.all"
read line
exit "$line"
"""


@pytest.fixture(scope="module")
def place(make_place: Callable[..., Any]) -> Iterator[Any]:
    with make_place(SECRET_KEY="do-not-tell") as place:
        place.home.mkdir(mode=0o700)
        look = place.user / "look"
        look.write_text(LOOK)
        look.chmod(0o755)
        (place.home / "config.toml").write_text(
            f'[agents.look]\ncommand = ["{look}", "{{brief_file}}"]\nenv = {{ MY_FLAG = "1" }}\n'
            '[agents.quick]\ncommand = ["/bin/sh", "-c", "echo last words; exit 3", "{brief_file}"]\n'
        )
        place.start("run")
        yield place


@pytest.fixture(scope="module")
def seen(place: Any, wait: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """The session that looked around, with its documents. Its agent is ended at last, or it would live on."""
    http = place.owner()
    directory = place.user / "work"
    directory.mkdir()
    project = http.make("/api/projects", {"name": "P", "workingDir": str(directory)})
    task = http.make("/api/tasks", {"projectId": project["id"], "title": "Look, around"})
    body = {"projectId": project["id"], "taskIds": [task["id"]], "agent": "look", "skill": "maestro-worker"}
    spawned = http.make("/api/sessions/spawn", body | {"env": {"FLAG": "7"}})
    wait((place.user / "seen.all").exists, "the look around")
    wait(lambda: http.get(f"/api/sessions/{spawned['sessionId']}")["status"] == "running", "running")
    session = f"/api/sessions/{spawned['sessionId']}"
    found = {"project": project, "task": task, "session": http.get(session)}
    os.kill(found["session"]["pid"], 0)  # it runs: here, since one of the tests ends it
    yield found
    with suppress(ProcessLookupError):
        os.kill(found["session"]["pid"], signal.SIGKILL)


def test_the_environment(place: Any, seen: dict[str, Any]) -> None:
    lines = (place.user / "seen.env").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines if "=" in line)
    session = seen["session"]
    expected = {
        "MAESTRO_PROJECT_ID": seen["project"]["id"],
        "MAESTRO_SESSION_ID": session["id"],
        "MAESTRO_TASK_IDS": seen["task"]["id"],
        "MAESTRO_SKILL": "maestro-worker",
        "MAESTRO_ROLE": "worker",
        "MAESTRO_ROOT_SESSION_ID": session["id"],
        "MAESTRO_TASK_TITLE": "Look, around",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TERM_PROGRAM": "maestro",
        "FLAG": "7",
        "MY_FLAG": "1",
        "SECRET_KEY": "do-not-tell",
    }
    assert {name: env.get(name) for name in expected} == expected
    assert env["MAESTRO_API_URL"] == env["MAESTRO_SERVER_URL"] == f"{place.owner().url}/~{env['MAESTRO_TOKEN']}"
    assert Path(env["MAESTRO_MANIFEST_PATH"]).exists()
    assert "MAESTRO_PORT" not in env
    assert (place.user / "seen.cwd").read_text().strip() == str(place.user / "work")
    assert (place.user / "seen.tty").read_text().startswith("/dev/")


def test_maestro_is_found_first(place: Any, seen: dict[str, Any]) -> None:
    assert (place.user / "seen.which").read_text().strip() == str(place.home / "bin" / "maestro")


def test_the_command_knows_where_it_is(place: Any, seen: dict[str, Any]) -> None:
    whoami = json.loads((place.user / "seen.whoami").read_text())
    assert whoami["success"] is True
    assert seen["session"]["id"] in json.dumps(whoami["data"])
    assert json.loads((place.user / "seen.update").read_text())["success"] is True
    messages = [entry["message"] for entry in seen["session"]["timeline"]]
    assert "Looking around" in messages


def test_the_brief_reached_the_agent(place: Any, seen: dict[str, Any]) -> None:
    brief = (place.user / "seen.brief").read_text()
    assert "Look, around" in brief
    assert "maestro" in brief


def test_what_the_runner_reported(seen: dict[str, Any]) -> None:
    session = seen["session"]
    assert session["pid"] > 1
    assert session["hostname"]
    assert session["agent"] == "look"


def test_a_child_ends_by_its_exit_code(place: Any, seen: dict[str, Any], wait: Callable[..., Any]) -> None:
    http = place.owner()
    spawned = json.loads((place.user / "seen.spawn").read_text())
    assert spawned["success"] is True, spawned
    child = spawned["data"].get("sessionId") or spawned["data"]["id"]
    wait(lambda: http.get(f"/api/sessions/{child}")["status"] == "failed", "its end")
    ended = http.get(f"/api/sessions/{child}")
    assert ended["parentSessionId"] == ended["rootSessionId"] == seen["session"]["id"]
    assert ended["exitCode"] == 3
    assert ended["completedAt"]
    assert "last words" in ended["outputTail"]


@pytest.mark.attack(95)
def test_no_secret_in_any_document(place: Any, seen: dict[str, Any]) -> None:
    env = (place.user / "seen.env").read_text()
    token = next(line for line in env.splitlines() if line.startswith("MAESTRO_TOKEN=")).partition("=")[2]
    owner = place.owner().token
    session = place.home / "sessions" / seen["session"]["id"]
    files = [
        *(place.home / "data").rglob("*.json"),
        session / "manifest.json",
        session / "brief.md",
        place.user / "log",
    ]
    for path in files:
        text = path.read_text(errors="replace")
        for secret in (token, owner, "do-not-tell"):
            assert secret not in text, path
    told = json.dumps(place.owner().get("/api/events?limit=500"))
    assert token not in told
    assert "do-not-tell" not in told


def test_files_of_a_session(place: Any, seen: dict[str, Any]) -> None:
    directory = place.home / "sessions" / seen["session"]["id"]
    assert stat.S_IMODE((directory / "manifest.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_send_logs_stop(place: Any, seen: dict[str, Any], wait: Callable[..., Any]) -> None:
    http = place.owner()
    one = f"/api/sessions/{seen['session']['id']}"
    assert http("GET", f"{one}/output?tail=5").status == 200
    sent = place.maestro("session", "send", seen["session"]["id"], "0", "--json")
    assert sent.returncode == 0, sent.stderr
    wait(lambda: http.get(one)["status"] == "completed", "its end")
    assert http.get(one)["exitCode"] == 0


@pytest.mark.attack(34)
def test_a_directory_that_is_gone(place: Any, seen: dict[str, Any], wait: Callable[..., Any]) -> None:
    http = place.owner()
    body = {"projectId": seen["project"]["id"], "taskIds": [seen["task"]["id"]], "agent": "shell"}
    spawned = http.make("/api/sessions/spawn", body | {"cwd": str(place.user / "missing")})
    one = f"/api/sessions/{spawned['sessionId']}"
    wait(lambda: http.get(one)["status"] == "failed", "its failure")
    assert "missing" in json.dumps(http.get(one)["timeline"])


def test_stopping_is_not_failing(place: Any, seen: dict[str, Any], wait: Callable[..., Any]) -> None:
    http = place.owner()
    body = {"projectId": seen["project"]["id"], "taskIds": [seen["task"]["id"]], "agent": "shell"}
    spawned = http.make("/api/sessions/spawn", body)
    one = f"/api/sessions/{spawned['sessionId']}"
    wait(lambda: http.get(one)["status"] == "running", "running")
    stopped: subprocess.CompletedProcess[str] = place.maestro("session", "stop", spawned["sessionId"], "--json")
    assert stopped.returncode == 0, stopped.stderr
    wait(lambda: http.get(one)["status"] == "stopped", "its end")
