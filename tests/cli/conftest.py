"""The command against the real server, in one process; and a small server that fails on purpose."""

import asyncio
import contextlib
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from maestro_tui.cli.entry import run
from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve
from maestro_tui.store.memory import MemoryStore

DEADLINE = 20


class Outcome:
    """What a run of the command came to."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def data(self):
        assert self.document["success"], self.out
        return self.document["data"]


class RunningServer:
    """The real server on a loop and a thread of its own."""

    def __init__(self, home):
        self.home = home
        self.info = None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self):
        self._stop = asyncio.Event()
        try:
            async with serve(self.home, Settings(), port=0, store=MemoryStore()) as info:
                self.info = info
                self._ready.set()
                await self._stop.wait()
        finally:
            self._ready.set()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(DEADLINE)
        assert self.info is not None
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(DEADLINE)
        self._loop.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("home")
    root.chmod(0o700)
    with RunningServer(Home.from_environment({"HOME": str(root)})) as running:
        yield running


@pytest.fixture
def maestro(monkeypatch):
    """Run the command in this process: maestro("task", "list", env={…}, stdin="…")."""

    def call(*argv, env, stdin=""):
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv, env)
        return Outcome(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def owner(server, tmp_path):
    """The environment of a plain shell of the owner; its home is a fresh one."""
    return {
        "HOME": str(tmp_path),
        "MAESTRO_API_URL": server.info.url,
        "MAESTRO_TOKEN": server.info.token,
        "MAESTRO_RETRIES": "0",
    }


@pytest.fixture
def board(maestro, owner):
    """A project of its own, with the environment that chooses it."""
    return Board(maestro, owner)


class Board:
    def __init__(self, maestro, owner):
        self._maestro = maestro
        self.env = owner
        self.project_id = self.run("project", "create", "shop", "--quiet").out.strip()
        self.env = {**owner, "MAESTRO_PROJECT_ID": self.project_id}

    def run(self, *argv, env=None, stdin="", code=0):
        outcome = self._maestro(*argv, env={**self.env, **(env or {})}, stdin=stdin)
        assert outcome.code == code, (argv, outcome.code, outcome.out, outcome.err)
        return outcome

    def data(self, *argv, **options):
        return self.run(*argv, "--json", **options).data

    def failure(self, *argv, code, **options):
        document = self.run(*argv, "--json", code=code, **options).document
        assert document["success"] is False
        assert set(document) == {"success", "error", "message", "suggestion", "details"}
        return document

    def task(self, title="a task", *flags):
        return self.run("task", "create", title, *flags, "--quiet").out.strip()

    def session(self, task_id, *flags):
        return self.run("session", "spawn", "--task", task_id, *flags, "--quiet").out.strip()


class ScriptedServer:
    """Answers with what it is told to, one answer per request, and remembers the requests."""

    def __init__(self):
        self.answers = []
        self.requests = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size)
                scripted.requests.append((self.command, self.path, dict(self.headers), body))
                status, document, headers = scripted.answers.pop(0)
                if status is None:  # the connection breaks after the request was read
                    self.close_connection = True
                    return
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - the library's names

            def log_message(self, *_):
                """Nothing: the test looks at the requests instead."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def will(self, status, document=None, **headers):
        self.answers.append((status, document, headers))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join(DEADLINE)
        self._server.server_close()


@pytest.fixture
def scripted():
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def scripted_env(scripted, tmp_path):
    return {
        "HOME": str(tmp_path),
        "MAESTRO_API_URL": scripted.url,
        "MAESTRO_TOKEN": "t0ken",
        "MAESTRO_PROJECT_ID": "proj_1",
        "MAESTRO_RETRY_DELAY": "0",
    }


@pytest.fixture
def pane(board, server):
    """A spawned session on one task, and the environment of its pane."""
    task_id = board.task("Build it")
    answer = board.data("session", "spawn", "--task", task_id, "--name", "API Worker", "--skill", "maestro-worker")
    env = {
        "MAESTRO_SESSION_ID": answer["sessionId"],
        "MAESTRO_TASK_IDS": task_id,
        "MAESTRO_MANIFEST_PATH": answer["manifestPath"],
        "MAESTRO_ROLE": "worker",
    }
    return Pane(answer["sessionId"], task_id, env)


class Pane:
    def __init__(self, session_id, task_id, env):
        self.session_id = session_id
        self.task_id = task_id
        self.env = env
