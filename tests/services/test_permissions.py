"""The whole matrix: what the owner, a session, its neighbours and strangers may do."""

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Forbidden, Invalid
from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.requests.projects import CreateProject, UpdateProject
from maestro_tui.domain.requests.sessions import (
    AddSessionEvent,
    AddSessionTimelineEntry,
    CreateSession,
    UpdateSession,
)
from maestro_tui.domain.requests.tasks import (
    AddTimelineEntry,
    CreateSubtask,
    CreateTask,
    UpdateSubtask,
    UpdateTask,
)
from maestro_tui.domain.status import SessionStatus
from maestro_tui.store.base import SessionQuery, TaskQuery


class World:
    """Two projects; in the first, a worker with a task, its child, and a neighbour with its own."""

    def __init__(self, house, agent):
        self.house, self.agent, self.s = house, agent, house.services

    async def build(self):
        house = self.house
        self.project, self.foreign_project = await house.project("shop"), await house.project("bank")
        self.task = await house.task(self.project, "mine")
        self.below = await house.task(self.project, "below mine", parent_id=self.task.id)
        self.neighbours_task = await house.task(self.project, "neighbour's")
        self.foreign_task = await house.task(self.foreign_project, "foreign")
        self.me = await house.session(self.project, self.task)
        body = {"projectId": self.project.id, "taskIds": [self.below.id]}
        self.child = await self.s.spawning.spawn(body, self.agent(self.me))
        self.neighbour = await house.session(self.project, self.neighbours_task)
        self.stranger = await house.session(self.foreign_project, self.foreign_task)
        self.subtask = await self.s.subtasks.create(self.task.id, CreateSubtask(title="step"), OWNER)
        return self


@pytest.fixture
async def world(house, agent):
    return await World(house, agent).build()


NAMED = UpdateTask(title="renamed")
READS = {
    "project": lambda w, a: w.s.projects.get(w.project.id, a),
    "task": lambda w, a: w.s.tasks.get(w.task.id, a),
    "children": lambda w, a: w.s.tasks.children(w.task.id, a),
    "tree": lambda w, a: w.s.tasks.tree(w.project.id, a),
    "tasks": lambda w, a: w.s.tasks.find(TaskQuery(project_id=w.project.id), a),
    "subtasks": lambda w, a: w.s.subtasks.list(w.task.id, a),
    "session": lambda w, a: w.s.sessions.get(w.me.id, a),
    "sessions": lambda w, a: w.s.sessions.find(SessionQuery(project_id=w.project.id), a),
}
WRITES_IN_PROJECT = {
    "create task": lambda w, a: w.s.tasks.create(CreateTask(project_id=w.project.id, title="t"), a),
    "register session": lambda w, a: w.s.sessions.create(CreateSession(project_id=w.project.id), a),
    "spawn": lambda w, a: w.s.spawning.spawn({"projectId": w.project.id, "taskIds": [w.task.id]}, a),
}
WRITES_OF_MINE = {
    "update task": lambda w, a: w.s.tasks.update(w.task.id, NAMED, a),
    "update task below": lambda w, a: w.s.tasks.update(w.below.id, NAMED, a),
    "create below": lambda w, a: w.s.tasks.create(
        CreateTask(project_id=w.project.id, title="t", parent_id=w.task.id), a
    ),
    "delete task": lambda w, a: w.s.tasks.delete(w.below.id, a),
    "say of task": lambda w, a: w.s.tasks.add_timeline(w.task.id, AddTimelineEntry(message="m"), a),
    "create subtask": lambda w, a: w.s.subtasks.create(w.task.id, CreateSubtask(title="x"), a),
    "update subtask": lambda w, a: w.s.subtasks.update(w.task.id, w.subtask.id, UpdateSubtask(completed=True), a),
    "delete subtask": lambda w, a: w.s.subtasks.delete(w.task.id, w.subtask.id, a),
    "report": lambda w, a: w.s.tasks.update(
        w.task.id, UpdateTask(update_source="session", session_id=w.me.id, session_status="idle"), a
    ),
    "update session": lambda w, a: w.s.sessions.update(w.me.id, UpdateSession(name="n"), a),
    "update child": lambda w, a: w.s.sessions.update(w.child.id, UpdateSession(name="n"), a),
    "delete session": lambda w, a: w.s.sessions.delete(w.child.id, a),
    "say of session": lambda w, a: w.s.sessions.add_timeline(w.me.id, AddSessionTimelineEntry(message="m"), a),
    "event": lambda w, a: w.s.sessions.add_event(w.me.id, AddSessionEvent(type="x"), a),
    "link": lambda w, a: w.s.sessions.link_task(w.me.id, w.below.id, a),
    "unlink": lambda w, a: w.s.sessions.unlink_task(w.me.id, w.task.id, a),
    "spawn below": lambda w, a: w.s.spawning.spawn(
        {"projectId": w.project.id, "taskIds": [w.task.id], "spawnedBy": w.me.id}, a
    ),
}
OWNERS_ONLY = {
    "create project": lambda w, a: w.s.projects.create(CreateProject(name="p"), a),
    "update project": lambda w, a: w.s.projects.update(w.project.id, UpdateProject(name="p"), a),
    "claim": lambda w, a: w.s.claims.claim(w.child.id, ClaimSession(runner_id="r"), a),
}
OWNERS_ONLY_REFUSALS = {
    "delete project": lambda w, a: w.s.projects.delete(w.project.id, a),
    "renew": lambda w, a: w.s.claims.renew(w.child.id, ClaimSession(runner_id="r", fence=1), a),
    "release": lambda w, a: w.s.claims.release(w.child.id, ReleaseSession(runner_id="r"), a),
}
NOBODY_ELSES = {
    "link a neighbour's task": lambda w, a: w.s.sessions.link_task(w.me.id, w.neighbours_task.id, a),
    "take a neighbour's task": lambda w, a: w.s.sessions.update(
        w.me.id, UpdateSession(task_ids=(w.neighbours_task.id,)), a
    ),
    "hang a task below a neighbour's": lambda w, a: w.s.tasks.create(
        CreateTask(project_id=w.project.id, title="t", parent_id=w.neighbours_task.id), a
    ),
    "move a task below a neighbour's": lambda w, a: w.s.tasks.update(
        w.below.id, UpdateTask(parent_id=w.neighbours_task.id), a
    ),
    "give a neighbour my task": lambda w, a: w.s.tasks.update(
        w.task.id, UpdateTask(session_ids=(w.neighbour.id,)), a
    ),
    "speak for a neighbour": lambda w, a: w.s.tasks.update(
        w.task.id, UpdateTask(update_source="session", session_id=w.neighbour.id, session_status="idle"), a
    ),
}

MATRIX = [
    *((name, act, who) for name, act in READS.items() for who in ("owner", "me", "child", "neighbour")),
    *(
        (name, act, who)
        for name, act in WRITES_IN_PROJECT.items()
        for who in ("owner", "me", "child", "neighbour")
    ),
    *((name, act, who) for name, act in WRITES_OF_MINE.items() for who in ("owner", "me")),
    *((name, act, "owner") for name, act in OWNERS_ONLY.items()),
    *((name, act, "owner") for name, act in NOBODY_ELSES.items()),
]
REFUSED = [
    *(
        (name, act, "stranger")
        for acts in (READS, WRITES_IN_PROJECT, WRITES_OF_MINE)
        for name, act in acts.items()
    ),
    *((name, act, "neighbour") for name, act in WRITES_OF_MINE.items()),
    *(
        (name, act, who)
        for acts in (OWNERS_ONLY, OWNERS_ONLY_REFUSALS)
        for name, act in acts.items()
        for who in ("me", "child", "neighbour", "stranger")
    ),
    *((name, act, "me") for name, act in NOBODY_ELSES.items()),
    ("update parent", WRITES_OF_MINE["update session"], "child"),
    ("update parent's task", WRITES_OF_MINE["update task"], "child"),
]


def actor(world, who):
    return OWNER if who == "owner" else world.agent(getattr(world, who))


@pytest.mark.parametrize(("name", "act", "who"), MATRIX, ids=lambda value: value if isinstance(value, str) else "")
async def test_allowed(world, name, act, who):
    await act(world, actor(world, who))


@pytest.mark.parametrize(
    ("name", "act", "who"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.attack(23)
async def test_refused(world, name, act, who):
    announced = len(world.house.heard)
    with pytest.raises(Forbidden) as refused:
        await act(world, actor(world, who))
    assert refused.value.suggestion
    assert len(world.house.heard) == announced


async def test_a_session_sees_its_own_project_only(world):
    mine = world.agent(world.me)
    assert [project.id for project in await world.s.projects.list(mine)] == [world.project.id]
    tasks = await world.s.tasks.find(TaskQuery(), mine)
    sessions = await world.s.sessions.find(SessionQuery(), mine)
    assert {task.project_id for task in tasks.items} == {world.project.id}
    assert {session.project_id for session in sessions.items} == {world.project.id}


async def test_a_task_that_a_session_made_is_its_own(world):
    mine = world.agent(world.me)
    made = await world.s.tasks.create(CreateTask(project_id=world.project.id, title="new"), mine)
    assert made.created_by == world.me.id
    assert (await world.s.tasks.update(made.id, NAMED, mine)).title == "renamed"
    with pytest.raises(Forbidden):
        await world.s.tasks.update(made.id, NAMED, world.agent(world.neighbour))


async def test_a_task_that_a_child_made_is_its_parents_too(world):
    made = await world.s.tasks.create(CreateTask(project_id=world.project.id, title="n"), world.agent(world.child))
    assert (await world.s.tasks.update(made.id, NAMED, world.agent(world.me))).title == "renamed"


async def test_an_agent_registers_a_child_but_cannot_spawn_that_way(world):
    mine = world.agent(world.me)
    child = await world.s.sessions.create(CreateSession(project_id=world.project.id), mine)
    assert (child.parent_session_id, child.root_session_id) == (world.me.id, world.me.id)
    body = CreateSession(project_id=world.project.id, status=SessionStatus.SPAWNING)
    with pytest.raises(Invalid, match="spawn"):
        await world.s.sessions.create(body, mine)


async def test_what_an_agent_says_is_said_in_its_own_name(world):
    said = AddTimelineEntry(message="m", session_id=world.neighbour.id)
    task = await world.s.tasks.add_timeline(world.task.id, said, world.agent(world.me))
    assert task.timeline[-1].session_id == world.me.id
    body = UpdateTask(status="blocked", reason="keys")
    blocked = await world.s.tasks.update(world.task.id, body, world.agent(world.me))
    assert blocked.timeline[-1].session_id == world.me.id
