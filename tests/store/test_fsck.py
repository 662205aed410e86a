"""fsck: it names every kind of trouble, mends what is safe, and loses nothing."""

import contextlib
import json
import os
import sqlite3
import subprocess

import pytest

from maestro_tui.domain.errors import Conflict
from maestro_tui.store.base import SessionQuery, TaskQuery
from maestro_tui.store.checking.fsck import check
from maestro_tui.store.checking.repairing import repair
from maestro_tui.store.json_files.layout import Layout
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history


@pytest.fixture
def clean(filled):
    """A home without findings."""
    (filled.data / "tasks" / "proj_1" / "task_1.json.replaced-1").unlink()
    return filled


def found(home, **options):
    """The kinds of the findings and the file names they are about."""
    report = check(home, **({"served": False} | options))
    return sorted((one.kind.value, one.path.rpartition("/")[2]) for one in report.findings)


def document(home, name):
    return json.loads((home.data / f"{name}.json").read_text())


def write(home, name, content):
    path = home.data / f"{name}.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)
    return path


def everything(home):
    """The bytes of every file there is."""
    return {path.read_bytes() for path in home.root.rglob("*") if path.is_file() and path.name != ".lock"}


def forget_index(home):
    Layout(home.data).sidecar.unlink()


def test_a_healthy_home_is_clean_and_stays_untouched(clean):
    before = {path: path.stat().st_mtime_ns for path in clean.root.rglob("*")}
    report = check(clean, served=False)
    assert report.is_clean, report
    assert report.counts == {"project": 1, "task": 2, "session": 1}
    assert {path: path.stat().st_mtime_ns for path in clean.root.rglob("*")} == before
    assert repair(clean) == ()


def test_documents_that_cannot_be_read(clean):
    forget_index(clean)
    write(clean, "tasks/proj_1/empty", "")
    write(clean, "tasks/proj_1/torn", '{"id": "to')
    write(clean, "tasks/proj_1/list", "[]")
    write(clean, "tasks/proj_1/wrong", document(clean, "tasks/proj_1/task_1") | {"id": "wrong", "status": "odd"})
    (clean.data / "sessions" / "linked.json").symlink_to("/etc/hostname")
    (clean.data / "projects" / "directory.json").mkdir(mode=0o700)
    assert found(clean) == sorted(
        ("unreadable", f"{name}.json") for name in ("empty", "torn", "list", "wrong", "linked", "directory")
    )


def test_documents_that_are_not_what_their_place_says(clean):
    forget_index(clean)
    task = document(clean, "tasks/proj_1/task_1")
    write(clean, "tasks/proj_1/renamed", task)
    write(clean, "tasks/proj_1/moved", task | {"id": "moved", "projectId": "proj_2"})
    write(clean, "tasks/proj_1/newer", task | {"id": "newer", "schemaVersion": 99})
    write(clean, "projects/proj_2", document(clean, "projects/proj_1") | {"id": "proj_2"})
    write(clean, "tasks/proj_2/task_1", task | {"projectId": "proj_2"})
    (clean.data / "tasks" / "proj_1" / "notes.txt").write_text("mine")
    assert found(clean) == [
        ("duplicate", "task_1.json"),
        ("misplaced", "moved.json"),
        ("misplaced", "renamed.json"),
        ("newer", "newer.json"),
        ("strange", "notes.txt"),
    ]
    before = everything(clean)
    assert repair(clean) == ()
    assert everything(clean) == before


def test_copies_set_aside(filled):
    assert found(filled) == [("set-aside", "task_1.json.replaced-1")]


def test_orphans_are_named_and_let_go(clean):
    forget_index(clean)
    task, session = document(clean, "tasks/proj_1/task_1"), document(clean, "sessions/sess_1")
    write(clean, "tasks/proj_gone/task_7", task | {"id": "task_7", "projectId": "proj_gone"})
    child = write(clean, "tasks/proj_1/task_8", task | {"id": "task_8", "parentId": "task_gone", "mine": [1]})
    write(clean, "sessions/sess_2", session | {"id": "sess_2", "taskIds": ["task_1", "task_gone", "task_7"]})
    assert found(clean) == [
        ("missing-parent", "task_8.json"),
        ("missing-project", "task_7.json"),
        ("missing-task", "sess_2.json"),
    ]
    as_it_was, before = child.read_bytes(), everything(clean)
    done = repair(clean)
    assert len(done) == 2
    assert found(clean) == [("missing-project", "task_7.json")]
    mended = document(clean, "tasks/proj_1/task_8")
    assert mended["parentId"] is None
    assert mended["mine"] == [1]
    assert mended["revision"] == task["revision"] + 1
    assert document(clean, "sessions/sess_2")["taskIds"] == ["task_1"]
    kept = [path.read_bytes() for path in Layout(clean.data).quarantine.rglob("task_8.json")]
    assert kept == [as_it_was]
    assert before <= everything(clean)


def test_circles_of_parents_are_opened_at_the_oldest(clean):
    forget_index(clean)
    task = document(clean, "tasks/proj_1/task_1")
    for number, parent in ((1, "c3"), (2, "c1"), (3, "c2")):
        name = f"c{number}"
        write(clean, f"tasks/proj_1/{name}", task | {"id": name, "parentId": parent, "createdAt": 10 - number})
    write(clean, "tasks/proj_1/own", task | {"id": "own", "parentId": "own"})
    write(clean, "tasks/proj_1/below", task | {"id": "below", "parentId": "c2"})
    assert found(clean) == [("cycle", "c3.json"), ("cycle", "own.json")]
    repair(clean)
    assert found(clean) == []
    assert [
        document(clean, f"tasks/proj_1/{name}")["parentId"] for name in ("c1", "c2", "c3", "own", "below")
    ] == [
        "c3",
        "c1",
        None,
        None,
        "c2",
    ]


def test_a_document_that_cannot_be_read_is_not_missed(clean):
    forget_index(clean)
    write(clean, "tasks/proj_1/task_1", '{"id": "ta')
    assert found(clean) == [("unreadable", "task_1.json")]
    assert repair(clean) == ()


@pytest.fixture
def dead():
    """The pid of a process that is gone."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_leftovers_go_into_the_quarantine(clean, dead):
    names = [
        clean.data / "tasks" / "proj_1" / f".task_1.json.{dead}.0.tmp",
        clean.root / f".server.json.{dead}.1.tmp",
        clean.session("sess_1") / f".manifest.json.{dead}.1.tmp",
        clean.data / "projects" / f".proj_1.json.{dead}.7.tmp",
    ]
    for number, path in enumerate(names):
        path.write_text(f"half {number}")
    (clean.root / f".maestro-restore-{dead}").mkdir()
    (clean.root / f".maestro-restore-{dead}" / "x").write_text("half a restore")
    for name in (f".maestro-backup-{os.getpid()}-x", f".config.{os.getpid()}.3.tmp"):
        (clean.root / name).write_text("somebody is at it")
    assert [kind for kind, _ in found(clean)] == ["leftover"] * 5
    assert found(clean, served=True) == []
    before = everything(clean)
    assert len(repair(clean)) == 5
    assert found(clean) == []
    assert everything(clean) == before
    assert check(clean, served=False).quarantined == 5


def test_permissions_are_put_right(clean):
    task = clean.data / "tasks" / "proj_1" / "task_1.json"
    wrong = {clean.root: 0o755, clean.data: 0o700 | 0o050, clean.signing_key: 0o644, task: 0o666}
    for path, mode in wrong.items():
        path.chmod(mode)
    assert sorted(kind for kind, _ in found(clean)) == ["permissions"] * 4
    assert len(repair(clean)) == 4
    assert found(clean) == []
    assert [path.stat().st_mode & 0o777 for path in wrong] == [0o700, 0o700, 0o600, 0o644]


async def test_an_index_out_of_step_is_rebuilt_and_begins_a_new_epoch(clean):
    layout = Layout(clean.data)
    task = document(clean, "tasks/proj_1/task_1")
    write(clean, "tasks/proj_1/task_1", task | {"title": "By hand"})
    gone = clean.data / "tasks" / "proj_1" / "task_2.json"
    last = json.loads(gone.read_text())
    gone.unlink()
    assert found(clean) == [("index", ".index.db")]
    store = await JsonFileStore.open(clean.data, watch=False)
    await store.close()
    assert found(clean) == []  # a start takes the edits in just as well

    write(clean, "tasks/proj_1/task_1", task | {"title": "Again"})
    write(clean, "sessions/sess_1", "half")
    with contextlib.closing(sqlite3.connect(layout.history)) as connection:
        epoch = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
    done = repair(clean)
    assert any("rebuilt" in line for line in done)
    assert found(clean) == [("unreadable", "sess_1.json")]
    assert json.loads((layout.trash / "proj_1" / "task_2.json").read_text()) == last

    store = await JsonFileStore.open(clean.data, watch=False)
    history = await open_history(store)
    assert history.journal.epoch != epoch
    assert [one.title for one in (await store.tasks.find(TaskQuery())).items] == ["Again"]
    assert [one.id for one in (await store.sessions.find(SessionQuery())).items] == [
        "sess_1"
    ]  # its last good version
    await history.history.close()
    await store.close()


def test_damaged_databases_are_moved_aside(clean):
    layout = Layout(clean.data)
    for path in (layout.sidecar, layout.history):
        path.write_bytes(b"SQLite format 3\x00" + os.urandom(8000))
        path.chmod(0o600)
    assert found(clean) == [("history", ".history.db"), ("index", ".index.db")]
    before = everything(clean)
    repair(clean)
    assert found(clean) == []
    assert before <= everything(clean)


async def test_while_a_server_runs_it_reads_and_does_not_repair(clean, make):
    store = await JsonFileStore.open(clean.data)
    await store.tasks.add(make.task("task_3", parent_id="task_1"))
    assert found(clean, served=True) == []
    clean.root.chmod(0o755)
    with pytest.raises(Conflict, match="in use"):
        repair(clean)
    assert clean.root.stat().st_mode & 0o777 == 0o755
    await store.close()
