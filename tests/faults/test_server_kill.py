"""A server is killed again and again while many write to it: what it answered holds, and nothing happens twice."""

import asyncio
import json
import random
from collections import Counter
from itertools import count

from maestro_tui.services.locks import finish_writes
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history

WRITERS = 8


class Ledger:
    """What was asked for and what was answered."""

    def __init__(self):
        self.keys = count()
        self.tasks = {}  # key -> id, as answered
        self.revisions = {}  # task id -> the highest revision answered
        self.notes = {}  # key -> task id: timeline entries answered
        self.steps = {}  # key -> (task id, subtask id)
        self.sessions = {}  # key -> id
        self.patches = 0

    @property
    def acknowledged(self):
        return len(self.tasks) + len(self.notes) + len(self.steps) + len(self.sessions) + self.patches


class Writer:
    """Makes tasks and changes them, each request under a key of its own that is sent until it is answered."""

    def __init__(self, server, ledger, project, number, seed):
        self._server, self._ledger, self._project = server, ledger, project
        self._chance = random.Random(seed * 1000 + number)
        self._own = []
        self.stopped = False

    async def run(self, http):
        while not self.stopped:
            await self._act(http)

    async def _act(self, http):
        key = f"key-{next(self._ledger.keys)}"
        action = self._chance.choice(["task", "task", "note", "step", "patch", "session"]) if self._own else "task"
        task = self._chance.choice(self._own) if self._own else None
        body = {"projectId": self._project, "title": key, "taskIds": [task], "name": key, "message": key}
        match action:
            case "task":
                answer = await self._server.ask(http, "POST", "/api/tasks", body, key)
                self._own.append(answer["id"])
                self._ledger.tasks[key] = answer["id"]
            case "note":
                await self._server.ask(http, "POST", f"/api/tasks/{task}/timeline", body, key)
                self._ledger.notes[key] = task
            case "step":
                answer = await self._server.ask(http, "POST", f"/api/tasks/{task}/subtasks", body, key)
                self._ledger.steps[key] = task, answer["id"]
            case "patch":
                answer = await self._server.ask(http, "PATCH", f"/api/tasks/{task}", {"description": key}, key)
                self._ledger.patches += 1
                known = self._ledger.revisions.get(task, 0)
                assert answer["revision"] > known
                self._ledger.revisions[task] = answer["revision"]
            case "session":
                answer = await self._server.ask(http, "POST", "/api/sessions", body, key)
                self._ledger.sessions[key] = answer["id"]


async def test_kill_minus_nine_of_a_writing_server(server_process, http, report, long, seed):
    cycles = 200 if long else 6
    chance, ledger = random.Random(seed), Ledger()
    await server_process.start()
    project = (await server_process.ask(http, "POST", "/api/projects", {"name": "p"}, "project"))["id"]
    writers = [Writer(server_process, ledger, project, number, seed) for number in range(WRITERS)]
    async with asyncio.TaskGroup() as writing:
        for writer in writers:
            writing.create_task(writer.run(http))
        for _ in range(cycles):
            await asyncio.sleep(chance.uniform(0.02, 0.5))  # the moment of the kill is the test
            await server_process.kill()
            await server_process.start()
        for writer in writers:
            writer.stopped = True
    await server_process.stop()
    found = await inspect(server_process.home, ledger)
    report(
        kills=cycles,
        writers=WRITERS,
        acknowledged=ledger.acknowledged,
        attempts=server_process.attempts,
        replayed=server_process.replayed,
        **found,
    )


async def inspect(home, ledger):
    """Hold the files and the journal against what was answered. Returns the counts for the report."""
    damaged = unreadable(home.data)
    store = await JsonFileStore.open(home.data, watch=False)
    try:
        assert store.findings() == ()
        tasks = {task.id: task for task in (await store.tasks.find(TaskQuery())).items}
        sessions = {path.stem for path in (home.data / "sessions").glob("*.json")}
        titles = Counter(task.title for task in tasks.values())
        notes = Counter(entry.message for task in tasks.values() for entry in task.timeline)
        steps = Counter(step.title for task in tasks.values() for step in task.subtasks)
        names = Counter(
            json.loads((home.data / "sessions" / f"{one}.json").read_bytes())["name"] for one in sessions
        )
        made = (titles, notes, steps, names)
        doubled = sum(number > 1 for counter in made for number in counter.values())
        lost = [key for key, one in ledger.tasks.items() if one not in tasks or tasks[one].title != key]
        lost += [key for key, one in ledger.notes.items() if key not in notes or one not in tasks]
        lost += [
            key for key, (one, step) in ledger.steps.items() if step not in {s.id for s in tasks[one].subtasks}
        ]
        lost += [key for key, one in ledger.sessions.items() if one not in sessions]
        lost += [one for one, revision in ledger.revisions.items() if tasks[one].revision < revision]
        events, gaps, backwards = await journal_of(store, tasks)
    finally:
        await finish_writes()
        await store.close()
    counts = {"lost": len(lost), "doubled": doubled, "damaged": len(damaged), "events": events}
    counts |= {"journal_gaps": gaps, "revisions_backwards": backwards, "documents": len(tasks) + len(sessions)}
    assert (lost, doubled, damaged, gaps, backwards) == ([], 0, [], 0, 0), counts
    return counts


def unreadable(data):
    damaged = []
    for path in data.rglob("*.json"):
        try:
            assert json.loads(path.read_bytes())["id"] == path.stem
        except (ValueError, KeyError, AssertionError):
            damaged.append(path)
    assert not list(data.rglob("*.broken")), "the journal was given up"
    return damaged


async def journal_of(store, tasks):
    """How many events; gaps between their numbers; revisions that go back. The last told is the one in force."""
    opened = await open_history(store)
    try:
        entries, position = [], 0
        while batch := await opened.journal.read(position, 5000):
            entries += batch
            position = batch[-1].seq
        numbers = [entry.seq for entry in entries]
        gaps = sum(number != expected for expected, number in enumerate(numbers, start=1))
        told, backwards = {}, 0
        for entry in entries:
            if entry.event.name.value in ("task:created", "task:updated"):
                data = entry.event.data
                backwards += data["revision"] < told.get(data["id"], 0)
                told[data["id"]] = data["revision"]
        assert told == {one: task.revision for one, task in tasks.items()}
        return len(entries), gaps, backwards
    finally:
        await opened.history.close()
