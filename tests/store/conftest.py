"""Stores to test, and documents to put in them."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from maestro_tui.domain.events import Event, EventName
from maestro_tui.files import ensure_private_directory
from maestro_tui.paths import Home
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.memory import MemoryStore
from maestro_tui.store.opening import open_history


def _load(name: str):
    """The shared helper beside this file: tests are no package, so it is loaded by path, once."""
    qualified = f"maestro_store_tests_{name}"
    if qualified not in sys.modules:
        spec = importlib.util.spec_from_file_location(qualified, Path(__file__).with_name(f"{name}.py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[qualified] = module
        spec.loader.exec_module(module)
    return sys.modules[qualified]


make = _load("make")


@pytest.fixture(name="make")
def make_fixture():
    """Documents with as little said as possible: make.project(), make.task(), make.session()."""
    return make


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def json_store(data: Path):
    """A store of JSON files that notices edits."""
    store = await JsonFileStore.open(data, durable=False)
    yield store
    await store.close()


@pytest.fixture(params=["memory", "json files"])
async def store(request: pytest.FixtureRequest, data: Path):
    """Every backend there is."""
    opened = MemoryStore() if request.param == "memory" else await JsonFileStore.open(data, durable=False)
    yield opened
    await opened.close()


@pytest.fixture
def eventually():
    """Wait until a condition holds: `await eventually(lambda: …)`; fails after a deadline."""

    async def wait(condition, seconds: float = 10.0):
        deadline = asyncio.get_running_loop().time() + seconds
        while not (value := condition()):
            assert asyncio.get_running_loop().time() < deadline, "waited in vain"
            await asyncio.sleep(0.01)
        return value

    return wait


@pytest.fixture
def home(tmp_path: Path, data: Path) -> Home:
    """A home whose data directory is `data`."""
    ensure_private_directory(tmp_path)
    return Home(tmp_path, data=data, sessions=tmp_path / "sessions", skill_library=tmp_path / "library")


@pytest.fixture
async def filled(home: Home, make):
    """The same home with a project, a task with a child, a session, events, and files of every other kind."""
    store = await JsonFileStore.open(home.data)
    await store.projects.add(make.project("proj_1"))
    await store.tasks.add(make.task("task_1"))
    await store.tasks.add(make.task("task_2", parent_id="task_1"))
    await store.sessions.add(make.session("sess_1", task_ids=("task_1",)))
    history = await open_history(store)
    event = Event(EventName.TASK_CREATED, {"id": "task_1", "revision": 1}, make.NOW, "proj_1")
    await history.journal.append([event])
    await history.history.close()
    await store.close()
    for path, content in {
        home.config: "agent = 'shell'\n",
        home.cli_config: "MAESTRO_TOKEN=secret-of-the-command\n",
        home.discovery: '{"token": "secret-of-the-owner"}',
        home.signing_key: "secret-key",
        home.skills / "mine" / "skill.md": "# Mine\n",
        home.themes / "mine.toml": "name = 'mine'\n",
        home.session("sess_1") / "manifest.json": "{}",
        home.session("sess_1") / "brief.md": "Do it.\n",
        home.session("sess_1") / "output" / "0.out": "printed\n",
        home.data / "tasks" / "proj_1" / "task_1.json.replaced-1": "{}",
    }.items():
        ensure_private_directory(path.parent)
        path.write_text(content)
        path.chmod(0o600)
    program = home.skills / "mine" / "run.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    return home
