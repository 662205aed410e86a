"""A writing process is killed again and again: nothing acknowledged is lost, nothing is unreadable."""

import json
import os
import random
from pathlib import Path

from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history

LONG = os.environ.get("MAESTRO_FAULTS") == "long"
CYCLES = 250 if LONG else 12
WRITER = Path(__file__).with_name("store_writer.py")


async def killed_run(start_program, data: Path, seed: int) -> tuple[str, list[list[str]]]:
    """Start a writer, kill it at a random moment; returns its journal's epoch and what it acknowledged."""
    writer = await start_program(WRITER, data, seed)
    ready = (await writer.line()).split()
    wanted, lines = random.Random(seed).randrange(1, 400), []
    while len(lines) < wanted and (line := await writer.line()):
        lines.append(line)
    writer.kill()
    lines += await writer.rest()
    assert await writer.code() == -9
    return ready[1], [line.split() for line in lines]


async def test_kill_minus_nine(tmp_path, start_program, capsys):
    data = tmp_path / "data"
    expected: dict[str, int] = {}
    removed: set[str] = set()
    going: set[str] = set()
    epochs, last_seq, acknowledged, missed = set(), 0, 0, 0
    for cycle in range(CYCLES):
        epoch, lines = await killed_run(start_program, data, cycle)
        epochs.add(epoch)
        acknowledged += len(lines)
        for line in lines:
            if line[1] == "going":
                going.add(line[0])
            elif line[1] == "gone":
                removed.add(line[0])
                expected.pop(line[0], None)
            else:
                expected[line[0]] = int(line[1])
                last_seq = max(last_seq, int(line[2]))
        missed += await check(data, expected, removed, going, last_seq)
    with capsys.disabled():
        print(
            f"\nkill9={CYCLES} acknowledged={acknowledged} documents={len(expected)} lost=0 damaged=0 "
            f"written_but_not_announced={missed} epochs={len(epochs)}"
        )
    assert len(epochs) == 1


async def check(data: Path, expected: dict[str, int], removed: set[str], going: set[str], last_seq: int) -> int:
    """Everything acknowledged is there, every file parses, and what was not announced becomes news."""
    for path in (data / "tasks").rglob("*.json"):
        assert json.loads(path.read_bytes())["id"] == path.stem
    store = await JsonFileStore.open(data, watch=False)
    try:
        assert store.findings() == ()
        stored = {task.id: task.revision for task in (await store.tasks.find(TaskQuery())).items}
        gone = {one for one in expected if one not in stored and one in going}
        lost = [one for one, revision in expected.items() if one not in gone and stored.get(one, 0) < revision]
        assert lost == []
        assert not removed & stored.keys()
        opened = await open_history(store)
        assert opened.journal.seq >= last_seq
        entries = opened.journal.since(max(0, opened.journal.seq - 5000))
        assert [entry.seq for entry in entries] == list(range(entries[0].seq, opened.journal.seq + 1))
        await opened.history.close()
        assert not list(data.rglob("*.tmp"))
    finally:
        await store.close()
    news = [change async for batch in store.changes() for change in batch]
    for one in gone:
        del expected[one]
    return len(news)
