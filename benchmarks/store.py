"""What the store costs, against a plain json.dump writer in the same run; and how long a start takes.

    python -m benchmarks.store [--documents 1000,10000,100000] [--seconds 2] [--directory DIR]

Prints one JSON object per line. Times are wall-clock; compare the ratios, not machines.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from maestro_tui import discovery
from maestro_tui.domain.document import evolve
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.task import Subtask, Task, TimelineEntry
from maestro_tui.paths import Home
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.codec import encode
from maestro_tui.store.json_files.layout import Kind
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history

NOW = 1_700_000_000_000


def sample(number: int, project: str = "proj_1") -> Task:
    """A task with six subtasks and eight timeline entries, about 3 kB on disk."""
    task_id = f"task_{NOW}_{number:09}"
    moment = {"created_at": NOW + number, "updated_at": NOW + number}
    return Task(
        id=task_id,
        project_id=project,
        title=f"Task number {number}",
        description="What has to be done, and why. " * 8,
        subtasks=tuple(
            Subtask(id=f"sub_{NOW}_{step:09}", task_id=task_id, title=f"Step {step}", order=step, **moment)
            for step in range(6)
        ),
        timeline=tuple(
            TimelineEntry(id=f"evt_{NOW}_{step:09}", timestamp=NOW, message="went on with it " * 2)
            for step in range(8)
        ),
        **moment,
    )


def report(name: str, **figures) -> None:
    print(json.dumps({"name": name, **figures}), flush=True)


def plain_writer(directory: Path, seconds: float) -> float:
    """Files written by json.dump and nothing else: no flush, no rename. Writes per second."""
    directory.mkdir()
    task, count, started = sample(1).to_wire(), 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        with (directory / f"{count % 1000}.json").open("w") as file:
            json.dump(task, file, indent=2)
        count += 1
    return count / (time.perf_counter() - started)


def durable_plain_writer(directory: Path, seconds: float) -> float:
    """The same with fsync of file and directory and a rename: what durability alone costs."""
    directory.mkdir()
    task, count, started = sample(1).to_wire(), 0, time.perf_counter()
    descriptor = os.open(directory, os.O_RDONLY)
    while time.perf_counter() - started < seconds:
        temporary = directory / "temporary"
        with temporary.open("w") as file:
            json.dump(task, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(directory / f"{count % 1000}.json")
        os.fsync(descriptor)
        count += 1
    os.close(descriptor)
    return count / (time.perf_counter() - started)


async def saves(store: JsonFileStore, writers: int, seconds: float) -> tuple[float, list[float]]:
    """Each writer saves its own task over and over. Saves per second, and every one's milliseconds."""
    delays: list[float] = []
    end = time.perf_counter() + seconds

    async def save(number: int) -> None:
        task = await store.tasks.add(sample(time.perf_counter_ns()))
        while (before := time.perf_counter()) < end:
            task = await store.tasks.save(evolve(task, updated_at=task.updated_at + 1))
            delays.append((time.perf_counter() - before) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*(save(number) for number in range(writers)))
    return len(delays) / (time.perf_counter() - started), sorted(delays)


async def writing(directory: Path, seconds: float) -> None:
    plain = plain_writer(directory / "plain", seconds)
    durable = durable_plain_writer(directory / "durable", seconds)
    report("plain json.dump", per_second=round(plain))
    report("json.dump, fsync, rename, fsync", per_second=round(durable))
    store = await JsonFileStore.open(directory / "data")
    for writers in (1, 8, 64):
        rate, delays = await saves(store, writers, seconds)
        report(
            f"save, {writers} at once",
            per_second=round(rate),
            to_plain=round(rate / plain, 2),
            to_durable=round(rate / durable, 2),
            p50_ms=round(delays[len(delays) // 2], 2),
            p99_ms=round(delays[len(delays) * 99 // 100], 2),
        )
    opened = await open_history(store)
    count, started = 0, time.perf_counter()
    data = sample(1).to_wire()
    while time.perf_counter() - started < seconds:
        await opened.journal.append([Event(EventName.TASK_UPDATED, data, NOW)])
        count += 1
    report("journal append, one at a time", per_second=round(count / (time.perf_counter() - started)))
    await opened.history.close()
    await store.close()


async def starting(directory: Path, documents: int) -> None:
    """Make documents by hand, then start on them without a sidecar, with it, and read pages."""
    data = directory / f"data-{documents}"
    folder = data / "tasks" / "proj_1"
    folder.mkdir(parents=True, mode=0o700)
    for number in range(documents):
        task = sample(number)
        (folder / f"{task.id}.json").write_bytes(encode(Kind.TASK, task))
    for name in ("first start, from files", "warm start", "warm start"):
        before, started = memory(), time.perf_counter()
        store = await JsonFileStore.open(data)
        report(
            name, documents=documents, seconds=round(time.perf_counter() - started, 3), grown_mb=memory() - before
        )
        if name == "warm start":
            await pages(store, documents)
        await store.close()
        del store
    child = [sys.executable, "-m", "benchmarks.store", "--measure-start", str(data)]
    process = await asyncio.create_subprocess_exec(*child)
    await process.wait()
    await serving(directory, data, documents)
    shutil.rmtree(data)


async def measure_start(data: Path) -> None:
    """A start in a process of its own: its time and its memory."""
    before, started = memory(), time.perf_counter()
    store = await JsonFileStore.open(data)
    seconds = time.perf_counter() - started
    report("start, own process", seconds=round(seconds, 3), grown_mb=memory() - before)
    await store.close()


async def serving(directory: Path, data: Path, documents: int) -> None:
    """`maestro-tui serve` on the documents: from the start of the process until it answers; what it holds then."""
    root = directory / f"home-{documents}"
    environment = {**os.environ, "HOME": str(root), "MAESTRO_HOME": str(root), "DATA_DIR": str(data)}
    home = Home.from_environment(environment)
    quiet, started = asyncio.subprocess.DEVNULL, time.perf_counter()
    command = (sys.executable, "-m", "maestro_tui", "serve", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=quiet, stderr=quiet)
    try:
        while discovery.read(home) is None:  # noqa: ASYNC110 - only the file says that it is ready
            await asyncio.sleep(0.005)
        seconds = round(time.perf_counter() - started, 3)
        report("server ready, from its command", documents=documents, seconds=seconds, mb=held_by(process.pid))
    finally:
        process.terminate()
        await process.wait()


def held_by(pid: int) -> int | None:
    """Resident memory of a process in MB; None where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_048_576
    except OSError:
        return None


async def pages(store: JsonFileStore, documents: int) -> None:
    queries = {
        "first page": TaskQuery(project_id="proj_1", limit=100),
        "deep page": TaskQuery(project_id="proj_1", limit=100, offset=documents // 2),
        "newest first": TaskQuery(project_id="proj_1", limit=100, sort="-updatedAt"),
        "text": TaskQuery(project_id="proj_1", limit=100, text=f"number {documents - 1}"),
    }
    for name, query in queries.items():
        await store.tasks.find(query)
        started = time.perf_counter()
        for _ in range(20):
            await store.tasks.find(query)
        report(f"{name} of 100", documents=documents, ms=round((time.perf_counter() - started) * 50, 3))


def memory() -> int:
    """The most this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(arguments: Sequence[str] = ()) -> None:
    """Run with these command-line arguments."""
    asyncio.run(measure(arguments))


async def measure(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="1000,10000,100000")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--measure-start", type=Path)
    options = parser.parse_args(arguments)
    if options.measure_start:
        await measure_start(options.measure_start)
        return
    directory = Path(tempfile.mkdtemp(prefix="maestro-benchmark-", dir=options.directory))
    try:
        await writing(directory, options.seconds)
        for documents in options.documents.split(","):
            await starting(directory, int(documents))
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main(sys.argv[1:])
