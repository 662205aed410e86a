"""What the board is shown with: samples on a feed in memory, and terminals of programs of the test's own."""

from pathlib import Path

import pytest

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Approval, NeedsInput
from maestro_tui.domain.status import ApprovalState, Priority, Role, SessionStatus, TaskStatus
from maestro_tui.domain.task import Subtask, Task, TimelineEntry
from maestro_tui.runner.news import Exited, Opened, Output
from maestro_tui.terminal.engine import Terminal
from tests.tui.board.memory_feed import MINUTE, NOW, MemoryFeed, a_session


class NoTerminals:
    """A machine on which no agent runs."""

    session_ids = ()

    def get(self, session_id):
        return None

    async def reopen(self, session_id):
        return False

    def rest(self):
        """There is nothing to read."""

    def subscribe(self, callback, *, first=False):
        return lambda: None


class LocalTerminals:
    """Terminals of programs on this test's own event loop."""

    def __init__(self, run_program):
        self._run = run_program
        self._programs = {}
        self._callbacks = []
        self.recorded = {}
        """What programs have left behind, by session: opened again when it is asked for."""
        self.ways = 0
        self.is_resting = False

    def rest(self):
        self.is_resting = True

    async def reopen(self, session_id):
        if session_id not in self.recorded:
            return False
        self.run(session_id, *self.recorded[session_id])
        return True

    def make_way(self, *, typed=False):
        self.ways += 1

    @property
    def session_ids(self):
        return tuple(self._programs)

    def get(self, session_id):
        return self._programs.get(session_id)

    def subscribe(self, callback, *, first=False):
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

    title, exited, called_at = "", None, 0

    def __init__(self, said, session_id):
        self.session_id = session_id
        self.terminal = Terminal(80, 24)
        self.terminal.feed(said.encode())

    def send(self, data):
        return True

    def resize(self, columns, rows):
        """It does not look at its size."""

    def shown(self, in_sight):
        """Nor at whether it is seen."""

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
    """Builds the cockpit on a feed, with a clock that stands still. said: all it has ever notified of."""
    from maestro_tui.tui import app as cockpit_app

    class Heard(cockpit_app.CockpitApp, inherit_bindings=False):
        CSS_PATH = Path(cockpit_app.__file__).with_name("screens") / "board.tcss"

        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.said = []

        def notify(self, message, **options):
            self.said.append(message)
            super().notify(message, **options)

    def build(feed, **options):
        options.setdefault("terminals", NoTerminals())
        options.setdefault("directory", Path("/srv/webshop"))
        app = Heard(feed, clock=lambda: NOW, **options)
        app.animation_level = "none"
        return app

    return build


@pytest.fixture
def make():
    """Builders of documents: make.task(...), make.session(...)."""

    class Make:
        project, task, subtask, session, entry = map(staticmethod, (a_project, a_task, a_subtask, a_session, said))

    return Make
