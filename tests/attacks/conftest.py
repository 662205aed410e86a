"""One real server on an empty home, attacked from outside."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.conftest import Place, agent, fresh, http, make_place, project, session, shared, task, wait

__all__ = ["agent", "fresh", "http", "make_place", "project", "session", "shared", "task", "wait"]


def digest(directory: Path) -> str:
    """Everything that is stored, in one word."""
    found = hashlib.sha256()
    for path in sorted(directory.rglob("*.json")):
        found.update(f"{path.relative_to(directory)}\0".encode() + path.read_bytes())
    return found.hexdigest()


@pytest.fixture
def stored(shared: Place) -> Callable[[], str]:
    """A word for all documents: the same word later means that nothing was stored."""
    return lambda: digest(shared.home / "data")
