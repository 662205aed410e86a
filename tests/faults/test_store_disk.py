"""Disks that refuse, tear and fill up: the old document or the new one, never neither."""

import asyncio
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_tui import files
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict, MaestroError, NotFound, Unavailable
from maestro_tui.domain.task import Task
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.store import JsonFileStore
from tests.platforms import descriptors

LONG = os.environ.get("MAESTRO_FAULTS") == "long"
CALLS = ["open", "write", "fsync", "fchmod", "fstat", "close", "replace", "lstat", "stat", "unlink", "mkdir"]
ERRORS = [errno.EIO, errno.ENOSPC, errno.EMFILE, errno.EINTR]


def task(name: str = "task_1", **fields) -> Task:
    return Task(**({"id": name, "project_id": "p", "title": "old", "created_at": 1, "updated_at": 1} | fields))


class Faults:
    """Makes the k-th call that the writing thread makes of the operating system fail."""

    def __init__(self, monkeypatch, at: int, error: int | None, cut: int | None = None) -> None:
        self.count, self.at, self.error, self.cut, self.fired = 0, at, error, cut, None
        for name in CALLS:
            monkeypatch.setattr(os, name, self.wrap(name, getattr(os, name)))

    def wrap(self, name, real):
        import threading

        def call(*arguments, **keywords):
            if threading.current_thread().name != "store-writer":
                return real(*arguments, **keywords)
            self.count += 1
            if self.count != self.at:
                return real(*arguments, **keywords)
            self.fired = name
            if name == "write" and self.cut is not None:
                real(arguments[0], bytes(arguments[1])[: self.cut])
            if name == "close":
                real(*arguments)
            raise OSError(self.error, os.strerror(self.error))

        return call


async def attempt(work) -> Exception | None:
    try:
        await work
    except MaestroError as error:
        return error
    return None


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
async def test_every_call_fails_once(tmp_path, capsys, error):
    """For each verb and each k: the caller is told, disk and memory agree, and the next write succeeds."""
    tried = refused = 0
    for verb in ("add", "save", "remove"):
        for at in range(1, 60):
            data = tmp_path / f"{verb}-{at}"
            store = await JsonFileStore.open(data, watch=False)
            old = await store.tasks.add(task())
            with pytest.MonkeyPatch.context() as patch:
                faults = Faults(patch, at, error)
                if verb == "add":
                    outcome = await attempt(store.tasks.add(task("task_2", project_id="q")))
                elif verb == "save":
                    outcome = await attempt(store.tasks.save(evolve(old, title="new")))
                else:
                    outcome = await attempt(store.tasks.remove("task_1"))
            await agree(store, data, verb, outcome)
            await store.close()
            assert not list(data.rglob("*.tmp"))
            if faults.fired is None:
                break
            tried, refused = tried + 1, refused + (outcome is not None)
    with capsys.disabled():
        print(f"\n{errno.errorcode[error]}: calls_failed={tried} refused={refused} torn=0 lost=0")


async def agree(store: JsonFileStore, data: Path, verb: str, outcome: Exception | None) -> None:
    on_disk = {path.stem: json.loads(path.read_bytes())["title"] for path in (data / "tasks").rglob("*.json")}
    in_force = {one.id: one.title for one in (await store.tasks.find(TaskQuery())).items}
    assert on_disk == in_force
    possible = {"add": [{"task_1": "old"}, {"task_1": "old", "task_2": "old"}]}
    possible |= {"save": [{"task_1": "old"}, {"task_1": "new"}], "remove": [{"task_1": "old"}, {}]}
    assert on_disk in possible[verb]
    if outcome is None:
        assert on_disk == possible[verb][1]
    else:
        assert isinstance(outcome, Unavailable | Conflict)
    current = await attempt(store.tasks.get("task_1"))
    if not isinstance(current, NotFound):
        await store.tasks.save(await store.tasks.get("task_1"))


async def test_a_save_cut_at_every_byte(tmp_path, capsys):
    """A process that dies within a write: the cut temporary never becomes the document."""
    store = await JsonFileStore.open(tmp_path / "data", watch=False)
    old = await store.tasks.add(task())
    new = evolve(old, title="new", description="d" * 40)
    size = (tmp_path / "data/tasks/p/task_1.json").stat().st_size + 60
    step = 1 if LONG else 7
    for cut in range(0, size, step):
        with pytest.MonkeyPatch.context() as patch:
            # The write is the third call: lstat of the directory, open, write.
            faults = Faults(patch, 3, errno.EIO, cut)
            error = await attempt(store.tasks.save(new))
        assert faults.fired == "write"
        assert isinstance(error, Unavailable)
        assert json.loads((tmp_path / "data/tasks/p/task_1.json").read_bytes())["title"] == "old"
        assert await store.tasks.get("task_1") == old
    await store.close()
    with capsys.disabled():
        print(f"\ncuts={len(range(0, size, step))} torn=0")


def test_short_writes_are_finished(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: real(descriptor, bytes(content[:3])))
    files.write_whole(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.task import Task
from maestro_tui.store.json_files.store import JsonFileStore

async def main():
    store = await JsonFileStore.open(Path(sys.argv[1]), watch=False)
    old = await store.tasks.add(Task(id="t", project_id="p", title="old", created_at=1, updated_at=1))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
    try:
        await store.tasks.save(evolve(old, title="new", description="x" * 20000))
    except Unavailable as error:
        print(error.message)
    assert await store.tasks.get("t") == old
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    saved = await store.tasks.save(evolve(old, title="new", description="x" * 20000))
    assert saved.revision == 2
    await store.check()
    await store.close()

asyncio.run(main())
"""


def test_a_full_disk_refuses_and_recovers(tmp_path):
    """Files may not grow beyond a limit: the write comes back short, then fails, as on a full disk."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "the disk is full" in run.stdout
    assert not list((tmp_path / "data").rglob("*.tmp"))


async def test_two_stores_on_one_directory(tmp_path):
    first = await JsonFileStore.open(tmp_path / "data")
    with pytest.raises(Conflict, match=f"in use by process {os.getpid()}"):
        await JsonFileStore.open(tmp_path / "data")
    await first.tasks.add(task())
    await first.close()
    second = await JsonFileStore.open(tmp_path / "data")
    assert (await second.tasks.get("task_1")).title == "old"
    await second.close()


async def test_a_directory_that_is_a_file(tmp_path):
    (tmp_path / "data").write_text("I am a file")
    with pytest.raises(Unavailable, match="cannot be used"):
        await JsonFileStore.open(tmp_path / "data")
    assert (tmp_path / "data").read_text() == "I am a file"


async def test_a_part_that_is_a_file(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "tasks").write_text("I am a file")
    with pytest.raises(Unavailable):
        await JsonFileStore.open(tmp_path / "data")
    (tmp_path / "data" / "tasks").unlink()
    await (await JsonFileStore.open(tmp_path / "data")).close()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
async def test_a_read_only_directory(tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(Unavailable):
        await JsonFileStore.open(tmp_path / "data")


async def test_a_clock_that_jumps_back(tmp_path):
    """Nothing depends on times growing: revisions and identities decide."""
    store = await JsonFileStore.open(tmp_path / "data", watch=False)
    added = await store.tasks.add(task(updated_at=2_000_000))
    path = tmp_path / "data/tasks/p/task_1.json"
    os.utime(path, ns=(1, 1))
    await store._look(await store._differences())
    saved = await store.tasks.save(evolve(added, updated_at=1_000))
    assert (saved.revision, saved.updated_at) == (2, 1_000)
    await store.close()
    again = await JsonFileStore.open(tmp_path / "data")
    assert await again.tasks.get("task_1") == saved
    await again.close()


async def test_a_start_on_damage_of_every_kind(tmp_path):
    """Each broken file is a finding, the good ones are served, and no byte changes."""
    folder = tmp_path / "data" / "tasks" / "p"
    folder.mkdir(parents=True, mode=0o700)
    good = task("good").to_wire()
    damage = {
        "empty": b"",
        "torn": json.dumps(good).encode()[:40],
        "binary": os.urandom(500),
        "other_id": json.dumps(good).encode(),
        "list": b"[]",
        "later": json.dumps(good | {"id": "later", "schemaVersion": 9}).encode(),
    }
    for name, content in damage.items():
        (folder / f"{name}.json").write_bytes(content)
    (folder / "good.json").write_text(json.dumps(good))
    (folder / "notes.txt").write_text("mine")
    for _ in range(2):
        store = await JsonFileStore.open(tmp_path / "data")
        assert {one.id for one in (await store.tasks.find(TaskQuery())).items} == {"good", "later"}
        assert {Path(finding.path).stem for finding in store.findings()} == {*damage, "notes"}
        await store.close()
    assert {name: (folder / f"{name}.json").read_bytes() for name in damage} == damage


@pytest.mark.parametrize("wound", ["deleted", "empty", "garbage", "cut"])
async def test_a_lost_sidecar_is_rebuilt(tmp_path, wound):
    store = await JsonFileStore.open(tmp_path / "data")
    added = [await store.tasks.add(task(f"task_{number}")) for number in range(50)]
    identity = store.identity
    await store.close()
    sidecar = tmp_path / "data" / ".index.db"
    content = sidecar.read_bytes()
    sidecar.unlink()
    if wound != "deleted":
        sidecar.write_bytes({"empty": b"", "garbage": b"garbage" * 5000, "cut": content[:-3000]}[wound])
    again = await JsonFileStore.open(tmp_path / "data")
    assert sorted((await again.tasks.find(TaskQuery())).items, key=lambda one: one.id) == sorted(
        added, key=lambda one: one.id
    )
    assert (await again.tasks.find(TaskQuery(text="OLD"))).total == 50
    assert again.identity != identity
    await again.close()


async def test_edits_while_the_store_was_closed_are_seen(tmp_path):
    store = await JsonFileStore.open(tmp_path / "data")
    for name in ("edited", "deleted", "broken", "same"):
        await store.tasks.add(task(name))
    await store.close()
    folder = tmp_path / "data" / "tasks" / "p"
    (folder / "edited.json").write_text((folder / "edited.json").read_text().replace("old", "new"))
    (folder / "new.json").write_text(json.dumps(task("new").to_wire()))
    (folder / "deleted.json").unlink()
    (folder / "broken.json").write_text("{")
    again = await JsonFileStore.open(tmp_path / "data")
    assert (await again.tasks.get("broken")).title == "old"
    assert len(again.findings()) == 1
    await again.close()
    news = [change async for batch in again.changes() for change in batch]
    assert {(change.kind.value, change.entity.id) for change in news} == {
        ("updated", "edited"),
        ("created", "new"),
        ("deleted", "deleted"),
    }


async def test_closing_leaves_nothing_behind(tmp_path, within):
    before = descriptors()
    for _ in range(5):
        store = await JsonFileStore.open(tmp_path / "data")
        await asyncio.gather(*(attempt(store.tasks.add(task(f"t{number}"))) for number in range(20)))
        await store.close()
    async with within(10, "the last watch's descriptors to be closed, which a thread of its library does"):
        while not descriptors() <= before:  # noqa: ASYNC110 - nobody tells when that thread has ended
            await asyncio.sleep(0.01)
