"""Contract 6: what lies on disk, what a person may do to it, and what outlives a crash."""

import json
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any


def made(http: Any) -> tuple[Any, Any, Any]:
    project = http.make("/api/projects", {"name": "P"})
    task = http.make("/api/tasks", {"projectId": project["id"], "title": "T"})
    session = http.make("/api/sessions", {"projectId": project["id"], "taskIds": [task["id"]], "name": "S"})
    return project, task, session


def file_of(place: Any, document: Any) -> Path:
    kind = document["id"].partition("_")[0]
    folder = {"proj": "projects", "task": f"tasks/{document.get('projectId')}", "sess": "sessions"}[kind]
    return Path(place.home / "data" / folder / f"{document['id']}.json")


def test_names_and_fields(shared: Any, http: Any) -> None:
    project, task, session = made(http)
    http.make(f"/api/tasks/{task['id']}/subtasks", {"title": "Step"})
    for document in (project, task, session):
        text = file_of(shared, document).read_text()
        stored = json.loads(text)
        assert text.count("\n") > 5, "a person can read it"
        assert stored["id"] == document["id"]
        assert stored["schemaVersion"] >= 1
        assert stored["revision"] >= 1
    stored = json.loads(file_of(shared, task).read_text())
    assert stored["subtasks"][0]["title"] == "Step"
    assert not stored.get("sessionIds"), "derived, not stored"
    assert json.loads(file_of(shared, session).read_text())["taskIds"] == [task["id"]]


def test_every_write_is_there_before_its_answer(shared: Any, http: Any) -> None:
    _, task, _ = made(http)
    for number in range(20):
        answer = http("PATCH", f"/api/tasks/{task['id']}", {"title": f"T{number}"})
        stored = json.loads(file_of(shared, task).read_text())
        assert (stored["title"], stored["revision"]) == (f"T{number}", answer.json["revision"])


def test_an_edit_by_hand_is_picked_up(shared: Any, http: Any, wait: Callable[..., Any]) -> None:
    _, task, _ = made(http)
    path = file_of(shared, task)
    before = http.get("/api/events")["next"]
    edited = json.loads(path.read_text()) | {"title": "By hand", "myOwn": {"deep": [1, "two"]}}
    path.write_text(json.dumps(edited, indent=2))
    wait(lambda: http.get(f"/api/tasks/{task['id']}")["title"] == "By hand", "the edit")

    def told() -> bool:
        events = http.get(f"/api/events?since={before}")["events"]
        return any(one["type"] == "task:updated" and one["data"]["title"] == "By hand" for one in events)

    wait(told, "the event")
    changed = http("PATCH", f"/api/tasks/{task['id']}", {"priority": "high"}).json
    assert changed["title"] == "By hand"
    stored = json.loads(path.read_text())
    assert stored["myOwn"] == {"deep": [1, "two"]}, "unknown fields survive"
    assert stored["priority"] == "high"


def test_a_new_file_and_a_deleted_one(shared: Any, http: Any, wait: Callable[..., Any]) -> None:
    _, task, _ = made(http)
    path = file_of(shared, task)
    other = json.loads(path.read_text()) | {"id": task["id"][:-1] + "-", "title": "Copied"}
    path.with_name(f"{other['id']}.json").write_text(json.dumps(other))
    wait(lambda: http("GET", f"/api/tasks/{other['id']}").status == 200, "the copy")
    path.with_name(f"{other['id']}.json").unlink()
    wait(lambda: http("GET", f"/api/tasks/{other['id']}").status == 404, "its end")


def test_a_broken_edit_changes_nothing_and_is_kept(shared: Any, http: Any, wait: Callable[..., Any]) -> None:
    _, task, _ = made(http)
    path = file_of(shared, task)
    broken = '{"title": "half an edit'
    path.write_text(broken)
    log = shared.user / "log"
    wait(lambda: task["id"] in log.read_text(), "the log")
    assert http.get(f"/api/tasks/{task['id']}")["title"] == "T"
    assert http("PATCH", f"/api/tasks/{task['id']}", {"priority": "low"}).status == 200
    files = [one for one in (shared.home / "data").rglob("*") if one.is_file() and task["id"] in one.name]
    [kept] = [one for one in files if one.read_text(errors="replace") == broken]
    doctor = shared.maestro("doctor")
    assert (doctor.returncode, f"{kept}: was set aside" in doctor.stdout) == (1, True), doctor.stdout
    kept.unlink()
    assert shared.maestro("doctor").returncode == 0
    assert json.loads(path.read_text())["title"] == "T"


def test_documents_are_for_their_owner(shared: Any, http: Any) -> None:
    _, task, _ = made(http)
    assert stat.S_IMODE(shared.home.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(file_of(shared, task).stat().st_mode) & 0o022 == 0


def test_everything_outlives_a_kill(fresh: Any) -> None:
    http = fresh.start()
    project, task, session = made(http)
    body = {"projectId": project["id"], "title": "Once"}
    once = http("POST", "/api/tasks", body, Idempotency_Key="k-1")
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    claim = http.make(f"/api/sessions/{spawned['sessionId']}/claim", {"runnerId": "r", "leaseMs": 600_000})
    position = http.get("/api/events")["next"]
    file = file_of(fresh, task)
    old = json.loads(file.read_text())
    fresh.stop(signal.SIGKILL)
    old.pop("schemaVersion")
    file.write_text(json.dumps(old))
    http = fresh.start()
    again = http("POST", "/api/tasks", body, Idempotency_Key="k-1")
    assert again.json == once.json
    assert again.headers["idempotent-replayed"] == "true"
    assert http.get(f"/api/sessions/{session['id']}")["taskIds"] == [task["id"]]
    assert http.get(f"/api/tasks/{task['id']}")["title"] == "T"
    answer = http.get(f"/api/events?since={position}")
    assert not answer.get("resync"), "the journal goes on"
    agent = http.as_(claim["token"])
    assert agent("GET", f"/api/tasks/{task['id']}").status == 200, "a pane's token outlives the server"


def test_data_and_sessions_elsewhere(fresh: Any) -> None:
    fresh.environment["DATA_DIR"] = str(fresh.user / "elsewhere")
    fresh.environment["SESSION_DIR"] = str(fresh.user / "runs")
    http = fresh.start()
    project, task, _ = made(http)
    assert (fresh.user / "elsewhere" / "projects" / f"{project['id']}.json").exists()
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    assert Path(spawned["manifestPath"]) == fresh.user / "runs" / spawned["sessionId"] / "manifest.json"


def test_config_toml(fresh: Any) -> None:
    fresh.home.mkdir(mode=0o700)
    (fresh.home / "config.toml").write_text(
        'agent = "mine"\nnonsense = 1\n\n[agents.mine]\ncommand = ["my-agent", "{brief_file}"]\n'
        "[spawn]\nmaxLive = 1\nmaxDepth = -4\nclaimSeconds = 1\n"
    )
    http = fresh.start()
    said = (fresh.user / "log").read_text()
    assert "config.toml:2" in said
    assert "config.toml:8" in said
    assert "maxDepth" in said
    project, task, session = made(http)
    spawn = {"projectId": project["id"], "taskIds": [task["id"]]}
    assert http("POST", "/api/sessions/spawn", spawn).code == "spawn_limit_reached"
    http("PATCH", f"/api/sessions/{session['id']}", {"status": "stopped"})
    made_session = http.make("/api/sessions/spawn", spawn)["session"]
    assert made_session["agent"] == "mine"


def test_nobody_claims(fresh: Any, wait: Callable[..., Any]) -> None:
    fresh.home.mkdir(mode=0o700)
    (fresh.home / "config.toml").write_text("[spawn]\nclaimSeconds = 1\n")
    http = fresh.start()
    project, task, _ = made(http)
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    one = f"/api/sessions/{spawned['sessionId']}"
    wait(lambda: http.get(one)["status"] == "failed", "its failure")
    failed = http.get(one)
    assert "no cockpit or runner is connected" in failed["timeline"][-1]["message"].lower()
    assert "maestro-tui" in failed["timeline"][-1]["message"]


def test_a_broken_skill_is_named(fresh: Any) -> None:
    folder = fresh.home / "skills" / "broken"
    folder.mkdir(parents=True)
    fresh.home.chmod(0o700)
    manifest = {"name": "broken", "version": "one", "description": "d", "type": "custom"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "skill.md").write_text("# Broken\n")
    checked = fresh.maestro("skill", "validate", str(folder), "--json")
    assert checked.returncode == 1
    assert "manifest.json" in checked.stdout
    assert "version" in checked.stdout
