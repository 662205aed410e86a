"""A keyed spawn that was cut off goes on where it ended, in whatever state it finds its session."""

import pytest

from maestro_tui.config.settings import SpawnPolicy, SpawnRoles
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.attempt import Attempt
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.claims import ClaimSession
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.status import SessionStatus
from maestro_tui.services.attempts import carrying_out


@pytest.fixture
async def spawned(make_house, agent):
    """A house, and how to send one spawn again: the first time nothing is known of it."""
    house = make_house(spawn=SpawnPolicy(roles=SpawnRoles(orchestrator="ask")))
    project = await house.project()
    task = await house.task(project)
    parent = await house.session(project, task)

    async def send(*, repeated, role="worker"):
        body = {"projectId": project.id, "taskIds": [task.id], "role": role}
        with carrying_out(Attempt(("the", "key"), house.clock(), repeated=repeated)):
            return await house.services.spawning.spawn(body, agent(parent))

    return house, task, send


async def starts(house, task):
    """The sessions of which the task's timeline says that they were started."""
    timeline = (await house.services.tasks.get(task.id, OWNER)).timeline
    return [entry.session_id for entry in timeline if entry.type == "session_started"]


async def test_one_that_waits_for_a_runner_is_asked_for_again(spawned):
    house, task, send = spawned
    first, again = await send(repeated=False), await send(repeated=True)
    assert again.id == first.id
    assert [data["sessionId"] for data in house.of(EventName.SESSION_SPAWN_REQUEST)] == [first.id] * 2
    assert house.of(EventName.SESSION_SPAWN_REQUEST)[0] == house.of(EventName.SESSION_SPAWN_REQUEST)[1]
    assert await starts(house, task) == [first.id]


async def test_one_that_runs_meanwhile_is_not(spawned):
    house, task, send = spawned
    first = await send(repeated=False)
    await house.services.claims.claim(first.id, ClaimSession(runner_id="r"), OWNER)
    await house.services.sessions.update(first.id, UpdateSession(status=SessionStatus.RUNNING, fence=1), OWNER)
    assert (await send(repeated=True)).status is SessionStatus.RUNNING
    assert len(house.of(EventName.SESSION_SPAWN_REQUEST)) == 1
    assert await starts(house, task) == [first.id]


async def test_one_that_waits_for_a_person_asks_the_person_again(spawned):
    house, task, send = spawned
    first = await send(repeated=False, role="orchestrator")
    assert (await send(repeated=True, role="orchestrator")).id == first.id
    assert [data["sessionId"] for data in house.of(EventName.NOTIFY_NEEDS_INPUT)] == [first.id] * 2
    assert not house.of(EventName.SESSION_SPAWN_REQUEST)
    assert await starts(house, task) == []


async def test_one_that_was_approved_meanwhile_is_started_once_in_the_timeline(spawned):
    house, task, send = spawned
    first = await send(repeated=False, role="orchestrator")
    await house.services.approvals.approve(first.id, OWNER)
    await send(repeated=True, role="orchestrator")
    assert await starts(house, task) == [first.id]


async def test_one_that_was_denied_meanwhile_was_never_started(spawned):
    house, task, send = spawned
    first = await send(repeated=False, role="orchestrator")
    await house.services.approvals.deny(first.id, "no", OWNER)
    assert (await send(repeated=True, role="orchestrator")).status is SessionStatus.STOPPED
    assert not house.of(EventName.SESSION_SPAWN_REQUEST)
    assert await starts(house, task) == []


async def test_one_whose_brief_is_gone_stays_the_one_session(spawned):
    house, _, send = spawned
    first = await send(repeated=False)
    for path in house.home.session(first.id).iterdir():
        path.unlink()
    assert (await send(repeated=True)).id == first.id
    assert len(house.of(EventName.SESSION_SPAWN_REQUEST)) == 1
