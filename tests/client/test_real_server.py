"""The client on the real application: the mirror equals the services' state, and no cut cable shows."""

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from maestro_tui.client.address import Address, discovered
from maestro_tui.client.connection import Phase
from maestro_tui.client.errors import ApiError
from maestro_tui.client.events import Timing
from maestro_tui.client.feed import Feed
from maestro_tui.client.items import Snapshot, WireEvent
from maestro_tui.config.settings import Settings
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.requests.tasks import (
    AddTimelineEntry,
    CreateSubtask,
    CreateTask,
    UpdateSubtask,
    UpdateTask,
)
from maestro_tui.domain.status import SessionStatus, TaskStatus
from maestro_tui.paths import Home
from maestro_tui.server.keys import DEPENDENCIES
from maestro_tui.server.protocol import stop_accepting
from maestro_tui.server.serving import serve
from maestro_tui.services.announcements import about_task
from maestro_tui.store.base import SessionQuery, TaskQuery
from maestro_tui.store.memory import MemoryStore
from tests.ports import own_port


class Cable:
    """A TCP relay that can be cut: every byte goes through until then."""

    def __init__(self, port):
        self.target, self.port = port, 0
        self._server, self._writers, self._silenced = None, set(), set()
        self.cuts = self.calls = 0
        self._tells_ends, self._over = True, asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._over.set()
        await stop_accepting(self._server)
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def silence(self, *, ends=True):
        """From now on nothing goes through the connections there are. ends: but that one of them was closed."""
        self._silenced |= self._writers
        self._tells_ends = ends

    def cut(self):
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()

    async def _relay(self, reader, writer):
        self.calls += 1
        pair = [writer]
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
            pair.append(there_writer)
            self._writers.update(pair)
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        finally:
            self._writers.difference_update(pair)
            for one in pair:
                one.transport.abort()

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(65_536):
                if writer in self._silenced:
                    continue
                writer.write(data)
                await writer.drain()
            if writer in self._silenced and not self._tells_ends:
                await self._over.wait()
        except ConnectionError:
            return
        finally:
            writer.close()


@pytest.fixture
def home(tmp_path):
    root = tmp_path / "home"
    return Home(root, data=root / "data", sessions=root / "sessions", skill_library=tmp_path / "library")


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def start(home, store):
    @asynccontextmanager
    async def start(port=0, **server):
        settings = Settings.model_validate({"server": server})
        async with serve(home, settings, port=port, store=store) as info:
            yield info

    return start


@pytest.fixture
def join(at_once):
    def join(url, token, **options):
        return Feed(url, token, delays=at_once, **options)

    return join


async def state(info):
    """What the services hold, as a mirror is told it."""
    services = info.app[DEPENDENCIES].services
    tasks = (await services.tasks.find(TaskQuery(), OWNER)).items
    sessions = (await services.sessions.find(SessionQuery(), OWNER)).items
    return (
        {project.id: project for project in await services.projects.list(OWNER)},
        {task.id: task for task in tasks},
        {session.id: session.model_copy(update={"timeline": session.timeline[-20:]}) for session in sessions},
    )


def held(mirror):
    sessions = {
        key: session.model_copy(update={"timeline": session.timeline[-20:]})
        for key, session in mirror.sessions.items()
    }
    return mirror.projects, mirror.tasks, sessions


class Person:
    """Does one random thing after the other through the API."""

    def __init__(self, api, chance):
        self._api, self._chance = api, chance
        self._projects, self._tasks, self._sessions = [], [], []

    async def act(self):
        actions = [self._new_project, self._new_task]
        if self._tasks:
            actions += [self._change_task, self._subtasks, self._say, self._spawn, self._delete_task]
        if self._sessions:
            actions += [self._end_session]
        try:
            await self._chance.choice(actions)()
        except ApiError as error:
            if error.http_status not in (404, 409, 422, 429):
                raise

    async def _new_project(self):
        if len(self._projects) < 3:
            self._projects.append((await self._api.create_project(CreateProject(name="p"))).id)

    async def _new_task(self):
        if self._projects:
            parent = self._chance.choice([None, *self._tasks])
            project = self._chance.choice(self._projects)
            task = await self._api.create_task(CreateTask(project_id=project, title="t", parent_id=parent))
            self._tasks.append(task.id)

    async def _change_task(self):
        status = self._chance.choice(list(TaskStatus))
        reason = "because" if status is TaskStatus.BLOCKED else None
        await self._api.update_task(self._chance.choice(self._tasks), UpdateTask(status=status, reason=reason))

    async def _subtasks(self):
        task = self._chance.choice(self._tasks)
        step = await self._api.create_subtask(task, CreateSubtask(title="s"))
        await self._api.update_subtask(task, step.id, UpdateSubtask(completed=True))

    async def _say(self):
        await self._api.add_task_entry(self._chance.choice(self._tasks), AddTimelineEntry(message="m"))

    async def _spawn(self):
        task = await self._api.task(self._chance.choice(self._tasks))
        session = await self._api.spawn(projectId=task.project_id, taskIds=[task.id], name="s", spawnSource="ui")
        self._sessions.append(session.id)

    async def _end_session(self):
        session = self._sessions.pop()
        await self._api.update_session(session, UpdateSession(status=SessionStatus.STOPPED))

    async def _delete_task(self):
        if self._chance.random() < 0.3:
            await self._api.delete_task(self._tasks.pop(self._chance.randrange(len(self._tasks))))


async def test_the_mirror_equals_the_state_however_often_the_cable_is_cut(start, join):
    chance = random.Random(11)
    async with (
        start() as info,
        Cable(int(info.url.rsplit(":", 1)[1])) as cable,
        join(cable.url, info.token) as feed,
        join(info.url, info.token) as steady,
    ):
        seen = []
        feed.subscribe(lambda item, _changes: seen.append(item.seq) if isinstance(item, WireEvent) else None)
        await feed.ready()
        person = Person(steady.api, chance)
        for number in range(200):
            await person.act()
            if number % 9 == 0:
                cable.cut()
            if number % 20 == 0:
                await feed.until(lambda feed: feed.connection.is_online)
        last = info.app[DEPENDENCIES].services.journal.seq
        for one in (feed, steady):
            await one.until(lambda feed: feed.mirror.seq == last)
            assert held(one.mirror) == await state(info)
        assert seen == list(range(1, last + 1))
        assert last > 200
        assert cable.cuts > 20


async def test_a_flood_of_updates_is_thinned_and_the_newest_arrive(start, join):
    async with start() as info, join(info.url, info.token) as feed:
        await feed.ready()
        seen = []
        feed.subscribe(lambda item, _changes: seen.append(item.seq))
        services = info.app[DEPENDENCIES].services
        project = await services.projects.create(CreateProject(name="p"), OWNER)
        tasks = [
            await services.tasks.create(CreateTask(project_id=project.id, title="t"), OWNER) for _ in range(3)
        ]
        events = []
        for number in range(1500):
            changed = tasks[number % 3].model_copy(update={"title": f"t{number}"})
            tasks[number % 3] = saved = await services.store.tasks.save(changed)
            events.append(about_task(EventName.TASK_UPDATED, saved, number))
        await services.bus.publish(*events)
        await feed.until(lambda feed: feed.mirror.seq == services.journal.seq)
        assert held(feed.mirror) == await state(info)
        assert seen == sorted(set(seen))
        assert len(seen) < 400
        assert not any(moment.phase is Phase.RECONNECTING for moment in feed.connection.history)


async def test_who_cannot_keep_up_is_closed_and_resumes(start, join):
    async with start() as info, join(info.url, info.token) as feed:
        await feed.ready()
        seen = []
        feed.subscribe(lambda item, _changes: seen.append(item.seq))
        services = info.app[DEPENDENCIES].services
        project = await services.projects.create(CreateProject(name="p"), OWNER)
        blank = await services.tasks.create(CreateTask(project_id=project.id, title="t"), OWNER)
        tasks = [
            await services.store.tasks.add(blank.model_copy(update={"id": f"t{number}"})) for number in range(2000)
        ]
        await services.bus.publish(*(about_task(EventName.TASK_CREATED, task, 1) for task in tasks))
        await feed.until(lambda feed: feed.mirror.seq == services.journal.seq)
        assert held(feed.mirror) == await state(info)
        assert seen == list(range(1, 2003))
        assert any("4201" in moment.message for moment in feed.connection.history)


async def test_a_post_through_a_cut_cable_happens_once(start, join):
    async with (
        start() as info,
        Cable(int(info.url.rsplit(":", 1)[1])) as cable,
        join(cable.url, info.token) as feed,
    ):
        await feed.ready()
        project = await feed.api.create_project(CreateProject(name="p"))
        creating = [
            asyncio.create_task(
                feed.submit("POST", "/api/tasks", {"projectId": project.id, "title": f"t{number}"}, label="t")
            )
            for number in range(30)
        ]
        while not all(one.done() for one in creating):
            cable.cut()
            await asyncio.wait(creating, timeout=0.02)
        await feed.until(lambda feed: feed.connection.is_online and feed.connection.queued == 0)
        tasks = (await info.app[DEPENDENCIES].services.tasks.find(TaskQuery(), OWNER)).items
        assert sorted(task.title for task in tasks) == sorted(f"t{number}" for number in range(30))


@pytest.mark.parametrize("ends", [True, False])
async def test_a_network_that_fell_silent_holds_up_no_attempt_after_it(start, join, ends):
    async with (
        start(heartbeatSeconds=2.0) as info,
        Cable(int(info.url.rsplit(":", 1)[1])) as cable,
        # An attempt on one of the dead connections would wait for as long as it may: longer than this test.
        join(cable.url, info.token, timing=Timing(connect=600.0)) as feed,
    ):
        await feed.ready()
        await asyncio.gather(*(feed.api.projects() for _ in range(3)))  # their connections are kept
        calls, phases = cable.calls, []
        feed.watch_connection(lambda connection: phases.append(connection.phase))
        cable.silence(ends=ends)
        await feed.until(lambda _: Phase.RECONNECTING in phases, 40)
        await feed.until(lambda feed: feed.connection.is_online, 40)
        assert cable.calls > calls, "it was a new connection"
        async with asyncio.timeout(20):  # a request on one of the dead connections would take 30 s
            assert await feed.api.projects() == []


async def test_a_new_server_on_the_same_documents(start, join):
    port = own_port()
    async with start(port) as info:
        feed = join(info.url, info.token)
        async with feed:
            await feed.ready()
            project = await feed.api.create_project(CreateProject(name="p"))
    assert feed.connection.phase is not Phase.REFUSED
    async with start(port) as again, join(again.url, again.token) as feed:
        items = []
        feed.subscribe(lambda item, _changes: items.append(item))
        await feed.ready()
        assert set(feed.mirror.projects) == {project.id}
        assert isinstance(items[0], Snapshot)
        assert again.epoch != info.epoch


async def test_the_server_that_takes_over_is_found_with_its_new_token_and_port(start, join, home):
    async with start() as info:
        feed = join(info.url, info.token, locate=discovered(home), timing=Timing(look=0.05))
        await feed.__aenter__()
        await feed.ready()
    try:
        await feed.until(lambda feed: feed.connection.attempt > 0)
        port = own_port()
        async with start(port) as again:
            await feed.ready()
            assert feed.connection.url == again.url
            project = await feed.api.create_project(CreateProject(name="p"))
            await feed.until(lambda feed: project.id in feed.mirror.projects)
        async with start(port) as third:
            await feed.ready()
            assert third.token != again.token
    finally:
        await feed.__aexit__(None, None, None)


async def test_a_refused_client_follows_the_address(start, join):
    async with start() as info:
        address = [None]
        timing = Timing(look=0.02)
        async with join(info.url, "wrong", locate=lambda: address[0], timing=timing) as feed:
            await feed.until(lambda feed: feed.connection.phase is Phase.REFUSED)
            address[0] = Address(info.url, info.token)
            await feed.ready()


async def test_a_server_that_stops_says_goodbye_and_a_wrong_token_is_refused(start, join):
    port = own_port()
    async with start(port) as info:
        feed = join(info.url, info.token)
        await feed.__aenter__()
        await feed.ready()
    try:
        await feed.until(lambda feed: feed.connection.attempt > 0)
        async with start(port):  # with another owner's token
            await feed.until(lambda feed: feed.connection.phase is Phase.REFUSED)
            assert "401" in feed.connection.last_error
    finally:
        await feed.__aexit__(None, None, None)


async def test_one_runner_wins_a_session_and_reports_with_its_fence(start, join):
    async with (
        start() as info,
        join(info.url, info.token, runner_id="one") as one,
        join(info.url, info.token, runner_id="two") as two,
    ):
        await one.ready()
        await two.ready()
        project = await one.api.create_project(CreateProject(name="p"))
        task = await one.api.create_task(CreateTask(project_id=project.id, title="t"))
        session = await one.api.spawn(projectId=project.id, taskIds=[task.id], name="worker", spawnSource="ui")
        await two.until(lambda feed: session.id in feed.mirror.sessions)
        assert two.mirror.tasks[task.id].session_ids == (session.id,)
        claim = await one.api.claim(session.id, "one", 10_000)
        assert claim.token.startswith("mst_")
        assert claim.api_url
        with pytest.raises(ApiError) as caught:
            await two.api.claim(session.id, "two", 10_000)
        assert caught.value.http_status == 409
        assert (await one.api.renew(session.id, "one", claim.lease.fence, 20_000)).fence == claim.lease.fence
        report = UpdateSession(status=SessionStatus.RUNNING, pid=4711, hostname="here", fence=claim.lease.fence)
        await one.api.update_session(session.id, report)
        await two.until(lambda feed: feed.mirror.sessions[session.id].status is SessionStatus.RUNNING)
        assert two.mirror.sessions[session.id].lease == (await two.api.session(session.id)).lease


async def test_a_stale_revision_is_a_conflict(start, join):
    async with start() as info, join(info.url, info.token) as feed:
        await feed.ready()
        project = await feed.api.create_project(CreateProject(name="p"))
        task = await feed.api.create_task(CreateTask(project_id=project.id, title="t"))
        await feed.api.update_task(task.id, UpdateTask(title="u"), revision=task.revision)
        with pytest.raises(ApiError) as caught:
            await feed.api.update_task(task.id, UpdateTask(title="v"), revision=task.revision)
        assert caught.value.code == "CONFLICT"
        await feed.caught_up()
        assert feed.mirror.tasks[task.id].title == "u"


async def test_a_sessions_agent_sees_its_project_alone(start, join):
    async with start() as info, join(info.url, info.token) as owner:
        await owner.ready()
        mine = await owner.api.create_project(CreateProject(name="mine"))
        other = await owner.api.create_project(CreateProject(name="other"))
        task = await owner.api.create_task(CreateTask(project_id=mine.id, title="t"))
        session = await owner.api.spawn(projectId=mine.id, taskIds=[task.id], name="worker", spawnSource="ui")
        claim = await owner.api.claim(session.id, "one", 10_000)
        async with join(info.url, claim.token) as agent:
            await agent.ready()
            for number in range(5):
                await owner.api.create_task(CreateTask(project_id=other.id, title=f"secret {number}"))
            await owner.api.update_task(task.id, UpdateTask(title="visible"))
            await agent.until(lambda feed: feed.mirror.tasks[task.id].title == "visible")
            assert set(agent.mirror.projects) == {mine.id}
            assert set(agent.mirror.tasks) == {task.id}


async def test_a_person_decides_about_spawns_and_tries_one_again(start, join):
    async with start() as info, join(info.url, info.token) as owner:
        project = await owner.api.create_project(CreateProject(name="p"))
        task = await owner.api.create_task(CreateTask(project_id=project.id, title="t"))
        session = await owner.api.spawn(projectId=project.id, taskIds=[task.id], name="worker", spawnSource="ui")
        await owner.api.pause_spawning(paused=True, reason="enough")
        assert (await owner.api.spawning())["reason"] == "enough"
        await owner.api.update_session(session.id, UpdateSession(status=SessionStatus.STOPPED))
        with pytest.raises(ApiError, match="paused"):
            await owner.api.restart_session(session.id)
        await owner.api.pause_spawning(paused=False)
        again = await owner.api.restart_session(session.id)
        assert (again.restart_of, again.spawn_source) == (session.id, "ui")
        assert (await owner.api.spawning(project.id))["live"] == 1
        for decide in (owner.api.approve_session(again.id), owner.api.deny_session(again.id, "no")):
            with pytest.raises(ApiError, match="nothing to decide"):
                await decide
