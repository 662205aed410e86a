"""A process that writes to a store until it is killed, and says what was acknowledged.

Lines on stdout, each flushed before the next write begins: `<task id> <revision> <seq>`,
`<task id> going` before a removal and `<task id> gone` after it. Arguments:
the data directory and a seed.
"""

import asyncio
import random
import sys
import time
from pathlib import Path

from maestro_tui.domain.document import evolve
from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.ids import TASK, new_id
from maestro_tui.domain.task import Task
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history

WRITERS = 8


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def write(store, journal, number: int, seed: int) -> None:
    chance = random.Random(seed * 100 + number)
    while True:
        now = time.time_ns() // 1_000_000
        task = Task(
            id=new_id(TASK, now), project_id=f"proj_{number % 3}", title="x", created_at=now, updated_at=now
        )
        task = await store.tasks.add(task)
        await acknowledge(journal, task, EventName.TASK_CREATED)
        for _ in range(chance.randrange(6)):
            task = await store.tasks.save(evolve(task, description="y" * chance.randrange(6000)))
            await acknowledge(journal, task, EventName.TASK_UPDATED)
        if chance.random() < 0.3:
            say(f"{task.id} going")
            await store.tasks.remove(task.id)
            await journal.append([Event(EventName.TASK_DELETED, {"id": task.id}, now)])
            say(f"{task.id} gone")


async def acknowledge(journal, task: Task, name: EventName) -> None:
    [*_, entry] = await journal.append([Event(name, task.to_wire(), task.updated_at)])
    say(f"{task.id} {task.revision} {entry.seq}")


async def main() -> None:
    store = await JsonFileStore.open(Path(sys.argv[1]), watch=False)
    opened = await open_history(store)
    say(f"ready {opened.journal.epoch}")
    await asyncio.gather(*(write(store, opened.journal, number, int(sys.argv[2])) for number in range(WRITERS)))


asyncio.run(main())
