"""The durable journal: numbers without gaps, across restarts, and honest about what is gone."""

import asyncio
import gc
import sqlite3
import tracemalloc

import orjson
import pytest

from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.events import Event, EventName, JournalEntry
from maestro_tui.store.json_files.history import History
from maestro_tui.store.json_files.journal import SqliteJournal


def event(number: int, **fields) -> Event:
    return Event(EventName.TASK_UPDATED, {"id": f"task_{number}", "n": number}, 1000 + number, **fields)


@pytest.fixture
async def open_journal(tmp_path):
    """Open a journal on the same file as before; the one before is closed first."""
    opened = []

    async def reopen(basis="index", clean=True, **limits):
        if opened:
            await (opened[-1].close() if clean else kill(opened[-1]))
        history = await History.open(tmp_path / "history.db", basis=basis)
        opened.append(history)
        return await SqliteJournal.open(history, **limits)

    yield reopen
    await opened[-1].close()


async def kill(history: History) -> None:
    """End without the orderly part."""
    await history._writer.stop()
    history._connection.close()


async def test_numbers_grow_by_one_and_go_on_after_a_restart(open_journal):
    journal = await open_journal()
    first = await journal.append([event(1), event(2)])
    assert [entry.seq for entry in first] == [1, 2]
    again = await open_journal()
    assert (again.epoch, again.seq) == (journal.epoch, 2)
    assert again.since(0) == first
    assert [entry.seq for entry in await again.append([event(3)])] == [3]


async def test_everything_of_an_event_comes_back(open_journal):
    journal = await open_journal()
    full = event(1, project_id="p", task_ids=("a", "b"), session_id="s")
    [entry] = await journal.append([full, event(2)][:1])
    [read] = (await open_journal()).since(0)
    assert read == entry
    assert read.envelope == entry.envelope
    assert read.event.task_ids == ("a", "b")


async def test_what_is_remembered_waits_as_bytes(open_journal):
    def entries():
        gc.collect()
        found = [one for one in gc.get_objects() if isinstance(one, JournalEntry)]
        return sum(one.event.session_id == "remembered" for one in found)  # whatever else this process has

    journal = await open_journal()
    for number in range(50):
        await journal.append([event(number, session_id="remembered")])
    assert entries() <= 1  # the last one may still be on its way
    assert [entry.event.data["n"] for entry in await journal.read(10, 3)] == [10, 11, 12]
    assert len(journal.since(10)) == 40


async def test_what_is_remembered_takes_no_more_than_it_holds(open_journal):
    journal = await open_journal()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(50):
            await journal.append([event(number)])
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 50 < 2000, "each entry has some 30 bytes of data"


async def test_a_start_reads_no_more_than_memory_holds_and_goes_on_from_the_last_number(open_journal):
    journal = await open_journal()
    await journal.append([event(number) for number in range(40)])
    for limit, held in ((1, 0), (10 * len(orjson.dumps(event(39).data)), 10)):
        journal = await open_journal(memory_bytes=limit)
        assert (journal.seq, len(list(journal.remembered()))) == (40, held)
    assert [entry.seq for entry in await journal.append([event(40)])] == [41]


async def test_concurrent_appends_keep_their_order(open_journal):
    journal = await open_journal()
    results = await asyncio.gather(*(journal.append([event(n), event(-n)]) for n in range(1, 101)))
    assert [entry.seq for entries in results for entry in entries] == list(range(1, 201))
    assert [entry.event.data["n"] for entry in journal.since(0)] == [s * n for n in range(1, 101) for s in (1, -1)]


async def test_a_cancelled_append_is_still_remembered(open_journal):
    journal = await open_journal()
    appending = asyncio.create_task(journal.append([event(1)]))
    await asyncio.sleep(0)
    appending.cancel()
    await asyncio.gather(appending, return_exceptions=True)
    await journal.append([event(2)])
    assert [entry.event.data["n"] for entry in journal.since(0)] == [1, 2]


async def test_memory_is_bounded_and_the_disk_reaches_further(open_journal):
    journal = await open_journal(memory_entries=10)
    await journal.append([event(n) for n in range(100)])
    assert journal.since(80) is None
    assert [entry.seq for entry in journal.since(90)] == list(range(91, 101))
    assert [entry.seq for entry in await journal.read(20, 3)] == [21, 22, 23]
    assert [entry.seq for entry in await journal.read(98, 30)] == [99, 100]
    small = await open_journal(memory_bytes=200)
    assert 0 < len(small._memory) < 10


async def test_no_answer_where_something_would_be_missing(open_journal):
    journal = await open_journal(memory_entries=5, disk_entries=50)
    for start in range(0, 3000, 100):
        await journal.append([event(start + n) for n in range(100)])
    assert journal.since(3001) is None
    assert journal.since(-1) is None
    assert await journal.read(3001, 5) is None
    assert await journal.read(10, 5) is None
    assert len(await journal.read(2990, 50)) == 10
    assert await journal.read(3000, 5) == []


async def test_a_new_index_begins_a_new_epoch(open_journal):
    journal = await open_journal()
    await journal.append([event(1)])
    again = await open_journal(basis="another")
    assert again.epoch != journal.epoch
    assert (again.seq, again.since(0)) == (0, [])


async def test_a_killed_process_continues_its_epoch_a_power_cut_does_not(open_journal, tmp_path, monkeypatch):
    journal = await open_journal()
    await journal.append([event(1)])
    killed = await open_journal(clean=False)
    assert (killed.epoch, killed.seq) == (journal.epoch, 1)
    boot = tmp_path / "boot_id"
    boot.write_text("another boot")
    monkeypatch.setattr("maestro_tui.store.json_files.history._BOOT_ID", boot)
    cut = await open_journal(clean=False)
    assert (cut.epoch != journal.epoch, cut.seq) == (True, 0)
    boot.write_text("a third boot")
    assert (await open_journal(clean=True)).epoch == cut.epoch


async def test_events_the_disk_refused_come_first_when_it_takes_writes_again(open_journal, tmp_path):
    journal = await open_journal()
    await journal.append([event(1)])
    other = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    journal._history._connection.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    for number in (2, 3):
        with pytest.raises(Unavailable):
            await journal.append([event(number)])
    assert journal.seq == 1
    other.execute("ROLLBACK")
    other.close()
    entries = await journal.append([event(4)])
    assert [(entry.seq, entry.event.data["n"]) for entry in entries] == [(2, 2), (3, 3), (4, 4)]


async def test_a_damaged_history_is_kept_aside(tmp_path):
    path = tmp_path / "history.db"
    path.write_bytes(b"this is no database" * 1000)
    history = await History.open(path, basis="index")
    journal = await SqliteJournal.open(history)
    assert [entry.seq for entry in await journal.append([event(1)])] == [1]
    await history.close()
    assert path.with_name("history.db.broken").read_bytes().startswith(b"this is no")
