"""Paths, ids and bodies that would leave their place on the disk."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maestro_tui import files
from maestro_tui.domain.errors import MaestroError, NotFound
from maestro_tui.domain.task import Task
from maestro_tui.paths import Home
from maestro_tui.skills.library import library_for
from maestro_tui.store.json_files.store import JsonFileStore

opened: list[str] = []
"""What this process has opened since somebody cleared it; the hook cannot be taken away again."""


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])


@pytest.mark.attack(26, 27, 36)
@pytest.mark.parametrize(
    "name", ["../../../../etc/passwd", "..", ".", "....//", "..\\..\\etc", "/etc/passwd", "~root", "a/../b", "a\0"]
)
async def test_a_name_that_is_a_path_opens_nothing(tmp_path: Path, name: str) -> None:
    """The doors of the disk themselves, behind the router: store and skills."""
    if not opened:
        sys.addaudithook(_note)
    store = await JsonFileStore.open(tmp_path / "data")
    home = Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "home")})
    library = library_for(home)
    opened.clear()
    for collection in (store.projects, store.tasks, store.sessions):
        with pytest.raises(NotFound):
            await collection.get(name)
    with pytest.raises(MaestroError):
        library.get(name)
    assert [path for path in opened if "etc" in path or ".." in path] == []
    await store.close()


@pytest.mark.attack(29)
def test_a_path_for_a_project_makes_no_directory(shared: Any, http: Any, stored: Callable[[], str]) -> None:
    before, directories = stored(), sorted(shared.home.rglob("*/"))
    for name in ("../../x", "/tmp/x", "..", "a/b", "x" * 1_000_000):
        for path, body in (("/api/tasks", {"title": "T"}), ("/api/sessions", {"name": "S"})):
            assert http("POST", path, body | {"projectId": name}).status == 400
    assert stored() == before
    assert sorted(shared.home.rglob("*/")) == directories


@pytest.mark.attack(30)
def test_ids_that_differ_in_case_only(http: Any, project: Any) -> None:
    ids = [f"{word}{project['id']}" for word in ("Case", "cASE")]
    answers = [http("POST", "/api/sessions", {"projectId": project["id"], "name": one, "id": one}) for one in ids]
    assert [answer.status for answer in answers] in ([201, 201], [201, 409])
    for one, answer in zip(ids, answers, strict=True):
        if answer.status == 201:
            assert http.get(f"/api/sessions/{one}")["name"] == one


@pytest.mark.attack(31)
async def test_a_projects_directory_that_is_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    store = await JsonFileStore.open(tmp_path / "data")
    (tmp_path / "data" / "tasks" / "proj_1").symlink_to(outside)
    with pytest.raises(MaestroError):
        await store.tasks.add(Task(id="task_1", project_id="proj_1", title="x", created_at=1, updated_at=1))
    assert list(outside.iterdir()) == []
    await store.close()


@pytest.mark.attack(33)
def test_a_link_where_the_next_temporary_file_would_be(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    target = tmp_path / "document.json"
    following = int(str(files._counter)[6:-1])
    for number in range(following, following + 3):
        (tmp_path / f".document.json.{os.getpid()}.{number}.tmp").symlink_to(victim)
    files.write_whole(target, b"{}")
    assert target.read_bytes() == b"{}"
    assert not target.is_symlink()
    assert victim.read_text() == "mine"


@pytest.mark.attack(34)
@pytest.mark.parametrize(
    "place", ["/" + "x" * 5000, "src", "./src", "../..", "~root/x", 7, ["/"], {}], ids=lambda place: str(place)[:9]
)
def test_working_directories_that_cannot_be(
    http: Any, project: Any, task: Any, stored: Callable[[], str], place: Any
) -> None:
    before = stored()
    answer = http("POST", "/api/projects", {"name": "P", "workingDir": place})
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    spawn = {"projectId": project["id"], "taskIds": [task["id"]], "cwd": place}
    assert http("POST", "/api/sessions/spawn", spawn).status == 400
    assert stored() == before


@pytest.mark.attack(35)
@pytest.mark.parametrize("place", ["/proc/self/environ", "/etc/passwd", "../../token.key"])
def test_a_page_that_names_a_file_is_not_a_way_to_read_it(http: Any, session: Any, task: Any, place: str) -> None:
    """A path is what somebody says: it is told on, and never opened."""
    for one in (f"/api/sessions/{session['id']}/docs", f"/api/tasks/{task['id']}/docs"):
        made = http("POST", one, {"title": "Page", "filePath": place, "sessionId": session["id"]})
        assert made.status in (200, 201), made
        told = made.raw + http("GET", one).raw + http("GET", one.removesuffix("/docs")).raw
        assert b"MAESTRO_HOME" not in told
        assert b"root:" not in told


@pytest.mark.attack(42)
def test_duplicate_keys_mean_the_last_one_everywhere(shared: Any, http: Any) -> None:
    raw = b'{"name":"first","name":"last","\\u006eame":"escaped"}'
    made = http("POST", "/api/projects", raw=raw).json
    on_disk = json.loads((shared.home / "data" / "projects" / f"{made['id']}.json").read_text())
    assert made["name"] == on_disk["name"] == json.loads(raw)["name"] == "escaped"


@pytest.mark.attack(44)
def test_keys_nobody_knows(http: Any, stored: Callable[[], str]) -> None:
    odd = {"__proto__": {"x": 1}, "__class__": "os.system", "model_config": {}, "constructor": 1, "revision": 99}
    made = http.make("/api/projects", {"name": "Odd keys"} | odd)
    assert made["revision"] == 1
    assert not set(made) & (set(odd) - {"revision"})
    before = stored()
    many = json.dumps({"name": "many"} | {f"k{n}": 0 for n in range(80_000)}).encode()
    assert len(many) < 1_048_576
    assert http("POST", "/api/projects", raw=many).status in (201, 400)
    huge = json.dumps({f"key{n}": 0 for n in range(100_000)}).encode()
    assert http("POST", "/api/projects", raw=huge).status in (400, 413)
    assert http.get("/health")["status"] == "ok"
    assert before


@pytest.mark.attack(46)
def test_statuses_of_other_versions(http: Any, task: Any, session: Any) -> None:
    one = f"/api/tasks/{task['id']}"
    assert http("PATCH", one, {"status": "pending"}).json["status"] == "todo"
    for word in ("running", "done", "", "x" * 10_000, "TODO\n", None, 1, ["todo"]):
        answer = http("PATCH", one, {"status": word})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), word
    assert http("PATCH", f"/api/sessions/{session['id']}", {"status": "working"}).json["status"] == "running"
    assert http("PATCH", f"/api/sessions/{session['id']}", {"status": "zombie"}).status == 400
    assert http.get(one)["status"] == "todo"


@pytest.mark.attack(48)
def test_absurd_times(http: Any, project: Any, session: Any) -> None:
    for when in (-1, 2**53, "now", 1.5, None):
        body = {"projectId": project["id"], "title": "T", "createdAt": when, "startedAt": when}
        made = http.make("/api/tasks", body)
        assert 1_600_000_000_000 < made["createdAt"] < 4_000_000_000_000
        assert made["startedAt"] is None
        question = {"needsInput": {"active": True, "message": "?", "since": when}}
        answer = http("PATCH", f"/api/sessions/{session['id']}", question)
        assert answer.status in (200, 400)
        if answer.status == 200:
            assert 1_600_000_000_000 < answer.json["needsInput"]["since"] < 4_000_000_000_000


@pytest.mark.attack(95)
def test_the_token_a_claim_answers_with_is_nowhere_on_disk(
    shared: Any, http: Any, project: Any, task: Any
) -> None:
    """Neither in documents nor in the answers that are kept by key: a backup holds those too."""
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    one, body = f"/api/sessions/{spawned['sessionId']}/claim", {"runnerId": "checker", "leaseMs": 600_000}
    claimed = http.make(one, body, Idempotency_Key="claim-1")
    again = http("POST", one, body, Idempotency_Key="claim-1")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == claimed
    assert claimed["apiUrl"].endswith(claimed["token"])
    secret = claimed["token"].encode()
    assert [path for path in shared.home.rglob("*") if path.is_file() and secret in path.read_bytes()] == []
