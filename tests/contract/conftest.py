"""A checker from outside: the real server process on an empty home, and clients that know nothing of ours.

Nothing here imports the product. What a test needs to know of it stands in the documents: addresses,
names of fields, names of files.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Poll a condition until it holds; its value. Fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)  # the pace of polling another process; the condition decides
    raise AssertionError(f"waited {seconds:g} s for {what}")


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, and the body's bytes."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        """The error's code, after a look at the one shape every error has."""
        body = self.json
        assert body["error"] is True, body
        assert set(body) <= {"error", "code", "message", "suggestion", "details", "requestId"}, body
        assert isinstance(body["message"], str), body
        assert body["message"], body
        assert body["requestId"] == self.headers["x-request-id"], body
        return str(body["code"])


class Http:
    """A bare HTTP client. token: sent as bearer; None sends none. base: what stands before every path."""

    def __init__(self, url: str, token: str | None, base: str = "") -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), parts.port or 80
        self.url, self.token, self.base = url, token, base

    def __call__(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        """headers: with _ for -. A body is sent as JSON; raw as it is."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        data = raw if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = HTTPConnection(self.host, self.port, timeout=15)
        try:
            connection.request(method, self.base + path, data, sent)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What is there, which has to be something."""
        answer = self("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def make(self, path: str, body: Any, **headers: str) -> Any:
        """A POST that has to succeed."""
        answer = self("POST", path, body, **headers)
        assert answer.status in (200, 201), answer
        return answer.json

    def as_(self, token: str | None) -> "Http":
        return Http(self.url, token)


class Place:
    """A home of its own with the processes that run on it."""

    def __init__(self, directory: Path, **extra: str) -> None:
        self.user = directory
        self.home = directory / ".maestro"
        self.processes: list[subprocess.Popen[str]] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO_", "TMUX"))}
        runtime = directory / "run"
        runtime.mkdir(mode=0o700, parents=True)
        self.environment = {
            **kept,
            "HOME": str(directory),
            "MAESTRO_HOME": str(self.home),
            "MAESTRO_PORT": "0",
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONPATH": str(ROOT),
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            **extra,
        }

    def start(self, command: str = "serve") -> Http:
        """`maestro-tui COMMAND`, and its owner's client once it has published itself."""
        with (self.user / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "maestro_tui", command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("maestro-tui:"), (self.user / "log").read_text()
        return self.owner()

    def owner(self) -> Http:
        known = self.discovery()
        return Http(known["url"], known["token"])

    def discovery(self) -> Any:
        return json.loads((self.home / "server.json").read_text())

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End what was started, and wait for it."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()
        self.processes.clear()

    def maestro(self, *words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """The `maestro` command as anybody types it."""
        return subprocess.run(
            [sys.executable, "-m", "maestro_tui.cli", *words],
            env=self.environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd=self.user,
        )


@contextmanager
def a_place(**extra: str) -> Iterator[Place]:
    directory = Path(tempfile.mkdtemp(prefix="maestro-contract-"))
    place = Place(directory, **extra)
    try:
        yield place
    finally:
        place.stop()
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def wait() -> Callable[..., Any]:
    return wait_until


@pytest.fixture(scope="session")
def make_place() -> Callable[..., Any]:
    """A context with a place of its own; what is named is added to its environment."""
    return a_place


@pytest.fixture(scope="session")
def shared() -> Iterator[Place]:
    """The place most tests share; each makes its own project in it."""
    with a_place() as place:
        place.start()
        yield place


@pytest.fixture
def fresh() -> Iterator[Place]:
    """A place of the test's own, with nothing started."""
    with a_place() as place:
        yield place


@pytest.fixture
def http(shared: Place) -> Http:
    """The owner's client of the shared server."""
    return shared.owner()


@pytest.fixture
def project(http: Http) -> Any:
    return http.make("/api/projects", {"name": "Webshop", "workingDir": "/tmp"})


@pytest.fixture
def task(http: Http, project: Any) -> Any:
    return http.make("/api/tasks", {"projectId": project["id"], "title": "Implement feature X"})


@pytest.fixture
def session(http: Http, project: Any, task: Any) -> Any:
    """A session registered by hand, running."""
    body = {"projectId": project["id"], "taskIds": [task["id"]], "name": "By hand"}
    return http.make("/api/sessions", body)


@pytest.fixture
def agent(http: Http, project: Any, task: Any) -> tuple[Http, Any]:
    """A spawned and claimed session: its agent's client in the capability form, and the session."""
    spawned = http.make("/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
    claim = {"runnerId": "checker", "leaseMs": 600_000}
    claimed = http.make(f"/api/sessions/{spawned['sessionId']}/claim", claim)
    running = {"status": "running", "fence": claimed["lease"]["fence"], "pid": 4711, "hostname": "here"}
    answer = http("PATCH", f"/api/sessions/{spawned['sessionId']}", running)
    assert answer.status == 200, answer
    base = urlsplit(claimed["apiUrl"]).path
    return Http(http.url, None, base), answer.json
