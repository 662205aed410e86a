"""The journal over HTTP: read on from a position, and waited for without asking again."""

import asyncio

import pytest


async def position(api):
    return (await api.call("GET", "/api/events"))["next"]


def waiting(api, query):
    return asyncio.create_task(api.call("GET", f"/api/events?{query}"))


async def until_it_waits(api):
    async with asyncio.timeout(10):
        while not api.services.listening._waiting:  # noqa: ASYNC110 - a request that waits sets no event
            await asyncio.sleep(0.005)


async def test_who_waits_is_answered_by_the_next_event_that_concerns_them(api):
    session = await api.spawned()
    since = await position(api)
    asked = waiting(api, f"since={since}&waitMs=20000&sessionIds={session['id']}")
    await until_it_waits(api)
    await api.project("another")  # an event, and none of its
    await api.call("POST", f"/api/sessions/{session['id']}/timeline", {"message": "half way"})
    answer = await asyncio.wait_for(asked, 10)
    assert {event["type"] for event in answer["events"]} <= {"session:updated", "notify:progress"}
    assert answer["events"][0]["data"]["id"] == session["id"]
    assert (await api.call("GET", f"/api/events?since={answer['next']}"))["events"] == []


async def test_what_happened_before_is_answered_at_once(api):
    since = await position(api)
    await api.project()
    answer = await asyncio.wait_for(waiting(api, f"since={since}&waitMs=20000"), 10)
    assert [event["type"] for event in answer["events"]] == ["project:created"]


async def test_without_news_the_answer_is_empty_and_goes_on_where_it_was(api):
    session = await api.spawned()
    since = await position(api)
    await api.project("another")
    answer = await api.call("GET", f"/api/events?since={since}&waitMs=30&sessionIds={session['id']}")
    assert (answer["events"], answer["next"]) == ([], await position(api))
    assert api.services.listening._waiting == set()


async def test_the_end_of_the_server_lets_go_of_who_waits(api):
    since = await position(api)
    asked = waiting(api, f"since={since}&waitMs=20000")
    await until_it_waits(api)
    api.services.listening.end()
    assert (await asyncio.wait_for(asked, 10))["events"] == []
    assert (await api.call("GET", f"/api/events?since={since}&waitMs=20000"))["events"] == []


@pytest.mark.parametrize("wrong", ["waitMs=-1", "waitMs=25001", "waitMs=soon", "sessionIds=a,b/c"])
async def test_what_makes_no_sense_is_refused(api, wrong):
    await api.call("GET", f"/api/events?{wrong}", status=400)
