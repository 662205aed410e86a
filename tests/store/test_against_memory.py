"""A store of JSON files behaves like one in memory, whatever is done to them in whatever order."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus
from maestro_tui.domain.task import Task
from maestro_tui.store.base import ANY, SessionQuery, TaskQuery
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.memory import MemoryStore

IDS = st.sampled_from(["a", "b", "c", "d", "e"])
PROJECTS = st.sampled_from(["p", "q"])
TITLES = st.sampled_from(["x", "X", "Straße", "zulu", "été", ""])
MOMENTS = st.integers(0, 3)
PARENTS = st.one_of(st.none(), IDS)
STATUSES = st.sampled_from(TaskStatus)
SESSION_STATUSES = st.sampled_from(SessionStatus)
PAGE = {"offset": st.integers(0, 4), "limit": st.one_of(st.none(), st.integers(0, 4))}
SORTS = st.sampled_from(
    ["createdAt", "-createdAt", "updatedAt", "-updatedAt", "title", "-title", "priority", "-priority"]
)


def documents(model, **fields):
    """Documents of a model; `st.builds` would give the fields by their aliases as well."""
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


tasks = documents(
    Task,
    id=IDS,
    project_id=PROJECTS,
    parent_id=PARENTS,
    title=TITLES,
    description=TITLES,
    status=STATUSES,
    priority=st.sampled_from(Priority),
    created_at=MOMENTS,
    updated_at=MOMENTS,
    revision=st.integers(1, 3),
)
sessions = documents(
    Session,
    id=IDS,
    project_id=PROJECTS,
    task_ids=st.lists(IDS, max_size=3).map(tuple),
    name=TITLES,
    status=SESSION_STATUSES,
    parent_session_id=PARENTS,
    root_session_id=PARENTS,
    created_at=MOMENTS,
    updated_at=MOMENTS,
    started_at=MOMENTS,
    last_activity=MOMENTS,
    revision=st.integers(1, 3),
)
task_queries = st.builds(
    TaskQuery,
    project_id=st.one_of(st.none(), PROJECTS),
    statuses=st.frozensets(STATUSES, max_size=3),
    priority=st.one_of(st.none(), st.sampled_from(Priority)),
    parent_id=st.one_of(st.just(ANY), PARENTS),
    text=st.sampled_from(["", "X", "SS"]),
    sort=SORTS,
    **PAGE,
)
session_queries = st.builds(
    SessionQuery,
    project_id=st.one_of(st.none(), PROJECTS),
    task_id=st.one_of(st.none(), IDS),
    statuses=st.frozensets(SESSION_STATUSES, max_size=3),
    live=st.one_of(st.none(), st.booleans()),
    parent_session_id=PARENTS,
    root_session_id=PARENTS,
    **PAGE,
)


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.data = Path(tempfile.mkdtemp(prefix="maestro-store-"))
        self.memory = MemoryStore()
        self.files = self.runner.run(self.open())

    def teardown(self) -> None:
        self.runner.run(self.files.close())
        self.runner.close()
        shutil.rmtree(self.data)

    async def open(self) -> JsonFileStore:
        return await JsonFileStore.open(self.data, durable=False, watch=False)

    def same(self, collection: str, verb: str, *arguments) -> None:
        outcomes = [
            self.runner.run(attempt(getattr(getattr(store, collection), verb), *arguments))
            for store in (self.memory, self.files)
        ]
        assert outcomes[0] == outcomes[1]

    @rule(task=tasks)
    def add_task(self, task):
        self.same("tasks", "add", task)

    @rule(task=tasks)
    def save_any_task(self, task):
        self.same("tasks", "save", task)

    @rule(task=tasks)
    def save_current_task(self, task):
        current = self.runner.run(attempt(self.memory.tasks.get, task.id))
        if isinstance(current, Task):
            self.same("tasks", "save", evolve(task, revision=current.revision))

    @rule(task_id=IDS, revision=st.one_of(st.none(), st.integers(1, 3)))
    def remove_task(self, task_id, revision):
        self.same("tasks", "remove", task_id, revision)

    @rule(query=task_queries)
    def find_tasks(self, query):
        self.same("tasks", "find", query)

    @rule(session=sessions)
    def put_session(self, session):
        current = self.runner.run(attempt(self.memory.sessions.get, session.id))
        if isinstance(current, Session):
            self.same("sessions", "save", evolve(session, revision=current.revision))
        else:
            self.same("sessions", "add", session)

    @rule(session_id=IDS)
    def remove_session(self, session_id):
        self.same("sessions", "remove", session_id)

    @rule(query=session_queries)
    def find_sessions(self, query):
        self.same("sessions", "find", query)

    @rule()
    def restart(self):
        self.runner.run(self.files.close())
        self.files = self.runner.run(self.open())

    @invariant()
    def nothing_is_wrong(self):
        assert self.files.findings() == ()
        assert self.runner.run(attempt(self.files.tasks.find, TaskQuery())) == self.runner.run(
            attempt(self.memory.tasks.find, TaskQuery())
        )


async def attempt(function, *arguments):
    """What came of it: the result, or the error's kind, text and details."""
    try:
        return await function(*arguments)
    except MaestroError as error:
        return type(error), error.message, error.details


TestStores = StoreMachine.TestCase
TestStores.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
