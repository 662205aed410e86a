"""The same services over real files: races with real waits, edits by hand, and a restart."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from maestro_tui.config.settings import SpawnPolicy
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Conflict
from maestro_tui.domain.requests.claims import ClaimSession
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.requests.tasks import CreateSubtask
from maestro_tui.domain.status import SessionStatus
from maestro_tui.services.locks import finish_writes
from maestro_tui.store.base import SessionQuery
from maestro_tui.store.opening import open_store


@pytest.fixture
def opened(make_house, home):
    @asynccontextmanager
    async def open_house(**settings):
        store = await open_store(home)
        try:
            yield make_house(store=store, **settings)
        finally:
            await finish_writes()
            await store.close()

    return open_house


def by(number, fence=None):
    return ClaimSession(runner_id=f"r{number}", fence=fence)


async def test_of_many_runners_exactly_one_wins_every_time(opened):
    async with opened() as house:
        project = await house.project()
        for _ in range(5):
            session = await house.session(project, status=SessionStatus.SPAWNING)
            attempts = (house.services.claims.claim(session.id, by(number), OWNER) for number in range(20))
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            assert sum(isinstance(one, Conflict) for one in outcomes) == 19


async def test_writers_of_one_document_all_get_through(opened):
    async with opened() as house:
        task = await house.task(await house.project())
        add = house.services.subtasks.create
        await asyncio.gather(*(add(task.id, CreateSubtask(title=str(number)), OWNER) for number in range(30)))
        kept = await house.services.tasks.get(task.id, OWNER)
        assert (len(kept.subtasks), kept.revision) == (30, 31)
        told = [entry.event.data["revision"] for entry in house.heard if entry.event.name == "task:updated"]
        assert told == list(range(2, 32))


async def test_the_live_limit_holds_when_all_ask_at_once(opened):
    async with opened(spawn=SpawnPolicy(max_live=2)) as house:
        project = await house.project()
        body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
        attempts = (house.services.spawning.spawn(body, OWNER) for _ in range(6))
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(one, BaseException) for one in outcomes) == 4
        found = await house.services.sessions.find(SessionQuery(live=True), OWNER)
        assert found.total == 2


async def test_a_cancelled_request_leaves_no_document_untold(opened):
    async with opened() as house:
        project = await house.project()
        requests = [asyncio.create_task(house.task(project, str(number))) for number in range(20)]
        for delay, request in enumerate(requests):
            for _ in range(delay):
                await asyncio.sleep(0)
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        await finish_writes()
        tree = await house.services.tasks.tree(project.id, OWNER)
        told = [entry.event.data["id"] for entry in house.heard if entry.event.name == "task:created"]
        assert sorted(told) == sorted(node["id"] for node in tree)


async def test_an_edit_by_hand_is_told_with_the_sessions_of_the_task(opened, home):
    async with opened() as house:
        project = await house.project()
        task = await house.task(project)
        session = await house.session(project, task)
        heard = asyncio.Event()
        house.services.bus.subscribe(lambda entry: heard.set())
        following = asyncio.create_task(house.services.external.follow())
        path = home.data / "tasks" / project.id / f"{task.id}.json"
        document = json.loads(path.read_text())
        path.write_text(json.dumps(document | {"title": "By hand"}))
        async with asyncio.timeout(10):
            await heard.wait()
        following.cancel()
        data = house.heard[-1].event.data
        assert (data["title"], data["sessionIds"]) == ("By hand", [session.id])


async def test_a_restart_keeps_fences_tokens_and_what_is_unclaimed(opened):
    async with opened() as house:
        project = await house.project()
        body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
        running, waiting = [await house.services.spawning.spawn(body, OWNER) for _ in range(2)]
        await house.services.claims.claim(running.id, by(1), OWNER)
        report = UpdateSession(status=SessionStatus.RUNNING, fence=1)
        await house.services.sessions.update(running.id, report, OWNER)
        token = house.services.tokens.for_session(running.id)
    async with opened() as house:
        assert (await house.services.tokens.resolve(token, "owner")).session_id == running.id
        assert (await house.services.claims.renew(running.id, by(1, fence=1), OWNER)).fence == 1
        assert (await house.services.claims.claim(waiting.id, by(2), OWNER)).fence == 1
