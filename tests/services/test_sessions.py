import json

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import (
    BusinessRuleBroken,
    Conflict,
    Invalid,
    NotFound,
    PreconditionFailed,
)
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.requests.sessions import AddSessionEvent, AddSessionTimelineEntry, UpdateSession
from maestro_tui.domain.status import ENDED, SessionStatus
from maestro_tui.store.base import SessionQuery

S = SessionStatus


@pytest.fixture
async def project(house):
    return await house.project()


@pytest.fixture
async def session(house, project):
    return await house.session(project)


@pytest.fixture
def update(house, session):
    async def send(session_id=None, *, actor=OWNER, revision=None, **fields):
        body = UpdateSession.model_validate_json(json.dumps(fields))
        return await house.services.sessions.update(session_id or session.id, body, actor, revision=revision)

    return send


async def test_a_registered_session_is_linked_and_announced_on_both_sides(house, project):
    first, second = await house.task(project, "a"), await house.task(project, "b")
    session = await house.session(project, first, task_id=second.id, name="API worker")
    assert session.task_ids == (first.id, second.id)
    assert (session.status, session.root_session_id) == (S.RUNNING, session.id)
    assert house.names()[3:] == ["session:created", *["task:session_added", "session:task_added"] * 2]
    assert house.heard[-1].event.data == {"taskId": second.id, "sessionId": session.id}


async def test_an_id_of_ones_own_is_taken_once(house, project):
    await house.session(project, id="my-session")
    with pytest.raises(Conflict):
        await house.session(project, id="my-session")


async def test_a_session_may_have_the_id_of_its_project(house, project):
    task = await house.task(project)
    await house.session(project, task, id=project.id)
    await house.services.tasks.delete(task.id, OWNER)
    assert (await house.services.sessions.get(project.id, OWNER)).task_ids == ()


async def test_a_session_of_unknown_things_is_refused(house, project):
    other = await house.task(await house.project("other"))
    with pytest.raises(BusinessRuleBroken, match="belongs to project"):
        await house.session(project, other)
    with pytest.raises(NotFound, match="Task"):
        await house.session(project, task_id="task_x")
    with pytest.raises(NotFound, match="Project"):
        await house.session(project.model_copy(update={"id": "proj_x"}))
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == 0


async def test_secrets_and_loader_variables_are_not_kept(house, project, update):
    env = {"LANG": "C", "PATH": "/x", "LD_PRELOAD": "x", "MAESTRO_TOKEN": "t", "OPENAI_API_KEY": "k", "a b": "x"}
    session = await house.session(project, env=env)
    assert session.env == {"LANG": "C"}
    assert (await update(session.id, env=env | {"TZ": "UTC"})).env == {"LANG": "C", "TZ": "UTC"}


MOVES = [(old, new) for old in S for new in S]


@pytest.mark.parametrize(("old", "new"), MOVES)
async def test_which_status_follows_which(house, project, update, old, new):
    session = await house.session(project, status=old)
    live_to_anything = old not in ENDED and new is not S.SPAWNING
    between_ends = old in ENDED and new in ENDED - {S.LOST}
    if old is new or live_to_anything or between_ends:
        assert (await update(session.id, status=new.value)).status is new
    else:
        with pytest.raises(BusinessRuleBroken, match="cannot become"):
            await update(session.id, status=new.value)


@pytest.mark.parametrize("new", [S.RUNNING, S.IDLE])
async def test_a_lost_session_is_adopted_with_the_fence_in_force(house, project, update, new):
    spawned = await house.session(project, status=S.SPAWNING)
    await house.services.claims.claim(spawned.id, ClaimSession(runner_id="r"), OWNER)
    lost = await update(spawned.id, status="lost", reason="host gone")
    assert (lost.lease, lost.completed_at, lost.reason) == (None, lost.last_activity, "host gone")
    with pytest.raises(PreconditionFailed):
        await update(spawned.id, status=new.value, fence=2)
    adopted = await update(spawned.id, status=new.value, fence=1)
    assert (adopted.status, adopted.completed_at, adopted.reason) == (new, None, None)


async def test_a_late_report_of_an_earlier_claim_is_refused(house, project, update):
    session = await house.session(project, status=S.SPAWNING)
    for runner in ("first", "second"):
        claimed = await house.services.claims.claim(session.id, ClaimSession(runner_id=runner), OWNER)
        await house.services.claims.release(session.id, ReleaseSession(runner_id=runner), OWNER)
    assert claimed.fence == 2
    with pytest.raises(PreconditionFailed) as refused:
        await update(session.id, status="running", fence=1)
    assert refused.value.details["fence"] == 2
    assert (await update(session.id, status="running", fence=2, pid=7, hostname="box")).pid == 7


@pytest.mark.parametrize(
    ("status", "notice"),
    [
        ("completed", EventName.NOTIFY_SESSION_COMPLETED),
        ("failed", EventName.NOTIFY_SESSION_FAILED),
        ("lost", EventName.NOTIFY_SESSION_FAILED),
        ("stopped", None),
    ],
)
async def test_an_end_is_stamped_explained_and_notified(house, session, update, clock, status, notice):
    await update(needsInput={"active": True, "message": "which port?"})
    clock.pass_seconds(9)
    over = await update(status=status, reason="exit 3", exitCode=3, outputTail="panic\n")
    assert (over.completed_at, over.last_activity, over.exit_code) == (clock.now, clock.now, 3)
    assert (over.reason, over.needs_input.active, over.output_tail) == ("exit 3", False, "panic\n")
    assert [(entry.type, entry.message) for entry in over.timeline] == [(f"session_{status}", "exit 3")]
    ends = [name for name in house.names() if name.startswith("notify:session")]
    assert ends == ([notice.value] if notice else [])


async def test_an_end_is_stamped_once(house, session, update, clock):
    first = await update(status="completed")
    clock.pass_seconds(5)
    again = await update(status="failed", reason="exit 1")
    assert (again.completed_at, again.reason) == (first.completed_at, "exit 1")


async def test_the_same_status_takes_a_new_reason(update):
    await update(status="running")
    assert (await update(status="running", reason="slow disk")).reason == "slow disk"
    assert (await update(reason=None)).reason is None


async def test_needing_input_is_a_flag_with_a_beginning(house, session, update, clock):
    asked = await update(needsInput={"active": True, "message": "port\u202e?"})
    assert (asked.status, asked.needs_input.message, asked.needs_input.since) == (S.RUNNING, "port?", clock.now)
    since = clock.now
    clock.pass_seconds(2)
    assert (await update(needsInput={"active": True, "message": "port?"})).needs_input.since == since
    assert (await update(needsInput={"active": False})).needs_input.since is None
    assert (await update(needsInput=None)).needs_input.active is False
    assert [notice["message"] for notice in house.of(EventName.NOTIFY_NEEDS_INPUT)] == ["port?"]


async def test_an_endless_question_is_refused(update):
    with pytest.raises(Invalid, match="needsInput"):
        await update(needsInput={"active": True, "message": "x" * 9000})


async def test_events_and_timeline_are_appended_and_cleaned(house, session, update):
    await house.services.sessions.add_event(
        session.id, AddSessionEvent(type="hook", data={"file\x1b": ["a\x1b[2J", 1]}), OWNER
    )
    said = AddSessionTimelineEntry(message="routes ok", task_id="task_1", metadata={"n": 1})
    told = await house.services.sessions.add_timeline(session.id, said, OWNER)
    assert told.events[0].data == {"file": ["a[2J", 1]}
    wire = told.timeline[0].to_wire()
    assert (wire["taskId"], wire["metadata"], wire["sessionId"]) == ("task_1", {"n": 1}, session.id)
    more = await update(events=[{"type": "x"}], timeline=[{"message": "m", "type": "note"}])
    assert ([one.type for one in more.events], len(more.timeline)) == (["hook", "x"], 2)
    assert [one["message"] for one in house.of(EventName.NOTIFY_PROGRESS)] == ["routes ok"]


async def test_an_event_carries_the_last_twenty_entries_the_document_all(house, session, update):
    whole = await update(timeline=[{"message": str(number), "type": "note"} for number in range(30)])
    assert len(whole.timeline) == 30
    told = house.of(EventName.SESSION_UPDATED)[-1]["timeline"]
    assert [entry["message"] for entry in told] == [str(number) for number in range(10, 30)]


async def test_patching_task_ids_tells_both_sides(house, project, session, update):
    first, second = await house.task(project, "a"), await house.task(project, "b")
    await update(taskIds=[first.id])
    house.heard.clear()
    assert (await update(taskIds=[second.id, second.id])).task_ids == (second.id,)
    assert house.names() == [
        "task:session_removed",
        "session:task_removed",
        "task:session_added",
        "session:task_added",
        "session:updated",
    ]
    with pytest.raises(NotFound):
        await update(taskIds=[second.id, "task_x"])


async def test_linking_twice_is_once(house, project, session):
    task = await house.task(project)
    sessions = house.services.sessions
    assert (await sessions.link_task(session.id, task.id, OWNER)).task_ids == (task.id,)
    assert (await sessions.link_task(session.id, task.id, OWNER)).task_ids == (task.id,)
    assert len(house.of(EventName.TASK_SESSION_ADDED)) == 1
    assert (await sessions.unlink_task(session.id, task.id, OWNER)).task_ids == ()
    assert (await sessions.unlink_task(session.id, task.id, OWNER)).task_ids == ()
    assert len(house.of(EventName.TASK_SESSION_REMOVED)) == 1


async def test_what_a_session_must_have_cannot_be_null(update):
    for field in ("name", "status", "taskIds"):
        with pytest.raises(Invalid, match="must not be null"):
            await update(**{field: None})


async def test_a_stale_revision_is_a_conflict(session, update):
    await update(name="new")
    with pytest.raises(Conflict):
        await update(name="late", revision=1)


async def test_a_deleted_session_leaves_its_tasks(house, project):
    task = await house.task(project)
    session = await house.session(project, task)
    await house.services.sessions.delete(session.id, OWNER, revision=1)
    assert house.names()[-3:] == ["task:session_removed", "session:task_removed", "session:deleted"]
    assert (await house.services.tasks.get(task.id, OWNER)).session_ids == ()


async def test_a_session_that_a_runner_holds_is_not_deleted(house, project, clock):
    session = await house.session(project, status=S.SPAWNING)
    await house.services.claims.claim(session.id, ClaimSession(runner_id="r"), OWNER)
    with pytest.raises(BusinessRuleBroken, match="would run on unseen"):
        await house.services.sessions.delete(session.id, OWNER)
    clock.pass_seconds(60)
    await house.services.sessions.delete(session.id, OWNER)


async def test_queries_reach_the_store(house, project, session):
    other = await house.session(await house.project("other"))
    found = await house.services.sessions.find(SessionQuery(project_id=project.id), OWNER)
    assert [one.id for one in found.items] == [session.id]
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == 2
    assert await house.services.sessions.get(other.id, OWNER) == other


@pytest.mark.parametrize("new", ["failed", "running"])
async def test_an_agent_does_not_change_how_it_ended(house, session, update, agent, new):
    await update(status="completed")
    with pytest.raises(BusinessRuleBroken):
        await update(status=new, actor=agent(session))


async def test_an_agents_report_says_what_it_does(house, session, agent):
    say, me = house.services.sessions.add_timeline, agent(session)
    after = await say(session.id, AddSessionTimelineEntry(message="all done", type="completed"), me)
    assert (after.status, after.evidence[0].source, after.evidence[0].state) == (S.IDLE, "report", "idle")
    after = await say(session.id, AddSessionTimelineEntry(message="once more", type="progress"), me)
    assert (after.status, after.evidence[0].state) == (S.RUNNING, "working")
    assert after.evidence[0].expires_at == house.clock.now + 600_000
    assert len(after.evidence) == 1


async def test_others_say_nothing_of_what_an_agent_does(house, session):
    entry = AddSessionTimelineEntry(message="it is done, I think", type="completed")
    after = await house.services.sessions.add_timeline(session.id, entry, OWNER)
    assert (after.status, after.evidence) == (S.RUNNING, ())
