"""What the store costs, against plain writers in the same run; and how long a server takes to be ready.

    python -m benchmarks.store [--documents 1000,10000,100000] [--seconds 2] [--directory DIR]

Prints one JSON object per line. Times are wall-clock; compare the ratios, not machines. A cold start
follows `echo 3 > /proc/sys/vm/drop_caches`, and is left out where that is not allowed.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path

from maestro_tui.domain.document import evolve
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.task import Subtask, Task, TimelineEntry
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


def grouped_plain_writer(directory: Path, seconds: float, size: int) -> float:
    """As the durable one, size files at a time: the directory is flushed once for all of them."""
    directory.mkdir()
    content, count, started = encode(Kind.TASK, sample(1)), 0, time.perf_counter()
    descriptor = os.open(directory, os.O_RDONLY)
    while time.perf_counter() - started < seconds:
        for number in range(size):
            with (directory / f"{number}.tmp").open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for number in range(size):
            (directory / f"{number}.tmp").replace(directory / f"{number}.json")
        os.fsync(descriptor)
        count += size
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
    report("plain json.dump", per_second=round(plain))
    store = await JsonFileStore.open(directory / "data")
    for writers in (1, 8, 64):
        # The disk has moods: each figure has its alternatives right beside it.
        durable = durable_plain_writer(directory / f"durable-{writers}", seconds)
        grouped = grouped_plain_writer(directory / f"grouped-{writers}", seconds, writers)
        rate, delays = await saves(store, writers, seconds)
        report(
            f"save, {writers} at once",
            per_second=round(rate),
            durable_plain=round(durable),
            grouped_plain=round(grouped),
            to_plain=round(rate / plain, 2),
            to_durable=round(rate / durable, 2),
            to_grouped=round(rate / grouped, 2),
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
    """Make documents by hand, then start servers on them: without a sidecar, with it, with nothing cached."""
    home = directory / f"home-{documents}"
    folder = home / "data" / "tasks" / "proj_1"
    folder.mkdir(parents=True, mode=0o700)
    for number in range(documents):
        task = sample(number)
        (folder / f"{task.id}.json").write_bytes(encode(Kind.TASK, task))
    for name in ("without sidecar", "warm", "warm", "warm", "cold", "cold", "cold"):
        if name != "cold" or drop_caches():
            report(f"server ready, {name}", documents=documents, **server_start(home))
    store = await JsonFileStore.open(home / "data")
    await pages(store, documents)
    await store.close()
    shutil.rmtree(home)


def server_start(home: Path) -> dict[str, float]:
    """Start a server as a person does and wait for its discovery file: wall and CPU seconds, memory in MB."""
    command = [sys.executable, "-m", "maestro_tui", "serve", "--port", "0"]
    environment = os.environ | {"MAESTRO_HOME": str(home)}
    discovery = home / "server.json"
    discovery.unlink(missing_ok=True)
    started = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while not discovery.exists():
            if process.poll() is not None:
                raise SystemExit(f"the server ended with status {process.returncode}")
            time.sleep(0.005)
        seconds = time.perf_counter() - started
        figures = {"seconds": round(seconds, 2), **usage_of(process.pid)}
        assert process.stdout is not None
        process.stdout.readline()  # from here on it stops in order
        process.send_signal(signal.SIGTERM)
    return figures


def usage_of(pid: int) -> dict[str, float]:
    """What a process has used so far, by procfs; nothing where there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return {}
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    held, most = (int(status.partition(f"{name}:")[2].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))
    return {"cpu_seconds": cpu, "memory_mb": held, "most_memory_mb": most}


def drop_caches() -> bool:
    """Make the next start a cold one; False where the machine does not let us."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


async def pages(store: JsonFileStore, documents: int) -> None:
    queries = {
        "first page": TaskQuery(project_id="proj_1", limit=100),
        "deep page": TaskQuery(project_id="proj_1", limit=100, offset=documents // 2),
        "newest first": TaskQuery(project_id="proj_1", limit=100, sort="-updatedAt"),
        "text, one match": TaskQuery(project_id="proj_1", limit=100, text=f"number {documents - 1}"),
        "text, all match": TaskQuery(project_id="proj_1", limit=100, text="task"),
    }
    for name, query in queries.items():
        await store.tasks.find(query)
        started = time.perf_counter()
        for _ in range(20):
            await store.tasks.find(query)
        took = (time.perf_counter() - started) * 50
        held = await held_loop(store.tasks.find(query))
        report(f"{name} of 100", documents=documents, ms=round(took, 3), loop_held_ms=round(held, 1))


async def held_loop(query: Awaitable[object]) -> float:
    """The longest time the event loop stood still while a query ran, in milliseconds."""
    longest, running = 0.0, asyncio.ensure_future(query)
    while not running.done():
        before = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - before)
    return longest * 1000


async def measure(options: argparse.Namespace) -> None:
    directory = Path(tempfile.mkdtemp(prefix="maestro-benchmark-", dir=options.directory))
    try:
        await writing(directory, options.seconds)
        for documents in options.documents.split(","):
            await starting(directory, int(documents))
    finally:
        shutil.rmtree(directory)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="1000,10000,100000")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--directory", type=Path)
    asyncio.run(measure(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
