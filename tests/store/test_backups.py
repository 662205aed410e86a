"""Backups: complete, private, made while a writer writes, and put back without a loss."""

import asyncio
import fcntl
import gzip
import os
import sqlite3
import tarfile
from pathlib import Path

import orjson
import pytest

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict, Invalid, NotFound, Unavailable
from maestro_tui.store.backups import contents
from maestro_tui.store.backups.manifest import MANIFEST
from maestro_tui.store.backups.reading import read_archive
from maestro_tui.store.backups.restoring import restore
from maestro_tui.store.backups.writing import back_up
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.codec import decode
from maestro_tui.store.json_files.layout import Layout
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history


def contents_of(root):
    """Every file below root but what a server makes anew: path → bytes."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in (".lock", ".index.db", ".history.db")
    }


def members_of(archive):
    with tarfile.open(archive) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "backup.tar.gz"


def test_it_holds_everything_but_secrets_and_output(filled, archive):
    manifest = back_up(filled, archive)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert manifest.counts == {"project": 1, "task": 2, "session": 1}
    assert manifest.is_whole
    assert read_archive(archive) == manifest
    members = members_of(archive)
    assert set(members) == {
        "data/.history.db",
        "data/projects/proj_1.json",
        "data/tasks/proj_1/task_1.json",
        "data/tasks/proj_1/task_2.json",
        "data/tasks/proj_1/task_1.json.replaced-1",
        "data/sessions/sess_1.json",
        "sessions/sess_1/manifest.json",
        "sessions/sess_1/brief.md",
        "skills/mine/skill.md",
        "skills/mine/run.sh",
        "themes/mine.toml",
        "config.toml",
        MANIFEST,
    }
    assert b"secret" not in b"".join(members.values())
    assert [path.name for path in archive.parent.iterdir() if path.name.startswith(".maestro")] == []


def test_output_and_keys_come_when_they_are_asked_for(filled, archive):
    back_up(filled, archive, with_output=True, with_keys=True)
    members = members_of(archive)
    assert members["sessions/sess_1/output/0.out"] == b"printed\n"
    assert members["token.key"] == b"secret-key"
    assert b"secret-of-the-owner" not in b"".join(members.values())


def test_a_backup_into_the_home_does_not_hold_itself(filled):
    for directory in (filled.data, filled.skills):
        back_up(filled, directory / "own.tar.gz")
        assert not [name for name in members_of(directory / "own.tar.gz") if ".maestro-backup" in name]
        (directory / "own.tar.gz").unlink()


def test_it_replaces_no_file(filled, archive):
    archive.write_text("dear")
    with pytest.raises(Conflict):
        back_up(filled, archive)
    assert archive.read_text() == "dear"


def test_the_last_good_version_of_a_broken_file_is_in_it_and_the_broken_bytes_too(filled, archive):
    path = filled.data / "tasks" / "proj_1" / "task_1.json"
    good = path.read_bytes()
    path.write_bytes(b'{"half": ')
    manifest = back_up(filled, archive)
    members = members_of(archive)
    assert orjson.loads(members["data/tasks/proj_1/task_1.json"]) == orjson.loads(good)
    assert members["data/tasks/proj_1/task_1.json.broken"] == b'{"half": '
    assert manifest.counts["task"] == 2


def test_broken_bytes_without_a_good_version_are_kept_as_they_are(filled, archive):
    path = filled.data / "tasks" / "proj_1" / "task_9.json"
    path.write_bytes(b"\xff\xfe")
    assert back_up(filled, archive).is_whole
    assert members_of(archive)["data/tasks/proj_1/task_9.json"] == b"\xff\xfe"


def test_what_cannot_be_in_it_is_named(filled, archive):
    (filled.data / "tasks" / "proj_1" / "task_9.json").symlink_to("/etc/hostname")
    (filled.skills / "linked").symlink_to(filled.themes)
    manifest = back_up(filled, archive)
    assert {(one.path.rpartition("/")[2], one.wanted) for one in manifest.left_out} == {
        ("task_9.json", True),
        ("linked", False),
    }
    assert not manifest.is_whole


async def test_restored_it_is_the_same_home_with_a_new_epoch(filled, archive, tmp_path):
    before = contents_of(filled.data), contents_of(filled.skills), contents_of(filled.sessions / "sess_1")
    epoch = await epoch_of(filled)
    back_up(filled, archive, with_output=True)
    for name in ("data", "sessions", "skills", "themes", "config.toml"):
        (tmp_path / name).rename(tmp_path / f"lost-{name}")
    restored = restore(filled, archive)
    assert restored.aside == ()
    assert (
        contents_of(filled.data),
        contents_of(filled.skills),
        contents_of(filled.sessions / "sess_1"),
    ) == before
    assert (filled.skills / "mine" / "run.sh").stat().st_mode & 0o777 == 0o700
    assert filled.data.stat().st_mode & 0o777 == 0o700
    assert filled.signing_key.read_text() == "secret-key"
    assert await epoch_of(filled) not in (epoch, "")


async def epoch_of(home) -> str:
    store = await JsonFileStore.open(home.data, watch=False)
    assert {task.id for task in (await store.tasks.find(TaskQuery())).items} == {"task_1", "task_2"}
    opened = await open_history(store)
    epoch = opened.journal.epoch
    await opened.history.close()
    await store.close()
    return epoch


def test_answers_by_key_survive_a_restore(filled, archive):
    with sqlite3.connect(Layout(filled.data).history) as connection:
        connection.execute("INSERT INTO answer VALUES ('me', 'POST', '/', 'k', 'h', 1, 201, x'', x'')")
    connection.close()
    back_up(filled, archive)
    restore(filled, archive, force=True)
    connection = sqlite3.connect(Layout(filled.data).history)
    assert connection.execute("SELECT key FROM answer").fetchall() == [("k",)]
    connection.close()


def test_a_home_that_is_not_empty_is_moved_aside_only_by_force(filled, archive):
    back_up(filled, archive)
    added = filled.data / "tasks" / "proj_1" / "task_later.json"
    added.write_text("{}")
    before = contents_of(filled.root)
    with pytest.raises(Conflict, match="would be replaced"):
        restore(filled, archive)
    assert contents_of(filled.root) == before

    restored = restore(filled, archive, force=True)
    assert not added.exists()
    data = next(path for path in restored.aside if path.name.startswith("data.before-restore-"))
    assert (data / "tasks" / "proj_1" / "task_later.json").read_text() == "{}"
    kept = {content for path in restored.aside for content in contents_of_any(path)}
    assert set(before.values()) <= kept | set(contents_of(filled.root).values())


def contents_of_any(path):
    return contents_of(path).values() if path.is_dir() else [path.read_bytes()]


async def test_a_served_home_is_not_restored(filled, archive):
    back_up(filled, archive)
    store = await JsonFileStore.open(filled.data, watch=False)
    before = contents_of(filled.root)
    with pytest.raises(Conflict, match="in use"):
        restore(filled, archive, force=True)
    assert contents_of(filled.root) == before
    await store.close()


def test_a_home_with_a_running_agent_is_not_restored(filled, archive):
    back_up(filled, archive)
    with (filled.session("sess_1") / "host.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="sess_1"):
            restore(filled, archive, force=True)
    restore(filled, archive, force=True)


def test_a_failing_swap_is_swapped_back(filled, archive, monkeypatch):
    """The disk fails at the last part, when all others are in place."""
    back_up(filled, archive)
    before = contents_of(filled.root)
    real = Path.rename

    def rename(self, target):
        if self.name == "config.toml" and ".maestro-restore" in str(self):
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(Unavailable):
        restore(filled, archive, force=True)
    assert contents_of(filled.root) == before
    assert not [
        path for path in filled.root.iterdir() if "before-restore" in path.name or ".maestro-" in path.name
    ]


def test_what_is_no_backup_is_refused(home, tmp_path):
    with pytest.raises(NotFound):
        restore(home, tmp_path / "nowhere.tar.gz")
    with pytest.raises(Invalid):
        restore(home, tmp_path)
    for content in (b"", b"no backup", gzip.compress(b""), gzip.compress(b"x" * 4096)):
        (tmp_path / "bad.tar.gz").write_bytes(content)
        with pytest.raises(Invalid):
            restore(home, tmp_path / "bad.tar.gz")
    assert not home.data.exists()


def test_a_backup_cut_off_anywhere_is_refused_and_changes_nothing(filled, archive, tmp_path):
    back_up(filled, archive)
    content = archive.read_bytes()
    archive.unlink()
    before = contents_of(filled.root)
    torn = tmp_path.parent / f"{tmp_path.name}-torn.tar.gz"
    for length in range(0, len(content) - 8, max(1, len(content) // 60)):
        torn.write_bytes(content[:length])
        with pytest.raises(Invalid):
            restore(filled, torn, force=True)
    assert contents_of(filled.root) == before


@pytest.mark.timeout(90)
async def test_a_backup_made_while_a_writer_writes_at_full_speed(home, archive, make, eventually):
    """Every document in it is one the store acknowledged or was about to, none older than the backup's start."""
    store = await JsonFileStore.open(home.data, durable=False, watch=False)
    await store.projects.add(make.project("proj_1"))
    versions: dict[str, dict[int, str]] = {}
    tasks = [await store.tasks.add(make.task(title="0")) for _ in range(40)]
    stop = asyncio.Event()

    async def write(task):
        number = 0
        while not stop.is_set():
            number += 1
            title = f"{task.id} {number}" + "x" * (number % 50)
            versions.setdefault(task.id, {})[task.revision + 1] = title
            task = await store.tasks.save(evolve(task, title=title))

    async def grow():
        parent = None
        while not stop.is_set():
            child = await store.tasks.add(make.task(parent_id=parent))
            await store.sessions.add(make.session(task_ids=(child.id,)))
            parent = child.id

    writers = [asyncio.create_task(write(task)) for task in tasks] + [asyncio.create_task(grow())]
    await eventually(lambda: len(versions) == len(tasks) and min(map(max, versions.values())) > 3)
    for round_ in range(5):
        started = {task_id: max(known) - 1 for task_id, known in versions.items()}
        target = archive.with_name(f"{round_}.tar.gz")
        manifest = await asyncio.to_thread(back_up, home, target)
        assert manifest.is_whole
        members = members_of(target)
        layout, place = Layout(home.data), home.root
        documents = {
            (key := layout.key(place / name)): decode(key, content).entity
            for name, content in members.items()
            if name.endswith(".json") and name != MANIFEST
        }
        ids = {key.id for key in documents}
        for task_id, least in started.items():
            entity = next(entity for key, entity in documents.items() if key.id == task_id)
            assert entity.revision >= least
            assert entity.title == versions[task_id].get(entity.revision, "0")
        assert all(entity.parent_id in ids for entity in documents.values() if getattr(entity, "parent_id", None))
        assert all(set(getattr(entity, "task_ids", ())) <= ids for entity in documents.values())
    stop.set()
    await asyncio.gather(*writers)
    await store.close()
    restore(home, target, force=True)
    assert {str(path.relative_to(home.root)): path.read_bytes() for path in home.data.rglob("*.json")} == {
        name: content for name, content in members.items() if name.endswith(".json") and name != MANIFEST
    }
    assert os.stat(home.data).st_mode & 0o777 == 0o700


async def test_a_task_that_moves_to_another_project_meanwhile_is_in_it(filled, archive, monkeypatch):
    """It is listed in one directory, and in the other when its turn comes."""
    layout, real = Layout(filled.data), contents.read_settled
    old, new = filled.data / "tasks" / "proj_1" / "task_2.json", filled.data / "tasks" / "proj_2" / "task_2.json"

    def read(key, path):
        if path == old and old.exists():
            new.parent.mkdir(mode=0o700)
            new.write_bytes(old.read_bytes().replace(b"proj_1", b"proj_2"))
            old.unlink()
        return real(key, path)

    monkeypatch.setattr(contents, "read_settled", read)
    assert back_up(filled, archive).counts["task"] == 2
    assert str(layout.path(layout.key(new)).relative_to(filled.root)) in members_of(archive)
