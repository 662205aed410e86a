"""Who can reach the server at all, and with which words."""

import json
import os
import socket
import stat
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.web import RouteDef

from maestro_tui.server.app import ROUTES

EVERY_ROUTE = sorted(
    {
        (route.method, route.path.replace("{", "").replace("}", ""))
        for table in ROUTES
        for route in table
        if isinstance(route, RouteDef) and route.path != "/health"
    }
)


@pytest.mark.attack(1)
def test_every_route_of_the_router_asks_for_a_token(http: Any, stored: Callable[[], str]) -> None:
    before, stranger = stored(), http.as_(None)
    assert len(EVERY_ROUTE) > 40
    for method, path in EVERY_ROUTE:
        answer = stranger(method, path, raw=b'{"name":"x"}' if method in ("POST", "PUT", "PATCH") else None)
        assert (answer.status, answer.code) == (401, "UNAUTHORIZED"), (method, path)
    assert stored() == before


class Rebound(AbstractResolver):
    """Every name is this machine, as a page's own name server can say once the page is loaded."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        entry = {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0}
        return [ResolveResult(**entry, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.attack(14)
async def test_a_rebound_name(http: Any) -> None:
    connector = aiohttp.TCPConnector(resolver=Rebound())
    async with aiohttp.ClientSession(connector=connector) as browser:
        url = f"http://rebind.test:{http.port}"
        for path, headers in (("/health", {}), ("/api/projects", {"Authorization": f"Bearer {http.token}"})):
            async with browser.get(url + path, headers=headers) as answer:
                assert answer.status == 421


@pytest.mark.attack(15)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/json"]
)
def test_what_a_foreign_page_can_post(http: Any, stored: Callable[[], str], kind: str) -> None:
    before = stored()
    answer = http("POST", "/api/projects", raw=b'{"name":"forged"}', Content_Type=kind)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert stored() == before


@pytest.mark.attack(22)
@pytest.mark.parametrize("made", ["open", "link"])
def test_a_discovery_file_somebody_else_made(fresh: Any, made: str) -> None:
    """It is replaced, not written through: the token never stands in a file that others hold open."""
    fresh.home.mkdir(mode=0o700)
    elsewhere = fresh.user / "elsewhere"
    elsewhere.write_text("{}")
    path = fresh.home / "server.json"
    if made == "link":
        path.symlink_to(elsewhere)
    else:
        path.write_text("{}")
        path.chmod(0o644)
    http = fresh.start()
    assert not path.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert http.token not in elsewhere.read_text()


@pytest.mark.attack(22)
def test_a_home_others_can_write_is_refused(fresh: Any) -> None:
    fresh.home.mkdir()
    fresh.home.chmod(0o777)
    with pytest.raises(AssertionError, match="can be written by others"):
        fresh.start()


@pytest.mark.attack(23)
def test_an_agent_does_not_type_into_others_nor_run_the_house(http: Any, agent: tuple[Any, Any]) -> None:
    client, session = agent
    other = http.make("/api/sessions", {"projectId": session["projectId"], "name": "Other"})["id"]
    for method, path, body in (
        ("POST", f"/api/sessions/{other}/input", {"text": "rm -rf ~"}),
        ("POST", f"/api/sessions/{other}/stop", {}),
        ("POST", f"/api/sessions/{other}/approve", {}),
        ("POST", "/api/spawning/pause", {}),
        ("POST", "/api/spawning/resume", {}),
        ("GET", "/api/findings", None),
        ("GET", "/metrics", None),
    ):
        answer = client(method, path, body)
        assert (answer.status, answer.code) == (403, "FORBIDDEN"), path


@pytest.mark.attack(50)
def test_idle_and_half_open_connections_keep_nobody_out(http: Any) -> None:
    """Two hundred that say nothing, and as many that stop in the middle of a head."""
    held = []
    try:
        for number in range(400):
            peer = socket.create_connection((http.host, http.port), timeout=10)
            held.append(peer)
            if number % 2:
                peer.sendall(b"GET /api/projects HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ")
        assert http.get("/health")["status"] == "ok"
        assert http("GET", "/api/projects").status == 200
    finally:
        for peer in held:
            peer.close()


@pytest.mark.attack(95, 96)
def test_nothing_of_anybody_is_in_what_strangers_may_read(shared: Any, http: Any, project: Any, task: Any) -> None:
    stranger = http.as_(None)
    told = [stranger("GET", path).raw.decode() for path in ("/health", "/nothing", f"/api/tasks/{task['id']}")]
    told.append(json.dumps(shared.discovery() | {"token": ""}))
    for secret in (project["name"], task["title"], task["id"], str(shared.home), http.token):
        assert not [text for text in told if secret in text]


@pytest.mark.attack(18, 96)
def test_errors_name_no_place_on_this_machine(shared: Any, http: Any) -> None:
    for method, path, raw in (
        ("GET", "/api/nothing/..%2f..%2fetc", None),
        ("POST", "/api/projects", b"{"),
        ("GET", "/api/tasks/%00", None),
        ("GET", "/api/skills/none", None),
    ):
        text = http(method, path, raw=raw, X_Forwarded_Host="evil.example").raw.decode()
        for private in (str(shared.home), str(shared.user), "Traceback", ".py", os.fsdecode(os.getcwd()), "evil"):
            assert private not in text, (path, private)
