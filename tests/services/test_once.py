"""A request that comes again finds what it made, whatever became of its answer."""

import pytest

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import RequestMark
from maestro_tui.domain.errors import BusinessRuleBroken
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests import (
    AddSessionEvent,
    AddSessionTimelineEntry,
    AddTimelineEntry,
    CreateProject,
    CreateSession,
    CreateSubtask,
    CreateTask,
)
from maestro_tui.services.idempotency import KEEP_MS
from maestro_tui.store.base import SessionQuery


def asking(body="b", at=0, digest="d"):
    return Actor(request=RequestMark(digest=digest, body=body, at=at))


async def project(house, known, actor):
    return await house.services.projects.create(CreateProject(name="new"), actor)


async def task(house, known, actor):
    return await house.services.tasks.create(CreateTask(project_id=known.project_id, title="new"), actor)


async def subtask(house, known, actor):
    return await house.services.subtasks.create(known.id, CreateSubtask(title="new"), actor)


async def entry(house, known, actor):
    return await house.services.tasks.add_timeline(known.id, AddTimelineEntry(message="new"), actor)


async def session(house, known, actor):
    body = CreateSession(project_id=known.project_id, task_ids=(known.id,), id="mine")
    return await house.services.sessions.create(body, actor)


async def spawn(house, known, actor):
    body = {"projectId": known.project_id, "taskIds": [known.id]}
    return await house.services.spawning.spawn(body, actor)


async def session_event(house, known, actor):
    return await house.services.sessions.add_event("sess_1", AddSessionEvent(type="new"), actor)


async def session_entry(house, known, actor):
    return await house.services.sessions.add_timeline("sess_1", AddSessionTimelineEntry(message="new"), actor)


def changes(house):
    """What was announced of documents: every change of one is."""
    return [name for name in house.names() if name.endswith((":created", ":updated"))]


EVERYTHING = (project, task, subtask, entry, session, spawn, session_event, session_entry)


@pytest.fixture
async def known(house):
    """A task in a project that also has the session sess_1."""
    task = await house.task(await house.project())
    await house.services.sessions.create(CreateSession(project_id=task.project_id, id="sess_1"), Actor())
    return task


@pytest.mark.parametrize("make", EVERYTHING)
async def test_again_makes_nothing(house, known, make):
    first = await make(house, known, asking())
    told = changes(house)
    assert (await make(house, known, asking(at=KEEP_MS - 1))) == first
    assert changes(house) == told


@pytest.mark.parametrize("make", EVERYTHING)
async def test_another_body_is_refused(house, known, make):
    await make(house, known, asking())
    with pytest.raises(BusinessRuleBroken, match="another body"):
        await make(house, known, asking(body="c"))


@pytest.mark.parametrize("make", [project, task, subtask])
async def test_another_key_or_the_same_a_day_later_makes_another(house, known, make):
    made = [await make(house, known, asking(at=at, digest=digest)) for at, digest in ((0, "d"), (0, "e"))]
    house.clock.pass_seconds(KEEP_MS / 1000)
    made += [await make(house, known, asking(at=KEEP_MS)), await make(house, known, asking(at=KEEP_MS))]
    assert len({one.id for one in made}) == 3
    assert made[-1].id == made[-2].id


async def test_a_spawn_that_comes_again_asks_again_while_nobody_took_it(house, known):
    first = await spawn(house, known, asking())
    await spawn(house, known, asking())
    assert house.names().count("session:created") == 2
    assert [data["sessionId"] for data in house.of(EventName.SESSION_SPAWN_REQUEST)] == [first.id] * 2
    one, other = house.of(EventName.SESSION_SPAWN_REQUEST)
    assert one == other
    told = await house.services.tasks.get(known.id, Actor())
    assert [entry.type for entry in told.timeline] == ["session_started"]


async def test_a_spawn_that_comes_again_after_its_session_ended_asks_nobody(house, known):
    first = await spawn(house, known, asking())
    house.clock.pass_seconds(3600)
    await house.services.claims.expire_unclaimed()
    assert (await spawn(house, known, asking())).id == first.id
    assert len(house.of(EventName.SESSION_SPAWN_REQUEST)) == 1
    assert (await house.services.store.sessions.find(SessionQuery())).total == 2


async def test_what_was_made_without_a_key_says_nothing_of_requests(house, known):
    assert "request" not in known.to_wire()
    assert "request" not in known.model_dump_json()
