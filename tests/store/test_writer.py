"""The writer's thread: what it flushes, from where, and what shares a trip to the disk."""

import asyncio
import dataclasses
import os
import stat
import threading

import pytest

from maestro_tui.store.json_files import writer as module
from maestro_tui.store.json_files.records import ABSENT, record_of, stamp_of
from maestro_tui.store.json_files.writer import FLUSHERS, LARGEST_BATCH, Call, Overtaken, Put, Writer


class Disk:
    """Flushes as they happen. files, directories: the thread of each."""

    def __init__(self, flush):
        self.files, self.directories = [], []
        self._flush = flush

    def fsync(self, descriptor):
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        (self.directories if is_directory else self.files).append(threading.current_thread().name)
        self._flush(descriptor)


@pytest.fixture
def disk(monkeypatch):
    disk = Disk(os.fsync)
    monkeypatch.setattr(os, "fsync", disk.fsync)
    return disk


@pytest.fixture
async def start():
    """Start a writer that is held up until `go` is set, so that what is queued meanwhile waits together."""
    started = []

    def begin(**options):
        go = threading.Event()
        held = Writer(**options)
        started.append((held, go))
        held.do(Call(go.wait))
        return held, go

    yield begin
    for held, go in started:
        go.set()
        await held.stop()


def put(make, directory, number, expected=ABSENT):
    task = make.task(f"task_{number}")
    return Put(str(directory / f"task_{number}.json"), b"%d" % number, record_of(task), task, expected)


async def written(held, go, operations):
    """The outcomes of operations that waited together, in their order."""
    futures = [held.do(operation) for operation in operations]
    go.set()
    async with asyncio.timeout(30):
        return await asyncio.gather(*futures, return_exceptions=True)


@pytest.mark.parametrize("count", [2, FLUSHERS, 2 * FLUSHERS + 3])
async def test_what_waits_together_is_flushed_side_by_side_and_answered_each_for_itself(
    disk, make, start, tmp_path, count
):
    operations = [put(make, tmp_path, number) for number in range(count)]
    for operation, record in zip(operations, await written(*start(), operations), strict=True):
        assert record.id == operation.record.id
        assert record.stamp == stamp_of(os.lstat(operation.path))
    assert len(disk.files) == count
    assert {name.rpartition("_")[0] for name in disk.files} == {"store-flusher"}
    assert disk.directories == ["store-writer"]


async def test_a_lone_write_waits_for_no_other_thread(disk, make, start, tmp_path):
    await written(*start(), [put(make, tmp_path, 1)])
    assert (disk.files, disk.directories) == (["store-writer"], ["store-writer"])


async def test_a_batch_has_a_limit(disk, make, start, tmp_path):
    await written(*start(), [put(make, tmp_path, number) for number in range(LARGEST_BATCH + 2)])
    assert len(disk.directories) == 2


async def test_the_first_document_of_a_directory_makes_it_durable_too(disk, make, start, tmp_path):
    await written(*start(), [put(make, tmp_path / "proj_1", 1)])
    assert stat.S_IMODE((tmp_path / "proj_1").stat().st_mode) == 0o700
    assert len(disk.directories) == 2, "the directory, and the name of it in the one above"


async def test_nothing_is_flushed_where_nothing_must_last(disk, make, start, tmp_path):
    operations = [put(make, tmp_path / "proj_1", number) for number in range(3)]
    assert not [one for one in await written(*start(durable=False), operations) if isinstance(one, Exception)]
    assert disk.files == disk.directories == []


async def test_one_that_fails_leaves_the_others_alone(disk, make, start, tmp_path):
    (tmp_path / "task_1.json").write_text("somebody else's")
    outcomes = await written(*start(), [put(make, tmp_path, number) for number in range(3)])
    assert [type(one) for one in outcomes] == [type(outcomes[0]), Overtaken, type(outcomes[0])]
    assert (tmp_path / "task_1.json").read_text() == "somebody else's"
    assert sorted(os.listdir(tmp_path)) == ["task_0.json", "task_1.json", "task_2.json"]


async def test_a_directory_that_cannot_be_flushed_fails_its_writes_and_no_others(
    disk, make, start, tmp_path, monkeypatch
):
    """The rename is there, and a power cut may still undo it: that is no success."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
    flush = module.files.sync_directory

    def refuse(path):
        if str(path).endswith("bad"):
            raise OSError("the disk is gone")
        flush(path)

    monkeypatch.setattr(module.files, "sync_directory", refuse)
    operations = [put(make, tmp_path / name, number) for number, name in enumerate(("good", "bad", "bad", "good"))]
    outcomes = await written(*start(), operations)
    assert [isinstance(one, OSError) for one in outcomes] == [False, True, True, False]


async def test_a_move_between_directories_that_cannot_be_flushed_fails_once(
    disk, make, start, tmp_path, monkeypatch
):
    def refuse(path):
        raise OSError(f"{path} is gone")

    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old = tmp_path / "old" / "task_1.json"
    old.write_text("before")
    move = dataclasses.replace(put(make, tmp_path / "new", 1, stamp_of(os.lstat(old))), obsolete=str(old))
    monkeypatch.setattr(module.files, "sync_directory", refuse)
    [moved, other] = await written(*start(), [move, Call(lambda: "the writer goes on")])
    assert isinstance(moved, OSError)
    assert other == "the writer goes on"


async def test_what_is_run_in_turn_fails_for_its_caller_alone(make, start, tmp_path):
    def broken():
        raise ValueError("no")

    outcomes = await written(*start(), [Call(broken), put(make, tmp_path, 1), Call(lambda: 7)])
    assert isinstance(outcomes[0], ValueError)
    assert outcomes[1].id == "task_1"
    assert outcomes[2] == 7
