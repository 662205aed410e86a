"""Commands through good and bad weather, on a real server."""

import orjson
import pytest

from maestro_tui.client.connection import Phase
from maestro_tui.client.errors import ApiError
from maestro_tui.client.outbox import Done, Queued


def titles(server):
    return [orjson.loads(body)["title"] for method, _, _, body in server.requests if method == "POST"]


async def submit(feed, title, **options):
    return await feed.submit("POST", "/api/tasks", {"title": title}, label=f"new task {title}", **options)


async def test_online_a_command_is_carried_out_at_once(server, connect):
    async with connect(server) as feed:
        server.script.append({"id": "t"})
        assert await submit(feed, "a") == Done({"id": "t"})
        assert len(feed.outbox) == 0


async def test_a_refusal_is_the_callers(server, connect, answer_with):
    async with connect(server) as feed:
        server.script.append(answer_with(422, "BUSINESS_RULE_ERROR", "no"))
        with pytest.raises(ApiError, match="no"):
            await submit(feed, "a")
        assert len(feed.outbox) == 0


async def test_offline_commands_wait_in_order_and_are_sent_once(server, connect):
    async with connect(server) as feed:
        await server.stop()
        await feed.until(lambda feed: not feed.connection.is_online)
        for title in "abc":
            assert isinstance(await submit(feed, title), Queued)
        assert feed.connection.queued == 3
        server.script.extend([{"id": "a"}, "drop", {"id": "b"}])
        await server.start()
        await feed.until(lambda feed: feed.connection.queued == 0)
        assert titles(server) == ["a", "b", "b", "c"]
        keys = [headers["Idempotency-Key"] for _, _, headers, _ in server.requests]
        assert keys[1] == keys[2]
        assert len(set(keys)) == 3


async def test_a_deletion_whose_answer_was_lost_is_no_refusal(server, connect, answer_with):
    async with connect(server) as feed:
        await server.stop()
        await feed.until(lambda feed: not feed.connection.is_online)
        assert isinstance(await feed.submit("DELETE", "/api/tasks/t", label="delete t"), Queued)
        server.script.extend(["drop", answer_with(404, "NOT_FOUND", "no such task")])
        await server.start()
        await feed.until(lambda feed: feed.connection.queued == 0)
        assert feed.outbox.refusals == ()


async def test_a_lost_answer_becomes_a_queued_command_under_its_key(server, connect):
    async with connect(server) as feed:
        server.script.extend(["drop"] * 4)
        assert isinstance(await submit(feed, "a", idempotency_key="mine"), Queued)
        await feed.until(lambda feed: feed.connection.queued == 0)
        assert {headers["Idempotency-Key"] for _, _, headers, _ in server.requests} == {"mine"}


async def test_what_waits_survives_the_cockpit(server, connect, tmp_path):
    async with connect(server, state=tmp_path / "state") as feed:
        await server.stop()
        await feed.until(lambda feed: not feed.connection.is_online)
        await submit(feed, "a")
        await submit(feed, "b")
    await server.start()
    async with connect(server, state=tmp_path / "state") as feed:
        await feed.until(lambda feed: feed.connection.queued == 0)
    assert titles(server) == ["a", "b"]
    assert (tmp_path / "state" / "outbox.jsonl").read_bytes() == b""


@pytest.mark.parametrize(("status", "conflict"), [(409, True), (412, True), (404, False), (429, False)])
async def test_a_queued_command_that_is_refused_is_reported_and_the_next_is_sent(
    server, connect, answer_with, status, conflict
):
    async with connect(server) as feed:
        told = []
        feed.watch_refusals(told.append)
        await server.stop()
        await feed.until(lambda feed: not feed.connection.is_online)
        await submit(feed, "a")
        await submit(feed, "b")
        server.script.append(answer_with(status, "CODE", "not any more"))
        await server.start()
        await feed.until(lambda feed: feed.connection.queued == 0)
        assert [(refusal.command.label, refusal.conflict) for refusal in told] == [("new task a", conflict)]
        assert feed.outbox.refusals == tuple(told)
        assert titles(server) == ["a", "b"]


async def test_a_command_too_old_is_reported(server, connect):
    now = [0]
    async with connect(server, clock=lambda: now[0]) as feed:
        told = []
        feed.watch_refusals(told.append)
        await server.stop()
        await feed.until(lambda feed: not feed.connection.is_online)
        await submit(feed, "a")
        now[0] = 25 * 3_600_000
        await server.start()
        await feed.until(lambda _: bool(told))
        assert "24 hours" in told[0].message
        assert titles(server) == []


async def test_a_waiting_command_can_be_taken_back(server, connect):
    async with connect(server) as feed:
        await server.stop()
        await feed.until(lambda feed: not feed.connection.is_online)
        queued = await submit(feed, "a")
        assert feed.drop(queued.command.key) == queued.command
        assert feed.connection.queued == 0


async def test_a_listener_that_fails_stops_nobody(server, connect, caplog):
    async with connect(server) as feed:
        seen = []
        feed.subscribe(lambda _item, _changes: 1 / 0)
        feed.subscribe(lambda item, changes: seen.append((item.seq, changes)))
        server.put("task", "t")
        await feed.until(lambda _: bool(seen))
        assert seen[0][0] == 1
        assert "ZeroDivisionError" in caplog.text


async def test_who_stops_listening_hears_no_more(server, connect):
    async with connect(server) as feed:
        seen, connections = [], []
        stop = feed.subscribe(lambda item, _changes: seen.append(item.seq))
        stop_watching = feed.watch_connection(connections.append)
        server.put("task", "t")
        await feed.until(lambda feed: feed.mirror.seq == 1)
        stop()
        stop()
        stop_watching()
        connections.clear()
        server.put("task", "u")
        server.drop_all()
        await feed.until(lambda feed: feed.mirror.seq == 2 and feed.connection.attempt == 0)
        assert seen == [1]
        assert connections == []


async def test_our_own_write_is_seen_after_catching_up(server, connect):
    async with connect(server) as feed:
        server.put("task", "t")
        await feed.api.request("POST", "/api/tasks", {})
        await feed.caught_up()
        assert "t" in feed.mirror.tasks


async def test_leaving_is_quick_while_the_server_is_away(server, connect):
    async with connect(server) as feed:
        await server.stop()
        await feed.until(lambda feed: feed.connection.phase is not Phase.ONLINE)
