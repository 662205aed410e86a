"""`/metrics`: who may read it, what it counts, and that it names nothing of anybody."""

import asyncio
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from maestro_tui.server import serving
from maestro_tui.store.json_files.writer import Call, Writer
from maestro_tui.telemetry import metrics


async def scraped(api):
    """Every sample by its name and labels, in the order of their names."""
    answer = await api.raw("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(await answer.text())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def grown(before, after, name, **labels):
    key = (name, tuple(sorted(labels.items())))
    return after.get(key, 0) - before.get(key, 0)


async def test_only_the_owner_reads_it(api):
    async with api.client.get("/metrics") as answer:
        assert answer.status == 401
    session = await api.spawned()
    won = await api.call("POST", f"/api/sessions/{session['id']}/claim", {"runnerId": "r"})
    api.headers = {"Authorization": f"Bearer {won['token']}"}
    await api.call("GET", "/metrics", status=403)


async def test_what_happens_is_counted(api):
    before = await scraped(api)
    session = await api.spawned()
    path = f"/api/sessions/{session['id']}"
    socket = await api.socket("?since=0")
    won = await api.call("POST", f"{path}/claim", {"runnerId": "one"})
    await api.call("POST", f"{path}/claim", {"runnerId": "two"}, status=409)
    await api.call("PATCH", path, {"status": "running", "fence": won["lease"]["fence"]})
    await api.call("GET", "/api/tasks/task_none", status=404)
    body = {"projectId": session["projectId"], "taskIds": ["task_none"]}
    await api.call("POST", "/api/sessions/spawn", body, status=404)
    async with api.client.get("/api/projects", headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 401
    after = await scraped(api)
    for name, labels, count in (
        ("maestro_http_requests_total", {"method": "GET", "route": "/api/tasks/{task_id}", "status": "404"}, 1),
        ("maestro_http_request_seconds_count", {"method": "PATCH", "route": "/api/sessions/{session_id}"}, 1),
        ("maestro_events_total", {"event": "task:created"}, 1),
        ("maestro_spawns_total", {"outcome": "accepted"}, 1),
        ("maestro_spawns_total", {"outcome": "refused"}, 1),
        ("maestro_spawns_total", {"outcome": "running"}, 1),
        ("maestro_spawn_seconds_count", {}, 1),
        ("maestro_claims_total", {"outcome": "won"}, 1),
        ("maestro_claims_total", {"outcome": "lost"}, 1),
        ("maestro_auth_failures_total", {"reason": "wrong"}, 1),
        ("maestro_sockets_opened_total", {"mode": "snapshot"}, 1),
        ("maestro_sessions_live", {"status": "running"}, 1),
        ("maestro_socket_connections", {}, 1),
    ):
        assert grown(before, after, name, **labels) == count, (name, labels)
    assert after["maestro_journal_seq", ()] == api.services.journal.seq
    await socket.close()


async def test_a_busy_event_loop_is_told(monkeypatch, api):
    monkeypatch.setattr(serving, "LAG_SECONDS", 0.01)
    before, known = await scraped(api), metrics.LOOP_LAG_SECONDS._sum.get()
    measuring = asyncio.create_task(serving._measure_lag())
    await asyncio.sleep(0)
    time.sleep(0.06)  # noqa: ASYNC251 - this is what is to be noticed
    async with asyncio.timeout(30):
        while metrics.LOOP_LAG_SECONDS._sum.get() == known:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    measuring.cancel()
    after = await scraped(api)
    assert grown(before, after, "maestro_event_loop_lag_seconds_sum") > 0.04


async def test_what_waits_for_the_disk_is_counted_until_it_is_there(tmp_path):
    waiting = metrics.STORE_WAITING._value
    before = waiting.get()
    writer = Writer()
    done = [writer.do(Call(lambda: None)) for _ in range(5)]
    await asyncio.gather(*done)
    await writer.stop()
    assert waiting.get() == before


async def test_a_socket_is_no_slow_request(api):
    before = await scraped(api)
    socket = await api.socket()
    await socket.close()
    after = await scraped(api)
    where = {"method": "GET", "route": "/ws"}
    assert grown(before, after, "maestro_sockets_opened_total", mode="live") == 1
    assert grown(before, after, "maestro_http_request_seconds_count", **where) == 0


@pytest.mark.attack(96)
async def test_nothing_of_anybody_is_in_it(api):
    """Titles, ids, paths and tokens would make the numbers as secret as what they count."""
    session = await api.spawned()
    async with api.client.get("/api/nothing/sesame", headers=api.headers) as answer:
        assert answer.status == 404
    text = await (await api.raw("GET", "/metrics")).text()
    for secret in (
        "webshop",
        "Checkout",
        session["id"],
        session["projectId"],
        str(api.home.root),
        "sesame",
        api.token,
    ):
        assert secret not in text


@pytest.mark.parametrize("name", metrics.__all__)
def test_every_metric_says_what_it_is(name):
    if name != "REGISTRY":
        [family] = getattr(metrics, name).describe()
        assert re.fullmatch(r"maestro_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
