"""What the board is shown with: samples on a feed in memory, and terminals of programs of the test's own."""

from pathlib import Path

import pytest

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Approval, NeedsInput
from maestro_tui.domain.status import ApprovalState, Priority, Role, SessionStatus, TaskStatus
from maestro_tui.domain.task import Subtask, Task, TimelineEntry
from maestro_tui.runner.news import Exited, Opened, Output
<<<<<<< HEAD
from tests.tui.board.memory_feed import MINUTE, NOW, MemoryFeed, a_session
=======
from maestro_tui.terminal.engine import Terminal

NOW = 1_760_000_000_000
MINUTE = 60_000


def a_connection():
    return Connection("http://127.0.0.1:4567", Phase.ONLINE, epoch="k3f9", seq=1284, latency_ms=2.0)


class Mirror:
    def __init__(self):
        self.projects: dict[str, Project] = {}
        self.tasks: dict[str, Task] = {}
        self.sessions: dict[str, Session] = {}

    def tasks_of(self, project_id):
        return [task for task in self.tasks.values() if task.project_id == project_id]

    def children_of(self, task_id):
        return [task for task in self.tasks.values() if task.parent_id == task_id]

    def sessions_of(self, task_id):
        return [session for session in self.sessions.values() if task_id in session.task_ids]

    def live_sessions(self, project_id):
        return [one for one in self.sessions.values() if one.project_id == project_id and one.is_live]


@dataclass
class MemoryFeed:
    """Answers commands as the server would, from memory, and tells the changes."""

    mirror: Mirror = field(default_factory=Mirror)
    connection: Connection = field(default_factory=a_connection)
    refuse: Exception | None = None
    """Raised by the next commands until it is None again."""

    def __post_init__(self):
        self.api = self
        self.sent: list[tuple[str, str, object]] = []
        self._subscribers: list[Callable] = []
        self._watchers: list[Callable] = []
        self._refusal_watchers: list[Callable] = []
        self.outbox = Outbox()
        self.retries = 0
        self.checks, self.files, self.skills = {"store": "ok"}, [], []
        self.paused = False
        self._numbers = iter(range(100, 10_000))

    def subscribe(self, callback):
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def watch_connection(self, callback):
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def watch_refusals(self, callback):
        self._refusal_watchers.append(callback)
        return lambda: self._refusal_watchers.remove(callback)

    def retry_now(self):
        self.retries += 1

    def connect(self, **changes):
        if "phase" in changes:
            changes["phase"] = Phase(changes["phase"])
        self.connection = replace(self.connection, **changes)
        for watcher in self._watchers:
            watcher(self.connection)

    # Documents

    def put(self, *documents):
        for document in documents:
            kind = type(document).__name__.lower()
            getattr(self.mirror, f"{kind}s")[document.id] = document
            self.tell(kind, document.id)

    def remove(self, kind, identifier):
        del getattr(self.mirror, f"{kind}s")[identifier]
        self.tell(kind, identifier, "deleted")

    def tell_event(self, name, data):
        for subscriber in self._subscribers:
            subscriber(WireEvent(name, data, NOW, "epoch", 1), ())

    def tell(self, kind, identifier, change="updated"):
        for subscriber in self._subscribers:
            subscriber(None, (MirrorChange(kind, identifier, change),))

    # Commands

    async def submit(self, method, path, body=None, *, label, idempotency_key=None):
        if self.connection.is_online:
            return Done(await self.request(method, path, body))
        command = Command(idempotency_key or label, method, path, label, NOW, body)
        self.outbox.add(command)
        self.connect(queued=len(self.outbox))
        return Queued(command)

    def drop(self, key):
        dropped = self.outbox.drop(key)
        self.connect(queued=len(self.outbox))
        return dropped

    def turn_down(self, key, message):
        refusal = self.outbox.refused(key, message)
        self.connect(queued=len(self.outbox))
        for watcher in self._refusal_watchers:
            watcher(refusal)

    async def request(self, method, path, body=None):
        if self.refuse is not None:
            raise self.refuse
        self.sent.append((method, path, body))
        for pattern, handler in ROUTES.items():
            if match := re.fullmatch(pattern, f"{method} {path}"):
                return handler(self, body or {}, *match.groups())
        raise NotFound(f"no route {method} {path}")

    def new_id(self, prefix):
        return f"{prefix}_{next(self._numbers)}"


def create_project(feed, body):
    wish = CreateProject.model_validate(body)
    project = Project(id=feed.new_id("proj"), created_at=NOW, updated_at=NOW, **wish.model_dump())
    feed.put(project)
    return project.to_wire()


def create_task(feed, body):
    wish = CreateTask.model_validate_json(json.dumps(body))
    task = Task(id=feed.new_id("task"), created_at=NOW, updated_at=NOW, **wish.model_dump())
    feed.put(task)
    return task.to_wire()


def update_task(feed, body, task_id):
    wish = UpdateTask.model_validate_json(json.dumps(body))
    task = evolve(feed.mirror.tasks[task_id], **wish.changes())
    feed.put(task)
    return task.to_wire()


def delete_task(feed, _body, task_id):
    for child in feed.mirror.children_of(task_id):
        delete_task(feed, {}, child.id)
    feed.remove("task", task_id)
    return {"success": True, "id": task_id}


def create_subtask(feed, body, task_id):
    wish, task = CreateSubtask.model_validate(body), feed.mirror.tasks[task_id]
    subtask = Subtask(
        id=feed.new_id("sub"),
        task_id=task_id,
        order=len(task.subtasks),
        created_at=NOW,
        updated_at=NOW,
        **wish.model_dump(),
    )
    feed.put(evolve(task, subtasks=(*task.subtasks, subtask)))
    return subtask.to_wire()


def update_subtask(feed, body, task_id, subtask_id):
    wish, task = UpdateSubtask.model_validate(body), feed.mirror.tasks[task_id]
    subtasks = tuple(evolve(one, **wish.changes()) if one.id == subtask_id else one for one in task.subtasks)
    feed.put(evolve(task, subtasks=subtasks))
    return next(one for one in subtasks if one.id == subtask_id).to_wire()


def delete_subtask(feed, _body, task_id, subtask_id):
    task = feed.mirror.tasks[task_id]
    feed.put(evolve(task, subtasks=tuple(one for one in task.subtasks if one.id != subtask_id)))


def spawn(feed, body):
    session = Session(
        id=feed.new_id("sess"),
        project_id=body["projectId"],
        task_ids=tuple(body["taskIds"]),
        name=body["name"],
        agent=body["agent"],
        role=Role(body["role"]),
        created_at=NOW,
        updated_at=NOW,
        started_at=NOW,
        last_activity=NOW,
    )
    feed.put(session)
    return {"success": True, "sessionId": session.id, "session": session.to_wire()}


def change_session(feed, session_id, **changes):
    feed.put(evolve(feed.mirror.sessions[session_id], **changes))
    return feed.mirror.sessions[session_id].to_wire()


def approve(feed, _body, session_id):
    approval = Approval(state=ApprovalState.APPROVED, requested_at=NOW, decided_at=NOW)
    return change_session(feed, session_id, approval=approval, needs_input=NeedsInput())


def deny(feed, body, session_id):
    return change_session(feed, session_id, status=SessionStatus.STOPPED, reason=body.get("reason"))


def restart(feed, _body, session_id):
    old = feed.mirror.sessions[session_id]
    again = evolve(old, id=feed.new_id("sess"), status=SessionStatus.SPAWNING, restart_of=old.id)
    feed.put(again)
    return {"success": True, "sessionId": again.id, "session": again.to_wire()}


def adopt(feed, body):
    feed.put(a_session(body["id"], body["name"], *body["taskIds"], project_id=body["projectId"]))
    return feed.mirror.sessions[body["id"]].to_wire()


def switch(feed, word):
    feed.paused = word == "pause"
    name = EventName.SPAWNING_PAUSED if feed.paused else EventName.SPAWNING_RESUMED
    event = WireEvent(name.value, {"paused": feed.paused, "pausedSince": NOW, "reason": ""}, NOW, "k3f9", 1285)
    for subscriber in feed._subscribers:
        subscriber(event, ())
    return spawning(feed)


def spawning(feed):
    live = [session for session in feed.mirror.sessions.values() if session.is_live]
    rules = {"maxDepth": 3, "maxLive": 32, "maxPerParent": 16, "maxPerMinute": 20, "claimSeconds": 60}
    return {
        "paused": feed.paused,
        "pausedSince": None,
        "reason": "",
        "projectId": "proj_1",
        "limits": rules | {"roles": {"worker": "allow", "orchestrator": "ask"}},
        "stricter": [],
        "findings": [],
        "live": len(live),
        "perMinute": 2,
        "perParent": {},
        "awaitingApproval": [session.id for session in live if session.awaits_approval],
    }


ROUTES = {
    r"POST /api/sessions": adopt,
    r"POST /api/sessions/([^/]+)/approve": approve,
    r"POST /api/sessions/([^/]+)/deny": deny,
    r"POST /api/sessions/([^/]+)/restart": restart,
    r"POST /api/sessions/([^/]+)/stop": lambda feed, body, session_id: {"sessionId": session_id},
    r"POST /api/spawning/(pause|resume)": lambda feed, body, word: switch(feed, word),
    r"GET /api/spawning(?:\?projectId=.*)?": lambda feed, body: spawning(feed),
    r"POST /api/projects": create_project,
    r"POST /api/tasks": create_task,
    r"PATCH /api/tasks/([^/]+)": update_task,
    r"DELETE /api/tasks/([^/]+)": delete_task,
    r"POST /api/tasks/([^/]+)/subtasks": create_subtask,
    r"PATCH /api/tasks/([^/]+)/subtasks/([^/]+)": update_subtask,
    r"DELETE /api/tasks/([^/]+)/subtasks/([^/]+)": delete_subtask,
    r"POST /api/sessions/spawn": spawn,
    r"POST /api/sessions/spawn/preview": lambda _feed, body: {"brief": f"# Brief for {body['taskIds'][0]}"},
    r"GET /api/findings": lambda feed, body: {"checks": feed.checks, "files": feed.files, "skills": feed.skills},
    r"GET /api/skills": lambda feed, body: [{"name": "maestro-worker"}, {"name": "maestro-orchestrator"}],
}
>>>>>>> main


class NoTerminals:
    """A machine on which no agent runs."""

    session_ids = ()

    def get(self, session_id):
        return None

    def subscribe(self, callback):
        return lambda: None


class LocalTerminals:
    """Terminals of programs on this test's own event loop."""

    def __init__(self, run_program):
        self._run = run_program
        self._programs = {}
        self._callbacks = []
        self.ways = 0

    def make_way(self):
        self.ways += 1

    @property
    def session_ids(self):
        return tuple(self._programs)

    def get(self, session_id):
        return self._programs.get(session_id)

    def subscribe(self, callback):
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def run(self, session_id, *argv):
        program = self._programs[session_id] = self._run(*argv, session_id=session_id)
        program.on_output = lambda: self.tell(Output(session_id))
        program.on_exit = lambda: self.tell(Exited(session_id, None))
        self.tell(Opened(session_id))
        return program

    def tell(self, news):
        for callback in self._callbacks:
            callback(news)


class Silent:
    """A program that has written all it will write."""

    title, exited = "", None

    def __init__(self, said, session_id):
        self.session_id = session_id
        self.terminal = Terminal(80, 24)
        self.terminal.feed(said.encode())

    def send(self, data):
        return True

    def resize(self, columns, rows):
        """It does not look at its size."""

    def focus(self, has_focus):
        """Nor at who looks."""

    def stop(self):
        self.exited = "exit status 0"


def a_project(identifier="proj_1", name="webshop", **fields):
    return Project(id=identifier, name=name, created_at=NOW, updated_at=NOW, **fields)


def a_task(identifier, title, at=0, **fields):
    return Task(
        id=identifier,
        title=title,
        project_id=fields.pop("project_id", "proj_1"),
        created_at=NOW - 90 * MINUTE + at,
        updated_at=fields.pop("updated_at", NOW - 3 * MINUTE),
        **fields,
    )


def a_subtask(identifier, task_id, title, order, completed=False):
    return Subtask(
        id=identifier,
        task_id=task_id,
        title=title,
        order=order,
        completed=completed,
        created_at=NOW - 80 * MINUTE,
        updated_at=NOW - 6 * MINUTE,
    )


def said(identifier, minutes, message, kind="progress", session_id=None):
    return TimelineEntry(
        id=identifier, type=kind, timestamp=NOW - minutes * MINUTE, message=message, session_id=session_id
    )


def sample_feed():
    """A project in full swing: what the pictures show."""
    feed = MemoryFeed()
    steps = (
        a_subtask("sub_1", "task_1", "Schema for orders", 0, completed=True),
        a_subtask("sub_2", "task_1", "Price rules with tests", 1, completed=True),
        a_subtask("sub_3", "task_1", "Endpoint POST /checkout", 2),
        a_subtask("sub_4", "task_1", "Error pages", 3),
        a_subtask("sub_5", "task_1", "Load test", 4),
    )
    story = (
        said("evt_1", 75, "Session API worker started", "session_started", "sess_1"),
        said("evt_2", 41, "Schema reviewed, migrations run", session_id="sess_1"),
        said("evt_3", 12, "Price rules done: 14 cases, all green", session_id="sess_1"),
        said("evt_4", 2, "Routes answer; writing the error pages next", session_id="sess_1"),
    )
    feed.put(
        a_project(working_dir="/srv/webshop"),
        a_project("proj_2", "docs site", working_dir="/srv/docs").model_copy(update={"updated_at": NOW - MINUTE}),
        a_task(
            "task_1",
            "Checkout flow",
            1,
            status=TaskStatus.IN_PROGRESS,
            priority=Priority.HIGH,
            description="From the basket to a paid order, with one page per step and no lost baskets.",
            subtasks=steps,
            timeline=story,
            dependencies=("task_5",),
        ),
        a_task("task_2", "Integration tests", 2, parent_id="task_1", status=TaskStatus.IN_PROGRESS),
        a_task("task_3", "Refunds", 3, priority=Priority.LOW),
        a_task(
            "task_4",
            "Billing provider",
            4,
            status=TaskStatus.BLOCKED,
            priority=Priority.HIGH,
            reason="waits for the sandbox keys",
        ),
        a_task("task_5", "Basket API", 5, status=TaskStatus.COMPLETED),
        a_task("task_6", "Accessibility audit", 6, status=TaskStatus.IN_REVIEW),
        a_session("sess_1", "API worker", "task_1"),
        a_session(
            "sess_2",
            "Test writer",
            "task_2",
            needs_input=NeedsInput(active=True, message="May I change the fixture?", since=NOW - 4 * MINUTE),
        ),
        a_session("sess_3", "Auditor", "task_6", status=SessionStatus.IDLE),
    )
    return feed


def fleet_feed():
    """The sample, with an orchestrator, what it started, what it wants to start, and one that failed."""
    feed = sample_feed()
    question = "Lead wants to start Second lead as orchestrator: approve or deny it"
    feed.put(
        a_session("sess_4", "Lead", "task_1", age=50, role=Role.ORCHESTRATOR),
        a_session("sess_5", "Pricing", "task_1", age=40, parent_session_id="sess_4", depth=1),
        a_session("sess_6", "Rounding", "task_1", age=30, parent_session_id="sess_5", depth=2),
        a_session(
            "sess_7",
            "Second lead",
            "task_1",
            age=10,
            status=SessionStatus.SPAWNING,
            role=Role.ORCHESTRATOR,
            parent_session_id="sess_4",
            depth=1,
            approval=Approval(state=ApprovalState.PENDING, requested_at=NOW - 10 * MINUTE),
            needs_input=NeedsInput(active=True, message=question, since=NOW - 10 * MINUTE),
            metadata={"spawnReason": "Too much for one: the refunds need a plan of their own."},
        ),
        a_session(
            "sess_8",
            "Currency",
            "task_1",
            age=35,
            status=SessionStatus.FAILED,
            reason="exit status 3",
            parent_session_id="sess_4",
            manifest_path="/sessions/sess_8/manifest.json",
            completed_at=NOW - 25 * MINUTE,
        ),
        a_session("sess_9", "Schema", "task_1", age=80, status=SessionStatus.COMPLETED, completed_at=NOW - MINUTE),
    )
    return feed


@pytest.fixture
def terminals(run_program):
    return LocalTerminals(run_program)


@pytest.fixture
def silent_terminals():
    """Terminals that look the same each time: `run("sess_1", "what the program has written")`."""
    terminals = LocalTerminals(Silent)
    yield terminals
    for session_id in terminals.session_ids:
        terminals.get(session_id).terminal.close()


@pytest.fixture
def fleet():
    return fleet_feed()


@pytest.fixture
def feed():
    return MemoryFeed()


@pytest.fixture
def sample():
    return sample_feed()


@pytest.fixture
def cockpit(tmp_path: Path):
    """Builds the cockpit on a feed, with a clock that stands still."""
    from maestro_tui.tui.app import CockpitApp

    def build(feed, **options):
        options.setdefault("terminals", NoTerminals())
        options.setdefault("directory", Path("/srv/webshop"))
        app = CockpitApp(feed, clock=lambda: NOW, **options)
        app.animation_level = "none"
        return app

    return build


@pytest.fixture
def make():
    """Builders of documents: make.task(...), make.session(...)."""

    class Make:
        project, task, subtask, session, entry = map(staticmethod, (a_project, a_task, a_subtask, a_session, said))

    return Make
