"""Serving, joining, taking over, stopping: the command in processes of its own."""

import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Start = Callable[..., subprocess.Popen[str]]
Server = Callable[[], Callable[..., Any]]


def test_serve_answers_and_stops_cleanly(maestro_tui: Start, server: Server, home: Path) -> None:
    process = maestro_tui("serve")
    ask = server()
    assert ask("GET", "/health")["status"] == "ok"
    assert ask("GET", "/ready")["status"] == "ok"
    assert stat.S_IMODE((home / "server.json").stat().st_mode) == 0o600
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "serving" in out
    assert not (home / "server.json").exists()


def test_a_second_server_is_refused_and_told_where_the_first_is(maestro_tui: Start, server: Server) -> None:
    maestro_tui("serve")
    server()
    second = maestro_tui("serve")
    _, err = second.communicate(timeout=20)
    assert second.returncode == 1
    assert "http://127.0.0.1:" in err
    assert "Traceback" not in err


def test_what_was_acknowledged_survives_a_kill(maestro_tui: Start, server: Server, home: Path) -> None:
    process = maestro_tui("serve")
    ask = server()
    project = ask("POST", "/api/projects", {"name": "kept"})
    task = ask("POST", "/api/tasks", {"projectId": project["id"], "title": "kept too"})
    process.kill()
    process.wait()
    (home / "server.json").unlink()
    maestro_tui("serve")
    again = server()
    assert again("GET", f"/api/tasks/{task['id']}")["title"] == "kept too"


def test_a_runner_joins_a_server_and_takes_over_when_it_dies(
    maestro_tui: Start, server: Server, home: Path, wait: Callable[..., Any]
) -> None:
    first = maestro_tui("serve")
    ask = server()
    project = ask("POST", "/api/projects", {"name": "shared"})
    joined = maestro_tui("run")
    wait(lambda: ask("GET", "/ws-status")["connectedClients"], "the runner to connect")
    first.kill()
    first.wait()
    (home / "server.json").unlink()
    taken_over = server()
    assert taken_over("GET", f"/api/projects/{project['id']}")["name"] == "shared"
    task = taken_over("POST", "/api/tasks", {"projectId": project["id"], "title": "work"})
    spawned = taken_over(
        "POST", "/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]], "agent": "shell"}
    )

    def running() -> bool:
        return taken_over("GET", f"/api/sessions/{spawned['sessionId']}")["status"] == "running"

    wait(running, "the runner to serve itself")
    assert taken_over("POST", f"/api/sessions/{spawned['sessionId']}/stop", {})["delivered"]
    wait(lambda: not running(), "the agent to end")
    joined.send_signal(signal.SIGTERM)
    joined.communicate(timeout=20)
    assert joined.returncode == 0


def test_the_cockpit_says_what_to_do_without_a_terminal(maestro_tui: Start) -> None:
    process = maestro_tui()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "needs a terminal" in err
    assert "maestro-tui serve" in err


def test_a_wrong_setting_is_named_and_the_server_starts(maestro_tui: Start, server: Server, home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("[spawn]\nmaxLiv = 3\n")
    process = maestro_tui("serve")
    server()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert "config.toml:2" in err
    assert "maxLive" in err


def test_a_home_open_to_others_is_refused(maestro_tui: Start, home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    process = maestro_tui("serve")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "chmod 700" in err
