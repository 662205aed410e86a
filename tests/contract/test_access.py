"""Contract 8: who may talk to the server, and what the discovery file says."""

import json
import os
import socket
import stat
from typing import Any

import pytest

ROUTES = [
    ("GET", "/ready"),
    ("GET", "/ws-status"),
    ("GET", "/ws"),
    ("GET", "/"),
    ("GET", "/api/projects"),
    ("POST", "/api/projects"),
    ("GET", "/api/tasks"),
    ("DELETE", "/api/tasks/task_x"),
    ("GET", "/api/tasks/tree"),
    ("POST", "/api/sessions/spawn"),
    ("PATCH", "/api/sessions/sess_x"),
    ("POST", "/api/sessions/sess_x/claim"),
    ("POST", "/api/sessions/sess_x/input"),
    ("POST", "/api/sessions/sess_x/stop"),
    ("GET", "/api/sessions/sess_x/output"),
    ("GET", "/api/skills"),
    ("GET", "/api/events"),
    ("GET", "/nothing"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda value: value)
@pytest.mark.attack(1)
def test_every_address_but_health_needs_a_token(http: Any, method: str, path: str) -> None:
    answer = http.as_(None)(method, path, raw=b"{}" if method == "POST" else None)
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


def test_where_a_token_may_stand(http: Any) -> None:
    stranger = http.as_(None)
    assert stranger("GET", f"/~{http.token}/api/projects").status == 200
    assert stranger("GET", f"/~{http.token}/health").json["version"]
    assert stranger("GET", "/api/projects", Authorization=f"bearer {http.token}").status == 200
    assert stranger("GET", f"/api/projects?token={http.token}").status == 401
    for wrong in (f"Bearer {http.token} ", f"Basic {http.token}", "Bearer", http.token, "Bearer x"):
        expected = 200 if wrong.rstrip() == f"Bearer {http.token}" else 401  # the space is not the header's
        assert stranger("GET", "/api/projects", Authorization=wrong).status == expected, wrong
    assert stranger("GET", "/~wrong/api/projects").status == 401
    assert stranger("GET", "/~wrong/health").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "[::1]x", "127.1", "0", "0x7f000001", ""]
)
@pytest.mark.attack(4, 5)
def test_foreign_names_are_misdirected(http: Any, host: str) -> None:
    answer = http("GET", "/api/projects", Host=host)
    assert answer.status == 421
    assert answer.code == "MISDIRECTED_REQUEST"


def test_own_names(http: Any) -> None:
    for host in (f"127.0.0.1:{http.port}", f"localhost:{http.port}", f"[::1]:{http.port}", "LOCALHOST"):
        assert http("GET", "/api/projects", Host=host).status == 200, host


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:9999", "http://[", "", "http://127.0.0.1"]
)
@pytest.mark.attack(8, 9, 10, 11, 16)
def test_foreign_origins_are_refused(http: Any, origin: str) -> None:
    for method, path in (
        ("GET", "/api/projects"),
        ("POST", "/api/projects"),
        ("GET", "/ws"),
        ("OPTIONS", "/api/tasks"),
    ):
        answer = http(method, path, raw=b"{}" if method == "POST" else None, Origin=origin)
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, path)
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_our_own_origin_passes_without_cors(http: Any) -> None:
    answer = http("GET", "/api/projects", Origin=http.url)
    assert answer.status == 200
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PURGE", "BREW"])
@pytest.mark.attack(25)
def test_odd_methods(http: Any, method: str) -> None:
    answer = http(method, "/api/projects")
    assert answer.status in (400, 403, 405)
    assert answer.code
    assert answer.headers["content-type"].startswith("application/json")
    assert http("POST", "/api/projects/proj_x", {}, X_HTTP_Method_Override="DELETE").status == 405


@pytest.mark.parametrize(
    "text",
    [
        b"HELLO\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        b"POST /api/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +2\r\n\r\n{}",
        b"POST /api/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
    ],
    ids=range(11),
)
@pytest.mark.attack(6, 7, 51)
def test_malformed_requests(http: Any, text: bytes) -> None:
    with socket.create_connection((http.host, http.port), timeout=5) as peer:
        peer.sendall(text)
        said = b"".join(iter(lambda: peer.recv(65536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    assert 400 <= int(head.split()[1]) < 500
    assert b"X-Request-Id: " in head
    assert json.loads(body)["error"] is True
    assert http.get("/health")["status"] == "ok"


def test_an_agent_reads_its_project_and_nothing_else(http: Any, agent: tuple[Any, Any]) -> None:
    client, session = agent
    other = http.make("/api/projects", {"name": "Other"})
    theirs = http.make("/api/tasks", {"projectId": other["id"], "title": "Theirs"})
    hidden = http.make("/api/sessions", {"projectId": other["id"], "name": "Hidden"})
    assert [one["id"] for one in client.get("/api/projects")] == [session["projectId"]]
    assert client.get(f"/api/projects/{session['projectId']}")["id"] == session["projectId"]
    for path in (
        f"/api/projects/{other['id']}",
        f"/api/tasks/{theirs['id']}",
        f"/api/tasks?projectId={other['id']}",
        f"/api/tasks/tree?projectId={other['id']}",
        f"/api/sessions/{hidden['id']}",
        f"/api/sessions?projectId={other['id']}",
    ):
        assert client("GET", path).status == 403, path
    assert theirs["id"] not in [one["id"] for one in client.get("/api/tasks")]
    assert hidden["id"] not in [one["id"] for one in client.get("/api/sessions")]
    told = json.dumps(client.get("/api/events?limit=500"))
    assert other["id"] not in told


@pytest.mark.attack(23)
def test_an_agent_writes_what_is_its_own(http: Any, agent: tuple[Any, Any]) -> None:
    client, session = agent
    project_id, (task_id,) = session["projectId"], session["taskIds"]
    foreign = http.make("/api/tasks", {"projectId": project_id, "title": "Not its own"})
    stranger = http.make("/api/sessions", {"projectId": project_id, "name": "Stranger"})
    for method, path, body in (
        ("PATCH", f"/api/tasks/{foreign['id']}", {"title": "X"}),
        ("DELETE", f"/api/tasks/{foreign['id']}", None),
        ("PATCH", f"/api/sessions/{stranger['id']}", {"name": "X"}),
        ("DELETE", f"/api/sessions/{stranger['id']}", None),
        ("POST", f"/api/sessions/{stranger['id']}/timeline", {"message": "X"}),
        ("POST", f"/api/sessions/{stranger['id']}/claim", {"runnerId": "x"}),
        ("POST", "/api/projects", {"name": "X"}),
        ("PATCH", f"/api/projects/{project_id}", {"name": "X"}),
        ("DELETE", f"/api/projects/{project_id}", None),
        ("POST", "/api/skills/maestro-cli/reload", None),
    ):
        answer = client(method, path, body)
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, path)
    assert client("PATCH", f"/api/tasks/{task_id}", {"status": "in_progress"}).status == 200
    child = client.make("/api/tasks", {"projectId": project_id, "title": "C", "parentId": task_id})
    spawned = client.make("/api/sessions/spawn", {"projectId": project_id, "taskIds": [child["id"]]})
    assert spawned["session"]["parentSessionId"] == session["id"]
    assert client("PATCH", f"/api/sessions/{spawned['sessionId']}", {"name": "Mine"}).status == 200


@pytest.mark.attack(24)
def test_the_token_of_an_ended_session(http: Any, agent: tuple[Any, Any]) -> None:
    client, session = agent
    assert client("PATCH", f"/api/sessions/{session['id']}", {"status": "completed"}).status == 200
    assert client("GET", "/api/projects").status == 401


def test_the_discovery_file(shared: Any, http: Any) -> None:
    path = shared.home / "server.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(shared.home.stat().st_mode) == 0o700
    known = shared.discovery()
    assert set(known) == {"url", "token", "pid", "startTime", "epoch", "version"}
    assert known["url"].startswith("http://127.0.0.1:")
    assert len(known["token"]) >= 32
    assert known["epoch"] == http.get("/api/events")["next"].split(":")[0]
    os.kill(known["pid"], 0)


def test_discovery_comes_and_goes(fresh: Any) -> None:
    path = fresh.home / "server.json"
    fresh.home.mkdir(mode=0o700)
    stale = {"url": "http://127.0.0.1:1", "token": "old", "pid": os.getpid(), "startTime": "1", "epoch": "e"}
    path.write_text(json.dumps(stale | {"version": "0"}))
    path.chmod(0o600)
    asked = fresh.maestro("status", "--json", MAESTRO_RETRIES="0", MAESTRO_PORT="2")  # where nobody listens
    assert asked.returncode == 3
    assert "http://127.0.0.1:2" in asked.stdout
    assert "http://127.0.0.1:1/" not in asked.stdout
    http = fresh.start()
    assert http.get("/health")["version"]
    fresh.stop()
    assert not path.exists()


def test_a_taken_port_is_no_obstacle(fresh: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fresh.environment["MAESTRO_PORT"] = str(port)
        http = fresh.start()
        assert http.port != port
        assert http.get("/health")["status"] == "ok"


def test_one_server_owns_a_home(fresh: Any) -> None:
    import subprocess
    import sys

    first = fresh.start()
    second = subprocess.run(
        [sys.executable, "-m", "maestro_tui", "serve"],
        env=fresh.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert first.url in second.stderr
    assert first.get("/health")["status"] == "ok"


@pytest.mark.attack(2)
def test_no_token_is_in_the_log(shared: Any, http: Any) -> None:
    http.as_(None)("GET", f"/~{http.token}/api/projects")
    http("GET", f"/api/projects?token={http.token}")
    assert http.token not in (shared.user / "log").read_text()
