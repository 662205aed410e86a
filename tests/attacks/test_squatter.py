"""Somebody else listens where a server is expected."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from maestro_tui.cli import context
from maestro_tui.cli.context import Context
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.transport import Retries, Transport


class Squatter(BaseHTTPRequestHandler):
    """Says yes to everything, and keeps what it was told."""

    heard: list[str] = []

    def do_GET(self) -> None:
        self.heard.append(f"{self.requestline}\n{self.headers}")
        body = json.dumps({"status": "ok", "version": "9.9", "proof": "0" * 64, "data": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: Any) -> None:
        """Quietly."""


@pytest.fixture
def squatter() -> Iterator[str]:
    Squatter.heard.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Squatter)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, url: str, token: str) -> Transport:
    """The command where no server has published itself, and `url` is the default address."""
    monkeypatch.setattr(context, "DEFAULT_URL", url)
    environ = {"HOME": str(tmp_path), "MAESTRO_TOKEN": token}
    return Transport(Context(environ).server(), retries=Retries(0))


@pytest.mark.attack(20)
@pytest.mark.parametrize("token", ["the-owners-secret-token", "mst_sess_1.0123456789abcdef0123456789abcdef"])
def test_it_is_told_no_token(monkeypatch: Any, tmp_path: Any, squatter: str, token: str) -> None:
    transport = command(monkeypatch, tmp_path, squatter, token)
    with pytest.raises(Failure, match="no token was sent"):
        transport.post("/api/projects", {"name": "x"})
    transport.close()
    [heard] = Squatter.heard
    assert token not in heard
    assert "Authorization" not in heard


@pytest.mark.attack(20)
def test_the_real_server_proves_itself(monkeypatch: Any, tmp_path: Any, http: Any, agent: Any) -> None:
    session_token = agent[0].base.removeprefix("/~")
    for token in (http.token, session_token):
        transport = command(monkeypatch, tmp_path, http.url, token)
        assert transport.get("/api/projects")
        transport.close()
    stranger = command(monkeypatch, tmp_path, http.url, "some-other-token")
    with pytest.raises(Failure, match="no token was sent"):
        stranger.get("/api/projects")
    stranger.close()


@pytest.mark.attack(20)
def test_a_port_that_is_taken_is_passed_over(fresh: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fresh.environment["MAESTRO_PORT"] = str(taken.getsockname()[1])
        http = fresh.start()
        assert http.get("/health")["version"]
        assert http.port != taken.getsockname()[1]
