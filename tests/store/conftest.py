"""Stores to test, and documents to put in them."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.memory import MemoryStore


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
