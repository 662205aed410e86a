"""A house of services over a memory store, with a clock that tests move."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from maestro_tui.config.settings import Settings
from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.events import EventName, JournalEntry
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.sessions import CreateSession
from maestro_tui.domain.requests.tasks import CreateTask
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.domain.task import Task
from maestro_tui.paths import Home
from maestro_tui.services.wiring import Services, build_services
from maestro_tui.store.base import Store
from maestro_tui.store.memory import MemoryStore

START = 1_700_000_000_000


@dataclass
class Clock:
    """Time that stands still until a test moves it."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@dataclass
class House:
    """The services of one test, what they announced, and short ways to fill them."""

    services: Services
    clock: Clock
    home: Home
    heard: list[JournalEntry] = field(default_factory=list)

    def names(self) -> list[str]:
        return [entry.event.name.value for entry in self.heard]

    def of(self, name: EventName) -> list[dict[str, Any]]:
        return [entry.event.data for entry in self.heard if entry.event.name is name]

    async def project(self, name: str = "webshop") -> Project:
        return await self.services.projects.create(CreateProject(name=name), OWNER)

    async def task(self, project: Project, title: str = "Checkout", actor: Actor = OWNER, **fields: Any) -> Task:
        body = CreateTask(project_id=project.id, title=title, **fields)
        return await self.services.tasks.create(body, actor)

    async def session(
        self,
        project: Project,
        *tasks: Task,
        status: SessionStatus = SessionStatus.RUNNING,
        actor: Actor = OWNER,
        **fields: Any,
    ) -> Session:
        body = CreateSession(
            project_id=project.id, task_ids=tuple(task.id for task in tasks), status=status, **fields
        )
        return await self.services.sessions.create(body, actor)


def actor_of(session: Session) -> Actor:
    """The agent of a session."""
    return Actor(session_id=session.id, project_id=session.project_id, role=session.role)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "maestro")})


@pytest.fixture
def make_house(home: Home, clock: Clock) -> Callable[..., House]:
    def make(store: Store | None = None, **settings: Any) -> House:
        services = build_services(
            store=store or MemoryStore(),
            settings=Settings(**settings),
            home=home,
            signing_key=b"k" * 32,
            clock=clock,
        )
        house = House(services, clock, home)
        services.bus.subscribe(house.heard.append)
        return house

    return make


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


@pytest.fixture
def agent() -> Callable[[Session], Actor]:
    return actor_of
