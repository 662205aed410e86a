"""Taking tokens away, and the record of who changed what."""

import asyncio
import contextlib
import json
import logging
import stat

import aiohttp
import pytest

from maestro_tui import discovery
from maestro_tui.client.address import discovered
from maestro_tui.client.errors import ApiError
from maestro_tui.client.feed import Feed
from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import BusinessRuleBroken
from maestro_tui.server.owner import OwnerToken
from maestro_tui.server.serving import serve
from maestro_tui.services.revocations import Revocations
from maestro_tui.telemetry.audit import AuditLog
from maestro_tui.telemetry.rotation import PrivateRotatingFile


async def session_headers(api):
    session = await api.spawned()
    won = await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "r"})
    return session["id"], {"Authorization": f"Bearer {won['token']}"}


@pytest.mark.attack(24)
async def test_a_revoked_token_opens_nothing_while_its_session_lives(api):
    session_id, headers = await session_headers(api)
    async with api.client.ws_connect("/ws", headers=headers) as socket:
        await api.call("DELETE", f"/api/sessions/{session_id}/token")
        message = await socket.receive(timeout=10)
        assert socket.close_code == 4401, message
    async with api.client.get("/api/projects", headers=headers) as answer:
        assert answer.status == 401
    assert (await api.call("GET", f"/api/sessions/{session_id}"))["status"] == "spawning"
    assert session_id in Revocations(api.home.revoked_tokens)
    assert stat.S_IMODE(api.home.revoked_tokens.stat().st_mode) == 0o600
    await api.call("DELETE", f"/api/sessions/{session_id}/token")
    await api.call("DELETE", "/api/sessions/sess_none/token", status=404)


async def test_only_the_owner_takes_tokens_away(api):
    session_id, headers = await session_headers(api)
    await api.call("DELETE", f"/api/sessions/{session_id}/token", status=403, headers=headers)
    await api.call("POST", "/api/token/rotate", {}, status=403, headers=headers)


@pytest.mark.parametrize("content", ["{", "{}", "[1]", "\x00"])
def test_a_spoilt_list_of_revoked_tokens_is_no_empty_one(tmp_path, content):
    path = tmp_path / "revoked.json"
    path.write_text(content)
    with pytest.raises(PermissionError, match="mend or remove it"):
        Revocations(path)


async def test_rotating_ends_the_old_token_and_a_cockpit_finds_the_new_one(home):
    settings = Settings.model_validate({"server": {"port": 0}})
    async with serve(home, settings) as info, aiohttp.ClientSession() as http:
        old = {"Authorization": f"Bearer {info.token}"}
        async with Feed(info.url, info.token, locate=discovered(home)) as feed:
            async with http.post(f"{info.url}/api/token/rotate", headers=old) as answer:
                assert answer.status == 200
                assert info.token not in await answer.text()
            found = discovery.read(home)
            assert found.token != info.token
            assert stat.S_IMODE(home.discovery.stat().st_mode) == 0o600
            async with http.get(f"{info.url}/api/projects", headers=old) as answer:
                assert answer.status == 401
            async with asyncio.timeout(30):
                while True:
                    with contextlib.suppress(ApiError):
                        await feed.api.request("GET", "/api/projects")
                        break
                    await asyncio.sleep(0.02)
    assert not home.discovery.exists(), "the file of the new token is taken away too"


def test_a_token_that_was_given_is_changed_where_it_was_given():
    with pytest.raises(BusinessRuleBroken, match="where it was given"):
        OwnerToken("x" * 40, given=True).rotate()


async def test_the_record_says_who_changed_what_and_no_secret(home):
    settings = Settings.model_validate({"server": {"port": 0}})
    async with serve(home, settings) as info, aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {info.token}", "X-Request-Id": "mine-1"}
        body = {"name": "Secret plans"}
        async with http.post(f"{info.url}/api/projects", json=body, headers=headers) as answer:
            project = await answer.json()
        for path, token in (
            (f"/api/projects/{project['id']}", info.token),
            ("/api/projects", "wrong-token-value"),
        ):
            async with http.get(info.url + path, headers={"Authorization": f"Bearer {token}"}) as answer:
                await answer.read()
        async with http.delete(f"{info.url}/api/projects/{project['id']}", headers=headers) as answer:
            assert answer.status == 200
    path = home.logs / "audit.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    made, guessed, deleted = map(json.loads, text.splitlines())
    assert (made["message"], made["actor"], made["status"], made["requestId"]) == (
        "POST /api/projects",
        "owner",
        "201",
        "mine-1",
    )
    assert made["token"] == deleted["token"] != guessed["token"]
    assert (guessed["actor"], guessed["status"]) == ("nobody", "401")
    assert (deleted["message"], deleted["documents"]) == ("DELETE /api/projects/{project_id}", project["id"])
    for secret in (info.token, "Secret plans", "wrong-token-value"):
        assert secret not in text


def test_a_record_that_grows_is_set_aside(tmp_path):
    path = tmp_path / "x.log"
    file = PrivateRotatingFile(path, largest=1000, kept=2)
    for number in range(100):
        file.handle(logging.LogRecord("x", logging.INFO, "", 0, f"{number:>90}", None, None))
    file.close()
    kept = sorted(tmp_path.iterdir())
    assert [one.name for one in kept] == ["x.log", "x.log.1", "x.log.2"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in kept} == {0o600}
    assert all(one.stat().st_size <= 1000 for one in kept)
    target = tmp_path / "elsewhere"
    (tmp_path / "link.log").symlink_to(target)
    with pytest.raises(OSError, match=r"symbolic link|Too many levels"):
        AuditLog(tmp_path / "link.log")
    assert not target.exists()
