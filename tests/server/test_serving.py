"""Starting and stopping a whole server on a home of its own."""

import json
import os
import socket
import stat

import aiohttp
import pytest

from maestro_tui import discovery
from maestro_tui.server.serving import DirectoryInUse, serve
from maestro_tui.server.signing import signing_key
from maestro_tui.store.memory import MemoryStore


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def client_of(info):
    return aiohttp.ClientSession(info.url, headers={"Authorization": f"Bearer {info.token}"})


async def get(info, path="/api/projects"):
    async with client_of(info) as client, client.get(path) as answer:
        return answer.status, await answer.json()


async def post(client, path, body):
    async with client.post(path, json=body) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.json()


async def test_a_server_publishes_itself_and_takes_that_back(home, settings):
    async with serve(home, settings) as info:
        found = discovery.read(home)
        assert (found.url, found.token, found.pid) == (info.url, info.token, os.getpid())
        assert found.epoch == info.epoch
        assert mode_of(home.discovery) == 0o600
        assert mode_of(home.signing_key) == 0o600
        assert len(info.token) >= 43
        assert info.token not in repr(info)
        assert await get(info) == (200, [])
    assert not home.discovery.exists()
    assert discovery.read(home) is None


async def test_documents_outlive_the_server(home, settings):
    async with serve(home, settings) as info, client_of(info) as client:
        project = await post(client, "/api/projects", {"name": "kept"})
    async with serve(home, settings) as again:
        assert again.token != info.token
        status, listed = await get(again)
        assert (status, [one["id"] for one in listed]) == (200, [project["id"]])


async def test_clients_resume_and_retries_stay_harmless_across_a_restart(home, settings):
    key = {"Idempotency-Key": "key-1"}
    async with serve(home, settings) as first, client_of(first) as client:
        async with client.post("/api/projects", json={"name": "a"}, headers=key) as answer:
            project, seen = await answer.json(), answer.headers["Maestro-Seq"]
        await post(client, "/api/projects", {"name": "b"})
    async with serve(home, settings) as again, client_of(again) as client:
        assert again.epoch == first.epoch
        async with client.post("/api/projects", json={"name": "a"}, headers=key) as answer:
            assert (await answer.json(), answer.headers["Idempotent-Replayed"]) == (project, "true")
        async with client.ws_connect(f"/ws?since={first.epoch}:{seen}") as socket:
            assert (await socket.receive_json(timeout=5))["data"]["mode"] == "replay"
            assert (await socket.receive_json(timeout=5))["data"]["name"] == "b"


async def test_a_taken_port_is_not_the_end(home, settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with serve(home, settings, port=port, store=MemoryStore()) as info:
            assert not info.url.endswith(f":{port}")
            assert (await get(info))[0] == 200


async def test_a_second_server_on_one_home_is_refused(home, settings):
    async with serve(home, settings) as first:
        with pytest.raises(DirectoryInUse) as refused:
            async with serve(home, settings):
                raise AssertionError("two servers on one home")
        assert refused.value.info.url == first.url
        assert refused.value.info.token == first.token
        assert (await get(first))[0] == 200
        assert discovery.read(home) is not None


async def test_a_spawn_nobody_claims_fails_after_a_while(home, settings):
    settings = settings.model_copy(update={"spawn": settings.spawn.model_copy(update={"claim_seconds": 1})})
    async with serve(home, settings) as info, client_of(info) as client, client.ws_connect("/ws") as listener:
        project = await post(client, "/api/projects", {"name": "a"})
        task = await post(client, "/api/tasks", {"projectId": project["id"], "title": "t"})
        await post(client, "/api/sessions/spawn", {"projectId": project["id"], "taskIds": [task["id"]]})
        while True:
            frame = await listener.receive_json(timeout=10)
            if frame["type"] == "session:updated" and frame["data"]["status"] == "failed":
                break
        assert "maestro-tui" in json.dumps(frame["data"]["timeline"])


async def test_an_edit_by_hand_is_told_like_any_other_change(home, settings):
    async with serve(home, settings) as info, client_of(info) as client:
        project = await post(client, "/api/projects", {"name": "before"})
        async with client.ws_connect("/ws") as listener:
            [path] = home.data.rglob(f"{project['id']}.json")
            path.write_text(path.read_text().replace("before", "after"))
            frame = await listener.receive_json(timeout=10)
            assert (frame["type"], frame["data"]["name"]) == ("project:updated", "after")


async def test_a_failed_start_leaves_nothing_behind(home, settings):
    home.root.mkdir(mode=0o700)
    home.signing_key.write_text("open to all")
    home.signing_key.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        async with serve(home, settings):
            raise AssertionError("serving")
    assert not home.discovery.exists()
    home.signing_key.unlink()
    async with serve(home, settings) as info:
        assert (await get(info))[0] == 200


def test_the_signing_key_is_made_once(tmp_path):
    path = tmp_path / "token.key"
    key = signing_key(path)
    assert len(key) == 32
    assert signing_key(path) == key
    assert mode_of(path) == 0o600


@pytest.mark.parametrize("content", ["", "xyz", "00" * 31, "é"])
def test_a_damaged_signing_key_is_refused(tmp_path, content):
    path = tmp_path / "token.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(PermissionError, match="damaged"):
        signing_key(path)


@pytest.mark.attack(22)
def test_a_signing_key_that_is_no_file_is_refused(tmp_path):
    (tmp_path / "elsewhere").write_text("00" * 32)
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(tmp_path / "elsewhere")
    os.mkfifo(pipe, 0o600)
    for path in (link, pipe):
        with pytest.raises(PermissionError):
            signing_key(path)
