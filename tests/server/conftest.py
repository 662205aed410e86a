"""The real application over a memory store, and clients that speak to it."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.app import create_app
from maestro_tui.server.dependencies import Dependencies, SocketLimits
from maestro_tui.server.owner import OwnerToken
from maestro_tui.server.protocol import Runner
from maestro_tui.services.clock import wall_clock
from maestro_tui.services.wiring import Services, build_services
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.memory import MemoryStore

SKILL_MANIFEST = """{"name": "%s", "version": "1.0.0", "description": "How to %s",
  "type": "role", "assignTo": ["worker"], "priority": 1}"""


class OurServer(TestServer):
    """Serves with the product's own connections, as serving.py does."""

    async def _make_runner(self, **_: Any) -> Runner:
        return Runner(self.app, shutdown_timeout=1.0, sockets=5)


@dataclass
class Api:
    """A running application and its owner's client."""

    client: TestClient[Any, Any]
    services: Services
    token: str
    home: Home
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.token}"}

    async def call(
        self, method: str, path: str, body: Any = None, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Any:
        """The JSON answer, after its status was checked."""
        async with self.client.request(method, path, json=body, headers=self.headers | (headers or {})) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return await answer.json() if text else None

    async def raw(self, method: str, path: str, **kwargs: Any) -> aiohttp.ClientResponse:
        """The answer itself, body read."""
        kwargs["headers"] = self.headers | (kwargs.get("headers") or {})
        async with self.client.request(method, path, **kwargs) as answer:
            await answer.read()
            return answer

    async def project(self, name: str = "webshop") -> dict[str, Any]:
        return dict(await self.call("POST", "/api/projects", {"name": name}, status=201))

    async def task(self, project_id: str, title: str = "Checkout", **more: Any) -> dict[str, Any]:
        body = {"projectId": project_id, "title": title, **more}
        return dict(await self.call("POST", "/api/tasks", body, status=201))

    async def spawned(self) -> dict[str, Any]:
        """A spawned session on a task of a new project."""
        project = await self.project()
        task = await self.task(project["id"])
        body = {"projectId": project["id"], "taskIds": [task["id"]], "name": "API Worker"}
        answer = await self.call("POST", "/api/sessions/spawn", body, status=201)
        return dict(answer["session"])

    async def socket(self, query: str = "", path: str = "/ws") -> aiohttp.ClientWebSocketResponse:
        return await self.client.ws_connect(f"{path}{query}", headers=self.headers)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    return Home(root, data=root / "data", sessions=root / "sessions", skill_library=tmp_path / "library")


@pytest.fixture
def settings() -> Settings:
    return Settings.model_validate({"server": {"port": 0, "maxConnections": 5}})


@pytest.fixture
def socket_limits() -> SocketLimits:
    return SocketLimits()


@pytest.fixture
def skills(tmp_path: Path) -> SkillLibrary:
    for name in ("maestro-worker", "testing"):
        folder = tmp_path / "library" / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(SKILL_MANIFEST % (name, name))
        (folder / "skill.md").write_text(f"# {name}\n\nDo it well.\n")
    return SkillLibrary([tmp_path / "library"])


@pytest.fixture
async def api(
    home: Home, settings: Settings, socket_limits: SocketLimits, skills: SkillLibrary
) -> AsyncIterator[Api]:
    store = MemoryStore()
    services = build_services(
        store=store, settings=settings, home=home, skills=skills, signing_key=secrets.token_bytes(32)
    )
    dependencies = Dependencies(
        services=services,
        owner_token=OwnerToken.made(),
        settings=settings,
        started_at=wall_clock(),
        socket=socket_limits,
    )
    async with TestClient(OurServer(create_app(dependencies))) as client:
        yield Api(client, services, dependencies.owner_token.value, home)
    await store.close()
