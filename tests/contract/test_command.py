"""Contract 5: the `maestro` command as programs and people call it."""

import http.server as web
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Maestro = Callable[..., Any]


@pytest.fixture
def maestro(shared: Any, project: Any) -> Maestro:
    """`maestro WORDS --json` in the test's project; its `data`, or the whole failure when code is not 0."""

    def run(*words: str, code: int = 0, **environment: str) -> Any:
        environment = {"MAESTRO_PROJECT_ID": project["id"]} | environment
        done = shared.maestro(*words, "--json", **environment)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        answer = json.loads(done.stdout)  # exactly one document
        assert answer["success"] is (code == 0)
        if code == 0:
            assert set(answer) == {"success", "data"}
            return answer["data"]
        assert set(answer) == {"success", "error", "message", "suggestion", "details"}
        assert answer["message"]
        assert answer["suggestion"]
        return answer

    return run


def test_projects(maestro: Maestro, http: Any) -> None:
    made = maestro("project", "create", "Shop", "-d", "/tmp", "--desc", "All")
    assert http.get(f"/api/projects/{made['id']}") == made
    assert (made["workingDir"], made["description"]) == ("/tmp", "All")
    assert made["id"] in [one["id"] for one in maestro("project", "list")]
    assert maestro("project", "get", made["id"]) == made
    assert maestro("project", "delete", made["id"])
    assert maestro("project", "get", made["id"], code=2)["error"] == "resource_not_found"


def test_tasks(maestro: Maestro, http: Any) -> None:
    made = maestro("task", "create", "Do it", "--desc", "D", "--priority", "high")
    assert http.get(f"/api/tasks/{made['id']}") == made
    one = made["id"]
    own = {"MAESTRO_TASK_IDS": one}
    child = maestro("task", "create", "-t", "Child", "-d", "E", "--parent", one)
    assert child["parentId"] == one
    assert {task["id"] for task in maestro("task", "list")} == {one, child["id"]}
    assert [task["id"] for task in maestro("task", "list", "--priority", "high")] == [one]
    assert [task["id"] for task in maestro("task", "list", "--status", "blocked")] == []
    assert {task["id"] for task in maestro("task", "list", "--all")} >= {one}
    assert maestro("task", "get", **own)["id"] == one
    assert maestro("task", "get", one)["id"] == one
    changed = maestro(
        "task", "update", one, "--status", "in_review", "--priority", "low", "--title", "N", "--desc", "F"
    )
    assert (changed["status"], changed["priority"], changed["title"], changed["description"]) == (
        "in_review",
        "low",
        "N",
        "F",
    )
    assert maestro("task", "start", **own)["status"] == "in_progress"
    blocked = maestro("task", "block", one, "--reason", "No key")
    assert (blocked["status"], blocked["reason"]) == ("blocked", "No key")
    assert maestro("task", "unblock", one)["status"] == "in_progress"
    assert maestro("task", "complete", one)["status"] == "completed"
    assert [task["id"] for task in maestro("task", "children", one)] == [child["id"]]
    assert maestro("task", "children", one, "--recursive")
    assert "Child" in json.dumps(maestro("task", "tree"))
    assert maestro("task", "tree", "--root", one, "--depth", "1", "--status", "completed") is not None
    maestro("task", "delete", one)
    assert http("GET", f"/api/tasks/{child['id']}").status == 404


def test_subtasks(maestro: Maestro, task: Any, http: Any) -> None:
    step = maestro("subtask", "create", task["id"], "Step", "--desc", "D")
    assert step["taskId"] == task["id"]
    assert maestro("subtask", "list", task["id"])[0]["id"] == step["id"]
    assert maestro("subtask", "complete", task["id"], step["id"])["completed"] is True
    assert maestro("subtask", "reopen", task["id"], step["id"])["completed"] is False
    maestro("subtask", "delete", task["id"], step["id"])
    assert maestro("subtask", "list", task["id"]) == []
    assert maestro("subtask", "complete", task["id"], step["id"], code=2)["error"] == "resource_not_found"


def test_sessions(maestro: Maestro, shared: Any, task: Any, http: Any) -> None:
    spawned = maestro("session", "spawn", "--task", task["id"], "--name", "W", "--skill", "maestro-worker")
    identifier = spawned["sessionId"]
    stored = http.get(f"/api/sessions/{identifier}")
    assert (stored["name"], stored["skillIds"]) == ("W", ["maestro-worker"])
    assert maestro("session", "info", identifier)["id"] == identifier
    assert maestro("session", "info", MAESTRO_SESSION_ID=identifier)["id"] == identifier
    assert [one["id"] for one in maestro("session", "list", "--task", task["id"])] == [identifier]
    assert [one["id"] for one in maestro("session", "list", "--active")] == [identifier]
    parent = {"MAESTRO_SESSION_ID": identifier}
    child = maestro("session", "spawn", "--task", task["id"], "--agent", "shell", "--reason", "R", **parent)
    assert [one["id"] for one in maestro("session", "list", "--children", **parent)] == [child["sessionId"]]
    plain = shared.maestro("session", "spawn", "--task", task["id"])
    assert plain.stdout.split()[0].startswith("sess_"), "the id first"
    http("PATCH", f"/api/sessions/{identifier}", {"status": "completed"})
    assert maestro("session", "wait", identifier, "--timeout", "5")
    late = maestro("session", "wait", child["sessionId"], "--until", "completed", "--timeout", "0.2", code=6)
    assert late["error"] in ("limit_reached", "conflict")


def test_reports(maestro: Maestro, task: Any, session: Any, http: Any) -> None:
    own = {"MAESTRO_SESSION_ID": session["id"], "MAESTRO_TASK_IDS": task["id"]}
    maestro("update", "Half", **own)
    for kind in ("progress", "blocked", "error", "needs-input", "complete"):
        maestro("report", kind, f"Said {kind}", **own)
    said = [entry["message"] for entry in http.get(f"/api/sessions/{session['id']}")["timeline"]]
    of_task = [entry["message"] for entry in http.get(f"/api/tasks/{task['id']}")["timeline"]]
    for message in ("Half", "Said progress", "Said blocked", "Said error", "Said needs-input", "Said complete"):
        assert message in said, message
        assert message in of_task, message
    assert http.get(f"/api/sessions/{session['id']}")["needsInput"]["active"] is True
    maestro("report", "progress", "Elsewhere", "--task", task["id"], **own)


def test_hooks_are_silent_and_never_fail(shared: Any, project: Any, task: Any, http: Any) -> None:
    own = {
        "MAESTRO_SESSION_ID": f"hook-{task['id'][-9:]}",
        "MAESTRO_PROJECT_ID": project["id"],
        "MAESTRO_TASK_IDS": task["id"],
    }
    path = f"/api/sessions/{own['MAESTRO_SESSION_ID']}"
    for words, check in (
        (("session", "register"), lambda one: one["status"] == "running"),
        (("session", "needs-input"), lambda one: one["needsInput"]["active"]),
        (("session", "resume-working"), lambda one: not one["needsInput"]["active"]),
        (("track-file", "/tmp/x.py"), lambda one: True),
        (("session", "complete"), lambda one: one["status"] == "completed"),
    ):
        done = shared.maestro(*words, **own)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words
        assert check(http.get(path)), words
        dead = shared.maestro(*words, **own, MAESTRO_API_URL="http://127.0.0.1:1", MAESTRO_RETRIES="0")
        assert (dead.returncode, dead.stdout) == (0, ""), words


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("task", "get", "task_none"), 2, "resource_not_found"),
        (("task", "get"), 1, "missing_task_id"),
        (("task", "get", "../x"), 1, "invalid_task_id"),
        (("task", "update", "{task}", "--status", "done"), 1, "invalid_status"),
        (("task", "create", "T", "--priority", "urgent"), 1, "invalid_priority"),
        (("task", "create"), 1, "missing_required_field"),
        (("task", "block", "{task}"), 1, "missing_required_field"),
        (("task", "compleet", "{task}"), 1, "unknown_command"),
        (("tsk", "list"), 1, "unknown_command"),
        (("session", "spawn", "--task", "{task}", "--agent", "nobody"), 5, "spawn_failed"),
        (("session", "spawn", "--task", "task_none"), 2, "resource_not_found"),
        (("session", "spawn", "--task", "{task}", "--skill", "nothing"), 2, "resource_not_found"),
        (("session", "info", "sess_none"), 2, "resource_not_found"),
        (("skill", "info", "nothing"), 2, "resource_not_found"),
        (("project", "delete", "{project}"), 1, "invalid_request"),
        (("task", "create", "T", "--parent", "task_none"), 2, "resource_not_found"),
        (("task", "create", "T", "--project", "proj_none"), 2, "resource_not_found"),
        (("task", "list", "--limt", "3"), 1, "invalid_request"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_failures(
    maestro: Maestro, project: Any, task: Any, words: tuple[str, ...], code: int, error: str
) -> None:
    filled = [word.format(task=task["id"], project=project["id"]) for word in words]
    assert maestro(*filled, code=code)["error"] == error


def test_did_you_mean(maestro: Maestro, task: Any) -> None:
    assert "complete" in json.dumps(maestro("task", "compleet", task["id"], code=1))
    assert "--status" in json.dumps(maestro("task", "list", "--statsu", "todo", code=1))


def test_a_project_that_does_not_exist(shared: Any, http: Any) -> None:
    done = shared.maestro("task", "create", "T", MAESTRO_PROJECT_ID="proj_gone")
    assert (done.returncode, done.stdout) == (2, "")
    assert "proj_gone" in done.stderr
    assert "try: maestro " in done.stderr


def test_not_allowed(shared: Any, http: Any, agent: tuple[Any, Any]) -> None:
    client, session = agent
    pane = {"MAESTRO_API_URL": f"{http.url}{client.base}", "MAESTRO_SESSION_ID": session["id"]}
    assert json.loads(shared.maestro("whoami", "--json", **pane).stdout)["success"] is True
    done = shared.maestro("project", "create", "X", "--json", **pane)
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"] == "permission_denied"
    wrong = shared.maestro("task", "list", "--json", MAESTRO_API_URL=f"{http.url}/~wrong")
    assert wrong.returncode == 4


def test_flags_stand_anywhere(shared: Any, project: Any, task: Any, http: Any) -> None:
    for words in (
        ("--json", "--project", project["id"], "task", "list"),
        ("task", "--json", "list", "--project", project["id"]),
        ("task", "list", f"--project={project['id']}", "--json"),
        ("--server", http.url, "task", "list", "--json", "--project", project["id"]),
    ):
        done = shared.maestro(*words)
        assert done.returncode == 0, (words, done.stderr)
        assert json.loads(done.stdout)["data"][0]["id"] == task["id"]


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        (),
        ("task",),
        ("task", "--help"),
        ("commands",),
        ("version",),
        ("status",),
        ("doctor",),
        ("completion", "bash"),
        ("skill", "list"),
        ("skill", "info", "maestro-cli"),
        ("skill", "validate"),
        ("whoami",),
    ],
    ids=" ".join,
)
def test_with_json_there_is_one_document(shared: Any, http: Any, words: tuple[str, ...]) -> None:
    done = shared.maestro(*words, "--json")
    answer = json.loads(done.stdout)
    assert answer["success"] is (done.returncode == 0), (words, done.returncode)
    assert ("data" in answer) is answer["success"]


def test_without_json_errors_are_not_on_standard_output(shared: Any, http: Any) -> None:
    done = shared.maestro("task", "get", "task_none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "task_none" in done.stderr
    assert "\x1b" not in done.stderr


def test_titles_cannot_drive_the_terminal(shared: Any, http: Any, project: Any) -> None:
    made = http.make("/api/tasks", {"projectId": project["id"], "title": "a\x1b]0;pwned\x07b\u202ec"})
    assert made["title"].isprintable()
    assert "\x1b" not in shared.maestro("task", "get", made["id"]).stdout


def test_where_it_is_told(shared: Any, http: Any, project: Any, task: Any) -> None:
    config = shared.home / "config"
    config.write_text(f'# mine\nMAESTRO_PROJECT_ID={project["id"]}\nMAESTRO_API_URL="{http.url}"\n')
    try:
        assert json.loads(shared.maestro("task", "list", "--json").stdout)["data"][0]["id"] == task["id"]
        other = http.make("/api/projects", {"name": "Other"})
        real = shared.maestro("task", "list", "--json", MAESTRO_PROJECT_ID=other["id"])
        assert json.loads(real.stdout)["data"] == []
        dead = shared.maestro("task", "list", MAESTRO_API_URL="http://127.0.0.1:1", MAESTRO_RETRIES="0")
        assert dead.returncode == 3
        lower = shared.maestro("task", "list", MAESTRO_SERVER_URL="http://127.0.0.1:1", MAESTRO_RETRIES="0")
        assert lower.returncode == 0, "the address in the config file is looked at first"
    finally:
        config.unlink()
    server = shared.maestro("task", "list", MAESTRO_SERVER_URL="http://127.0.0.1:1", MAESTRO_RETRIES="0")
    assert server.returncode == 3


class Flaky(web.BaseHTTPRequestHandler):
    """Fails as often as it is told, then answers; it remembers every request."""

    failures = 0
    status = 503
    seen: list[tuple[str, str | None]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        kind = type(self)
        kind.seen.append((self.command, self.headers["Idempotency-Key"]))
        fails = len(kind.seen) <= kind.failures
        body = json.dumps({"id": "task_1", "title": "T", "error": fails, "code": "X", "message": "m"}).encode()
        self.send_response(kind.status if fails else 201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def flaky() -> Iterator[tuple[type[Flaky], str]]:
    kind = type("Kind", (Flaky,), {"seen": []})
    server = web.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("failures", "status", "retries", "requests", "code"),
    [(2, 503, None, 3, 0), (9, 500, None, 4, 3), (1, 500, "0", 1, 3), (9, 409, None, 1, 6), (9, 400, None, 1, 1)],
)
def test_retries(
    shared: Any,
    flaky: tuple[type[Flaky], str],
    failures: int,
    status: int,
    retries: str | None,
    requests: int,
    code: int,
) -> None:
    kind, url = flaky
    kind.failures, kind.status = failures, status
    environment = {"MAESTRO_RETRY_DELAY": "1", "MAESTRO_API_URL": url, "MAESTRO_PROJECT_ID": "proj_1"}
    if retries is not None:
        environment["MAESTRO_RETRIES"] = retries
    done = shared.maestro("task", "create", "T", "--json", MAESTRO_DEBUG="true", **environment)
    assert done.returncode == code, (done.stdout, done.stderr)
    posts = [key for method, key in kind.seen if method == "POST"]
    assert len(posts) == requests
    assert len(set(posts)) == 1
    assert posts[0], "every POST carries a key, and a retry the same one"
    assert json.loads(done.stdout)["success"] is (code == 0)
    if requests > 1:
        assert done.stderr, "each attempt is explained"


def test_nobody_there(shared: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        began = time.monotonic()
        done = shared.maestro("task", "list", "--json", MAESTRO_API_URL=url, MAESTRO_RETRY_DELAY="1")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"] == "connection_refused"
    assert time.monotonic() - began < 10


def test_init_prints_the_brief(maestro: Maestro, shared: Any, http: Any, task: Any) -> None:
    for role in ("worker", "orchestrator"):
        made = http.make(
            "/api/sessions/spawn", {"projectId": task["projectId"], "taskIds": [task["id"]], "role": role}
        )
        pane = {"MAESTRO_SESSION_ID": made["sessionId"], "MAESTRO_MANIFEST_PATH": made["manifestPath"]}
        brief = shared.maestro(role, "init", **pane)
        assert brief.returncode == 0, brief.stderr
        assert task["title"] in brief.stdout
        ran = shared.maestro(role, "init", "--exec", "--", "/bin/echo", "agent:", **pane)
        assert ran.stdout.startswith("agent:")


def test_help_names_every_command_of_the_contract(shared: Any) -> None:
    text = shared.maestro("commands", "--json").stdout
    commands = (
        "project list,project create,project get,project delete,project use,task list,task create,task get,"
        "task update,task start,task complete,task block,task unblock,task delete,task children,task tree,"
        "subtask create,subtask list,subtask complete,subtask reopen,subtask delete,session spawn,session list,"
        "session info,session logs,session send,session stop,session watch,session wait,session register,"
        "session complete,session needs-input,session resume-working,update,report progress,report blocked,"
        "report error,report needs-input,report complete,status,whoami,commands,skill list,skill info,"
        "skill validate,track-file,worker init,orchestrator init,doctor,completion,version"
    )
    for command in commands.split(","):
        assert f'"{command}"' in text, command
