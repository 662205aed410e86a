"""Letters between sessions, and what existing clients ask that has no counterpart here."""

import pytest

from maestro_tui.server.routes.older import LARGEST_DOCUMENT


async def session_of(api, project_id, name, **more):
    body = {"projectId": project_id, "taskIds": [], "name": name, "status": "running", **more}
    return dict(await api.call("POST", "/api/sessions", body, status=201))


@pytest.fixture
async def pair(api):
    """A session and the one it started, in one project."""
    project = await api.project()
    lead = await session_of(api, project["id"], "Lead")
    return lead, await session_of(api, project["id"], "Worker", parentSessionId=lead["id"])


async def test_a_letter_is_found_by_those_it_is_for(api, pair):
    lead, worker = pair
    question = {"fromSessionId": worker["id"], "toSessionId": lead["id"], "type": "question", "subject": "Which?"}
    asked = await api.call("POST", "/api/mail", question, status=201)
    answer = {"fromSessionId": lead["id"], "subject": "This", "scope": "my-workers", "replyToMailId": asked["id"]}
    answered = await api.call("POST", "/api/mail", answer | {"body": {"answer": "the left one"}}, status=201)

    async def inbox(session, query=""):
        return [one["id"] for one in await api.call("GET", f"/api/mail/inbox/{session['id']}{query}")]

    assert await inbox(lead) == [asked["id"]]
    assert await inbox(lead, "?type=question") == [asked["id"]]
    assert await inbox(lead, "?type=notification") == []
    assert await inbox(lead, f"?since={asked['createdAt']}") == []
    assert await inbox(worker) == [answered["id"]]
    assert await api.call("GET", f"/api/mail/{asked['id']}") == asked
    thread = await api.call("GET", f"/api/mail/thread/{asked['threadId']}")
    assert {one["id"] for one in thread} == {asked["id"], answered["id"]}


async def test_a_letter_without_sender_or_reader_is_refused(api, pair):
    lead, _ = pair
    letter = {"fromSessionId": lead["id"], "subject": "Hello"}
    assert "fromSessionId" in str(await api.call("POST", "/api/mail", {"subject": "Hello"}, status=400))
    assert "my-workers" in str(await api.call("POST", "/api/mail", letter | {"scope": "moon"}, status=400))
    nobody = await api.call("POST", "/api/mail", letter | {"toTeamMemberId": "tm_none"}, status=404)
    assert "No live session is of the team member 'tm_none'" in nobody["message"]
    await api.call("POST", "/api/mail", letter | {"toSessionId": "sess_none"}, status=404)
    assert "mail inbox" in (await api.call("GET", "/api/mail/letter_none", status=404))["suggestion"]
    assert await api.call("GET", "/api/mail/thread/letter_none") == []


async def test_who_waits_gets_what_came_since_or_nothing_in_time(api, pair):
    lead, worker = pair
    sent = await api.call(
        "POST",
        "/api/mail",
        {"fromSessionId": lead["id"], "toSessionId": worker["id"], "subject": "Go"},
        status=201,
    )
    wait = f"/api/mail/wait/{worker['id']}?timeout=1"
    assert await api.call("GET", wait) == []
    assert await api.call("GET", f"{wait}000&since=1") == [sent]


async def test_mail_for_a_session_that_has_ended_is_kept_and_others_leave_it_unread(api, pair):
    lead, worker = pair
    one = f"/api/sessions/{worker['id']}"
    await api.call("PATCH", one, {"status": "completed"})
    mail = {"message": "Well done", "fromSessionId": lead["id"], "fromName": "Lead"}
    sent = await api.call("POST", f"{one}/mail", mail, status=201)
    assert [await api.call("GET", f"{one}/mail") for _ in range(2)] == [[sent], [sent]]


async def test_a_page_too_large_to_keep_is_known_by_its_path(api, pair):
    one = f"/api/sessions/{pair[0]['id']}"
    page = {"modalId": "page_1", "title": "Report", "filePath": "/src/report.html"}
    await api.call("POST", f"{one}/modal", page | {"html": "x" * (LARGEST_DOCUMENT + 1)})
    await api.call("POST", f"{one}/modal", page | {"html": "<h1>"})
    kept = await api.call("GET", f"{one}/docs")
    assert [document["filePath"] for document in kept] == ["/src/report.html"] * 2
    assert [document.get("content") for document in kept] == [None, "<h1>"]


async def test_a_session_keeps_its_mode(api):
    session = await api.spawned()
    mode = f"/api/sessions/{session['id']}/mode"
    assert (await api.call("GET", mode))["role"] == "worker"
    assert (await api.call("POST", mode, {"role": "worker"}))["changed"] is False
    assert "coordinator, worker" in str(await api.call("POST", mode, {"role": "king"}, status=400))
    assert "for good" in (await api.call("POST", mode, {"role": "coordinator"}, status=422))["message"]


async def test_an_announcement_is_made_by_a_session(api):
    session = await api.spawned()
    assert "made by a session" in str(await api.call("POST", "/api/announce", {"text": "Done"}, status=400))
    said = await api.call("POST", "/api/announce", {"text": "Done"}, headers={"X-Session-Id": session["id"]})
    assert (said["spoken"], said["sessionId"]) == (False, session["id"])
    kept = await api.call("GET", f"/api/sessions/{session['id']}")
    assert kept["timeline"][-1]["message"] == "Done"


@pytest.mark.parametrize("what", ["members", "sub-teams"])
async def test_what_leaves_a_team_is_named(api, what):
    project = await api.project()
    answer = await api.call("DELETE", f"/api/teams/team_none/{what}?projectId={project['id']}", status=400)
    assert "is required in the query" in str(answer)
