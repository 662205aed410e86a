"""The disk fills up under a server: writes are refused with the reason, nothing is lost, and it recovers."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests.platforms import needs_prlimit

MEBIBYTE = 1024 * 1024


class Limit:
    """No file of the process may grow beyond a size: what a quota does, where nothing can be mounted."""

    def __init__(self, server):
        self._server = server
        self.size = 0

    def fill(self):
        import resource

        largest = max(path.stat().st_size for path in self._server.home.root.rglob("*") if path.is_file())
        self.size = largest + 200_000
        pid = self._server.process.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (self.size, resource.RLIM_INFINITY))

    def free(self):
        import resource

        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self._server.process.pid, resource.RLIMIT_FSIZE, unlimited)


class Ballast:
    """A small file system of its own, filled by a file that can be taken away."""

    def __init__(self, mount):
        self._file = mount / "ballast"

    def fill(self):
        free = shutil.disk_usage(self._file.parent).free
        with self._file.open("wb") as file:
            file.write(b"\0" * max(0, free - MEBIBYTE))

    def free(self):
        self._file.unlink()


def mounted(directory):
    """Whether a small file system is now at the directory."""
    if os.getuid() != 0 or sys.platform != "linux":
        return False
    command = ["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs", str(directory)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(params=["file system", "quota"])
def disk(request, tmp_path, server_process):
    """Something to fill and to free below the server's home."""
    root = Path(server_process.environment["HOME"])
    if request.param == "quota":
        if sys.platform != "linux":
            pytest.skip("limits of another process can be set on Linux only")
        yield Limit(server_process)
        return
    if not mounted(root):
        pytest.skip("mounting a file system takes root")
    try:
        yield Ballast(root)
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)


class Client:
    """Sends tasks under keys, and remembers which were answered with yes."""

    def __init__(self, http, server):
        self._http, self._server = http, server
        self._keys = count()
        self.stored, self.refused, self.reasons = {}, [], Counter()

    async def call(self, method, path, body=None, key=None):
        headers = self._server.address.headers | ({"Idempotency-Key": key} if key else {})
        url = self._server.address.url + path
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def create(self, project, key=None):
        """Whether the task was stored."""
        key = key or f"key-{next(self._keys)}"
        body = {"projectId": project, "title": key, "description": "d" * 20_000}
        status, answer = await self.call("POST", "/api/tasks", body, key)
        if status == 201:
            self.stored[key] = answer["id"]
            return True
        assert (status, answer["code"]) == (503, "UNAVAILABLE"), answer
        assert "Free some space" in answer["suggestion"]
        self.reasons[answer["message"].rpartition(": ")[2]] += 1
        self.refused.append(key)
        return False


@needs_prlimit
async def test_a_full_disk_under_a_server(disk, server_process, http, within, report, long):
    await server_process.start()
    client = Client(http, server_process)
    _, made = await client.call("POST", "/api/projects", {"name": "p"})
    project = made["id"]
    assert all([await client.create(project) for _ in range(5)])
    for _ in range(10 if long else 2):
        disk.fill()
        async with within(120, "the disk to be full"):
            while await client.create(project):
                pass
        await refuses_and_reads_on(client, project)
        disk.free()
        while client.refused:
            assert await client.create(project, client.refused.pop(0)), "it goes on by itself"
        assert await client.create(project)
        _, ready = await client.call("GET", "/ready")
        assert ready["checks"]["store"] == ready["checks"]["journal"] == "ok"
    _, page = await client.call("GET", "/api/events?limit=500")
    await server_process.stop()
    tasks = [json.loads(path.read_bytes()) for path in (server_process.home.data / "tasks").rglob("*.json")]
    assert {task["title"]: task["id"] for task in tasks} == client.stored
    assert len(tasks) == len(client.stored)
    told = [event["data"]["title"] for event in page["events"] if event["event"] == "task:created"]
    assert sorted(told) == sorted(set(told)), "announced once each"
    assert page["events"][-1]["data"]["title"] in client.stored
    leftovers = list(server_process.home.data.rglob("*.tmp"))
    report(
        stored=len(client.stored),
        refused=sum(client.reasons.values()),
        reasons=dict(client.reasons),
        lost=0,
        doubled=len(tasks) - len(client.stored),
        leftovers=len(leftovers),
    )
    assert leftovers == []


async def refuses_and_reads_on(client, project):
    """Full: every write is refused with a reason, and every reading works."""
    assert not all([await client.create(project) for _ in range(20)])
    one = next(iter(client.stored.values()))
    status, answer = await client.call("PATCH", f"/api/tasks/{one}", {"description": "e" * 20_000})
    assert status == 200 or (status, answer["code"]) == (503, "UNAVAILABLE"), answer  # a small one may fit
    status, _ = await client.call("GET", f"/api/tasks/{one}")
    assert status == 200
    status, listed = await client.call("GET", "/api/tasks")
    assert {task["id"] for task in listed} >= set(client.stored.values())
