"""Tasks and subtasks under any sequence of commands behave like two dictionaries.

A second model is fed by the events alone: what a client that listens ends up with is what
the services answer.
"""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from maestro_tui.config.settings import Settings
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import BusinessRuleBroken, NotFound
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.tasks import (
    AddTimelineEntry,
    CreateSubtask,
    CreateTask,
    UpdateSubtask,
    UpdateTask,
)
from maestro_tui.domain.status import TaskStatus
from maestro_tui.paths import Home
from maestro_tui.services.wiring import build_services
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.memory import MemoryStore

TITLES = st.sampled_from(["plan", "build", "test"])


class Board(RuleBasedStateMachine):
    tasks = Bundle("tasks")
    steps = Bundle("steps")

    @initialize()
    def open(self):
        self.loop = asyncio.new_event_loop()
        self.now = 1_700_000_000_000
        self.services = build_services(
            store=MemoryStore(),
            settings=Settings(),
            home=Home.from_environment({"HOME": "/nowhere"}),
            skills=SkillLibrary([]),
            signing_key=b"k",
            clock=self.tick,
        )
        self.model = {}  # id -> {title, parent, status, reason, started, completed, steps: [[id, title, done]]}
        self.heard = {}  # id -> task as last told
        self.services.bus.subscribe(self.listen)
        self.project = self.run(self.services.projects.create(CreateProject(name="p"), OWNER))

    def teardown(self):
        if hasattr(self, "loop"):
            self.loop.close()

    def tick(self):
        self.now += 1
        return self.now

    def run(self, awaitable):
        async def wait():
            return await awaitable

        return self.loop.run_until_complete(wait())

    def listen(self, entry):
        name, data = entry.event.name.value, entry.event.data
        if name in ("task:created", "task:updated"):
            assert data["revision"] > self.heard.get(data["id"], {"revision": 0})["revision"]
            self.heard[data["id"]] = data
        elif name == "task:deleted":
            assert not any(task["parentId"] == data["id"] for task in self.heard.values())
            del self.heard[data["id"]]

    @rule(target=tasks, title=TITLES)
    def create(self, title):
        return self._create(title, None)

    @rule(target=tasks, title=TITLES, parent=tasks)
    def create_below(self, title, parent):
        if parent in self.model:
            return self._create(title, parent)
        self._expect(NotFound, lambda: self._create(title, parent))
        return multiple()

    @rule(task=tasks, status=st.sampled_from(TaskStatus), reason=st.sampled_from([None, "keys"]))
    def move(self, task, status, reason):
        body = UpdateTask(status=status) if reason is None else UpdateTask(status=status, reason=reason)
        send = lambda: self.run(self.services.tasks.update(task, body, OWNER))  # noqa: E731
        if task not in self.model:
            return self._expect(NotFound, send)
        updated, known = send(), self.model[task]
        if known["status"] != status:
            known["reason"] = None
        known["status"] = status
        known["started"] |= status is TaskStatus.IN_PROGRESS
        if reason and status in (TaskStatus.BLOCKED, TaskStatus.CANCELLED):
            known["reason"] = reason
        assert updated.id == task
        return None

    @rule(task=tasks, message=st.sampled_from(["waiting", "going on"]))
    def say(self, task, message):
        send = lambda: self.run(self.services.tasks.add_timeline(task, AddTimelineEntry(message=message), OWNER))  # noqa: E731
        if task not in self.model:
            return self._expect(NotFound, send)
        assert send().timeline[-1].message == message
        known = self.model[task]
        if known["status"] is TaskStatus.BLOCKED and known["reason"] is None:
            known["reason"] = message
        return None

    @rule(task=tasks, parent=st.one_of(st.none(), tasks))
    def hang(self, task, parent):
        send = lambda: self.run(self.services.tasks.update(task, UpdateTask(parent_id=parent), OWNER))  # noqa: E731
        if task not in self.model or (parent is not None and parent not in self.model):
            return self._expect(NotFound, send)
        if parent is not None and task in self._line(parent) and parent != self.model[task]["parent"]:
            return self._expect(BusinessRuleBroken, send)
        send()
        self.model[task]["parent"] = parent
        return None

    @rule(task=consumes(tasks))
    def delete(self, task):
        send = lambda: self.run(self.services.tasks.delete(task, OWNER))  # noqa: E731
        if task not in self.model:
            return self._expect(NotFound, send)
        send()
        for doomed in [one for one in self.model if task in self._line(one)]:
            del self.model[doomed]
        return None

    @rule(target=steps, task=tasks, title=TITLES)
    def add_step(self, task, title):
        send = lambda: self.run(self.services.subtasks.create(task, CreateSubtask(title=title), OWNER))  # noqa: E731
        if task not in self.model:
            self._expect(NotFound, send)
            return multiple()
        step = send()
        self.model[task]["steps"].append([step.id, title, False])
        return task, step.id

    @rule(step=steps, done=st.booleans(), order=st.one_of(st.none(), st.integers(0, 4)))
    def change_step(self, step, done, order):
        task, step_id = step
        fields = {"completed": done} if order is None else {"completed": done, "order": order}
        send = lambda: self.run(self.services.subtasks.update(task, step_id, UpdateSubtask(**fields), OWNER))  # noqa: E731
        known = self._step(task, step_id)
        if known is None:
            return self._expect(NotFound, send)
        changed = send()
        known[2] = done
        if order is not None:
            steps = self.model[task]["steps"]
            steps.remove(known)
            steps.insert(order, known)
        assert (changed.completed_at is not None) == done
        return None

    @rule(step=consumes(steps))
    def delete_step(self, step):
        task, step_id = step
        send = lambda: self.run(self.services.subtasks.delete(task, step_id, OWNER))  # noqa: E731
        known = self._step(task, step_id)
        if known is None:
            return self._expect(NotFound, send)
        send()
        self.model[task]["steps"].remove(known)
        return None

    @invariant()
    def services_equal_the_model(self):
        page = self.run(self.services.tasks.find(TaskQuery(project_id=self.project.id), OWNER))
        assert {task.id: self._seen(task) for task in page.items} == self.model

    @invariant()
    def a_listener_knows_what_the_services_answer(self):
        page = self.run(self.services.tasks.find(TaskQuery(project_id=self.project.id), OWNER))
        assert {task.id: task.to_wire() for task in page.items} == self.heard

    @invariant()
    def the_tree_holds_every_task_once(self):
        found, waiting = [], self.run(self.services.tasks.tree(self.project.id, OWNER))
        while waiting:
            node = waiting.pop()
            found.append(node["id"])
            waiting.extend(node["children"])
        assert sorted(found) == sorted(self.model)

    def _create(self, title, parent):
        body = CreateTask(project_id=self.project.id, title=title, parent_id=parent)
        task = self.run(self.services.tasks.create(body, OWNER))
        self.model[task.id] = self._seen(task)
        return task.id

    def _seen(self, task):
        assert (task.completed_at is not None) == (task.status is TaskStatus.COMPLETED)
        ordered = sorted(task.subtasks, key=lambda step: step.order)
        return {
            "title": task.title,
            "parent": task.parent_id,
            "status": task.status,
            "reason": task.reason,
            "started": task.started_at is not None,
            "steps": [[step.id, step.title, step.completed] for step in ordered],
        }

    def _line(self, task):
        line = []
        while task is not None:
            line.append(task)
            task = self.model[task]["parent"]
        return line

    def _step(self, task, step_id):
        steps = self.model.get(task, {"steps": []})["steps"]
        return next((step for step in steps if step[0] == step_id), None)

    def _expect(self, error, send):
        try:
            send()
        except error:
            return
        raise AssertionError(f"{error.__name__} was expected")


TestBoard = Board.TestCase
TestBoard.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
