"""A mirror fed by the real wire equals the services' state, whatever happens in between.

Everything is real but the cable: services on JSON files, journal, hub, connections and their
frames on one side, the client's wire and mirror on the other. The cable is a pair of queues
that can stall, break, and lose what is on its way.
"""

import asyncio
import os
import random
import shutil
import tempfile
from collections import deque
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from maestro_tui.client.errors import PositionLost
from maestro_tui.client.items import Snapshot, WireEvent
from maestro_tui.client.mirror import Mirror
from maestro_tui.client.wire import Wire
from maestro_tui.config.settings import Settings
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.requests.projects import CreateProject, UpdateProject
from maestro_tui.domain.requests.sessions import CreateSession, UpdateSession
from maestro_tui.domain.requests.tasks import AddTimelineEntry, CreateSubtask, CreateTask, UpdateTask
from maestro_tui.domain.status import SessionStatus, TaskStatus
from maestro_tui.paths import Home
from maestro_tui.server.app import create_app
from maestro_tui.server.connection import Connection
from maestro_tui.server.dependencies import Dependencies, SocketLimits
from maestro_tui.server.hub import Channel, QueueLimits
from maestro_tui.server.keys import HUB
from maestro_tui.server.owner import OwnerToken
from maestro_tui.services.locks import finish_writes
from maestro_tui.services.wiring import build_services
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.base import SessionQuery, TaskQuery
from maestro_tui.store.json_files.history import History
from maestro_tui.store.json_files.journal import SqliteJournal
from maestro_tui.store.json_files.store import JsonFileStore

LIMITS = SocketLimits(queue=QueueLimits(events=12, soft_events=4), last_words_seconds=0.05)
CLIENTS = 3
counts = {
    "runs": 0,
    "commands": 0,
    "comparisons": 0,
    "events": 0,
    "snapshots": 0,
    "drops": 0,
    "restarts": 0,
    "resumes": 0,
    "slow": 0,
}


class Cable:
    """The server's socket: what it sends waits here for the client."""

    def __init__(self):
        self.frames, self.code = deque(), None
        self._flowing, self._closed = asyncio.Event(), asyncio.Event()
        self._flowing.set()
        self.news = asyncio.Event()

    async def send_str(self, text):
        await self._flowing.wait()
        if self._closed.is_set():
            raise ConnectionResetError
        self.frames.append(text)
        self.news.set()

    async def close(self, *, code, message):
        self.code = self.code or code
        self.end()

    def stall(self):
        """The client's window is full: sending waits."""
        self._flowing.clear()

    def flow(self):
        self._flowing.set()

    def end(self):
        self._closed.set()
        self._flowing.set()
        self.news.set()

    @property
    def is_closed(self):
        return self._closed.is_set()

    def __aiter__(self):
        return self

    async def __anext__(self):
        await self._closed.wait()
        raise StopAsyncIteration


class Client:
    """Wire and mirror, and the connection they have at the moment."""

    def __init__(self):
        self.wire, self.mirror = Wire(), Mirror()
        self.cable, self.serving = None, None
        self.told = []

    def connect(self, app, loop):
        self.drop()
        query = {"since": self.wire.open()}
        counts["resumes"] += query["since"] != "0"
        self.cable = Cable()
        request = SimpleNamespace(app=app, query=query, transport=None)
        connection = Connection(request, self.cable, Channel(resumable=True, limits=LIMITS.queue))
        self.serving = loop.create_task(connection.run())

    def drop(self):
        """The cable is cut; what is on its way is lost."""
        if self.cable is not None:
            self.cable.end()
            self.cable = None

    def read(self, most):
        """Take in at most so many frames; the end of a connection is noticed after all of its frames."""
        while self.cable is not None and most > 0 and self.cable.frames:
            most -= 1
            try:
                for item in self.wire.receive(self.cable.frames.popleft()):
                    self._take(item)
            except PositionLost:
                self.drop()
        if self.cable is not None and self.cable.is_closed and not self.cable.frames:
            counts["slow"] += self.cable.code == 4201
            self.drop()

    def _take(self, item):
        if isinstance(item, Snapshot):
            counts["snapshots"] += 1
            self.told.clear()
        elif isinstance(item, WireEvent):
            counts["events"] += 1
            assert not self.told or item.seq > self.told[-1], "out of order or doubled"
            self.told.append(item.seq)
        if isinstance(item, Snapshot | WireEvent):
            self.mirror.apply(item)


CHANCE = st.integers(0, 2**32).map(random.Random)
"""What a command is made with: one number, however many documents an interleaving has left to choose from."""


class Interleaving(RuleBasedStateMachine):
    @initialize(memory=st.sampled_from([3, 10, 10_000]))
    def open(self, memory):
        counts["runs"] += 1
        self.root = Path(tempfile.mkdtemp(prefix="maestro-stateful-"))
        self.home = Home(
            self.root, data=self.root / "data", sessions=self.root / "s", skill_library=self.root / "l"
        )
        self.loop = asyncio.new_event_loop()
        self.acts = 0  # since the last restart
        self.now = 1_700_000_000_000
        self.known = {"project": [], "task": [], "session": []}
        self.clients = [Client() for _ in range(CLIENTS)]
        self.run(self._start(memory))

    def teardown(self):
        if not hasattr(self, "loop"):
            return
        try:
            self.run(self._settle())
            self.run(self._stop())
        finally:
            self.loop.close()
            shutil.rmtree(self.root, ignore_errors=True)

    def run(self, awaitable):
        async def wait():
            async with asyncio.timeout(20):
                return await awaitable

        return self.loop.run_until_complete(wait())

    async def _start(self, memory):
        self.store = await JsonFileStore.open(self.home.data, durable=False, watch=False)
        self.history = await History.open(self.store.layout.history, basis=self.store.identity)
        journal = await SqliteJournal.open(self.history, memory_entries=memory)
        await self.store.announce_missed(journal.remembered())
        self.services = build_services(
            store=self.store,
            settings=Settings(),
            home=self.home,
            journal=journal,
            skills=SkillLibrary([]),
            signing_key=b"k" * 32,
            clock=self._tick,
        )
        dependencies = Dependencies(self.services, OwnerToken("token"), Settings(), self.now, socket=LIMITS)
        self.app = create_app(dependencies)
        self.services.bus.subscribe(self.app[HUB].publish)  # as the application does when it is served
        self.following = asyncio.create_task(self.services.external.follow())

    async def _stop(self):
        for client in self.clients:
            client.drop()
        await asyncio.gather(*(client.serving for client in self.clients if client.serving))
        self.following.cancel()
        await asyncio.gather(self.following, return_exceptions=True)
        await finish_writes()
        await self.history.close()
        await self.store.close()

    def _tick(self):
        self.now += 1
        return self.now

    # -- what people do ------------------------------------------------------------------

    @rule(data=st.data(), many=st.integers(3, 15))
    def act(self, data, many):
        """Some commands at once; those that cannot be are refused."""
        counts["commands"] += many
        self.acts += 1
        self.run(self._all([self._command(data.draw(CHANCE)) for _ in range(many)]))

    async def _all(self, commands):
        for result in await asyncio.gather(*(command() for command in commands), return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, MaestroError):
                raise result

    def _command(self, chance):
        """Something to do, not begun yet."""
        kinds = ["project"] if not self.known["project"] else ["task", "task", "session", "project"]
        kinds += ["change task"] * 4 * bool(self.known["task"]) + ["change session"] * 2 * bool(
            self.known["session"]
        )
        kinds += ["delete"] * bool(self.known["task"])
        return getattr(self, "_" + chance.choice(kinds).replace(" ", "_"))(chance)

    def _one(self, chance, kind):
        return chance.choice(self.known[kind])

    async def _remember(self, kind, creating):
        self.known[kind].append((await creating()).id)

    def _project(self, chance):
        if len(self.known["project"]) < 2:
            return partial(
                self._remember, "project", partial(self.services.projects.create, CreateProject(name="p"), OWNER)
            )
        body = UpdateProject(name=chance.choice("abc"))
        return partial(self.services.projects.update, self._one(chance, "project"), body, OWNER)

    def _task(self, chance):
        parent = chance.choice([None, *self.known["task"]])
        body = CreateTask(project_id=self._one(chance, "project"), title="t", parent_id=parent)
        return partial(self._remember, "task", partial(self.services.tasks.create, body, OWNER))

    def _session(self, chance):
        tasks = chance.choices(self.known["task"], k=chance.randrange(3)) if self.known["task"] else []
        body = CreateSession(project_id=self._one(chance, "project"), task_ids=tuple(tasks), name="s")
        return partial(self._remember, "session", partial(self.services.sessions.create, body, OWNER))

    def _change_task(self, chance):
        task = self._one(chance, "task")
        match chance.randrange(3):
            case 0:
                return partial(self.services.tasks.add_timeline, task, AddTimelineEntry(message="m"), OWNER)
            case 1:
                return partial(self.services.subtasks.create, task, CreateSubtask(title="s"), OWNER)
        body = UpdateTask(title=chance.choice("abc"), status=chance.choice(list(TaskStatus)))
        return partial(self.services.tasks.update, task, body, OWNER)

    def _change_session(self, chance):
        session = self._one(chance, "session")
        match chance.randrange(4):
            case 0 if self.known["task"]:
                return partial(self.services.sessions.link_task, session, self._one(chance, "task"), OWNER)
            case 1 if self.known["task"]:
                return partial(self.services.sessions.unlink_task, session, self._one(chance, "task"), OWNER)
            case 2:
                return partial(self.services.sessions.delete, session, OWNER)
        body = UpdateSession(status=chance.choice([SessionStatus.RUNNING, SessionStatus.COMPLETED]))
        return partial(self.services.sessions.update, session, body, OWNER)

    def _delete(self, chance):
        return partial(self.services.tasks.delete, self._one(chance, "task"), OWNER)

    # -- what networks and machines do ---------------------------------------------------

    @rule(which=st.integers(0, CLIENTS - 1), stalled=st.booleans(), data=st.data())
    def connect(self, which, stalled, data):
        """Connect while others write: the opening and the commands run side by side."""

        async def amid(commands):
            self.clients[which].connect(self.app, self.loop)
            await self._all(commands)
            if stalled:
                self.clients[which].cable.stall()

        self.run(amid([self._command(data.draw(CHANCE)) for _ in range(data.draw(st.integers(0, 3)))]))

    @rule(which=st.integers(0, CLIENTS - 1), frames=st.integers(1, 30))
    def read(self, which, frames):
        self.clients[which].read(frames)

    @precondition(lambda self: any(client.cable for client in self.clients))
    @rule(which=st.integers(0, CLIENTS - 1))
    def drop(self, which):
        counts["drops"] += 1
        self.clients[which].drop()

    @rule(which=st.integers(0, CLIENTS - 1), stalled=st.booleans())
    def stall(self, which, stalled):
        cable = self.clients[which].cable
        if cable is not None:
            (cable.stall if stalled else cable.flow)()

    @precondition(lambda self: self.acts >= 4)
    @rule(memory=st.sampled_from([3, 10, 10_000]))
    def restart(self, memory):
        """A new server over the same files, whose journal reaches back less far, or further, in memory."""
        counts["restarts"] += 1
        self.acts = 0
        self.run(self._stop())
        self.run(self._start(memory))

    @precondition(lambda self: self.acts >= 2)
    @rule()
    def settle(self):
        self.run(self._settle())

    async def _settle(self):
        """Everybody connects and reads to the end; then all hold what the services hold."""
        for client in self.clients:
            await self._catch_up(client)
            await self._compare(client.mirror)

    async def _catch_up(self, client):
        while client.wire.seq != self.services.journal.seq or client.cable is None or not client.wire.is_caught_up:
            if client.cable is None:
                client.connect(self.app, self.loop)
            client.cable.flow()
            client.cable.news.clear()
            if not client.cable.frames and not client.cable.is_closed:
                await client.cable.news.wait()
            client.read(1000)

    async def _compare(self, mirror):
        counts["comparisons"] += 1
        services = self.services
        sessions = (await services.sessions.find(SessionQuery(), OWNER)).items
        tasks = (await services.tasks.find(TaskQuery(), OWNER)).items
        assert mirror.projects == {one.id: one for one in await services.projects.list(OWNER)}
        assert mirror.tasks == {one.id: one for one in tasks}
        assert trimmed(mirror.sessions.values()) == trimmed(sessions)
        assert mirror.unreadable == {}


def trimmed(sessions):
    """Events carry the last twenty entries of a session's timeline."""
    return {one.id: one.model_copy(update={"timeline": one.timeline[-20:]}) for one in sessions}


def test_a_mirror_equals_the_state_after_any_interleaving(report):
    long = os.environ.get("MAESTRO_FAULTS") == "long"
    run_state_machine_as_test(
        Interleaving,
        settings=settings(
            max_examples=800 if long else 60,
            stateful_step_count=60 if long else 40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    report(**counts, unequal=0)
