import json

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Conflict, Invalid, NotFound
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.tasks import AddTimelineEntry, CreateTask, UpdateTask
from maestro_tui.domain.status import Priority, TaskStatus
from maestro_tui.store.base import TaskQuery


def patch(**fields):
    """An update as a client sends it."""
    return UpdateTask.model_validate_json(json.dumps(fields))


@pytest.fixture
async def task(house):
    return await house.task(await house.project())


@pytest.fixture
def update(house, task):
    async def send(**fields):
        return await house.services.tasks.update(task.id, patch(**fields), OWNER)

    return send


async def test_a_new_task_is_to_do_and_announced(house):
    project = await house.project()
    task = await house.task(project, "Checkout")
    assert (task.status, task.priority, task.created_by) == (TaskStatus.TODO, Priority.MEDIUM, None)
    assert house.of(EventName.TASK_CREATED) == [task.to_wire()]
    assert await house.services.tasks.get(task.id, OWNER) == task


async def test_a_task_of_an_unknown_project_is_refused(house):
    with pytest.raises(NotFound, match="Project with id 'proj_x'"):
        await house.services.tasks.create(CreateTask(project_id="proj_x", title="t"), OWNER)
    assert house.heard == []


async def test_the_first_start_is_stamped_and_kept(update, clock):
    started = await update(status="in_progress")
    first = clock.now
    assert started.started_at == first
    clock.pass_seconds(5)
    await update(status="todo")
    assert (await update(status="in_progress")).started_at == first


async def test_completion_is_stamped_and_taken_back_when_the_task_is_reopened(update, clock):
    clock.pass_seconds(5)
    assert (await update(status="completed")).completed_at == clock.now
    assert (await update(status="in_progress")).completed_at is None


async def test_pending_is_read_as_todo(update):
    await update(status="in_progress")
    assert (await update(status="pending")).status is TaskStatus.TODO


async def test_a_reason_given_with_blocked_is_kept_and_told_in_the_timeline(house, task, update):
    blocked = await update(status="blocked", reason="needs keys")
    assert blocked.reason == "needs keys"
    assert [(entry.type, entry.message) for entry in blocked.timeline] == [("blocked", "needs keys")]
    assert house.of(EventName.NOTIFY_TASK_BLOCKED)[0]["reason"] == "needs keys"


async def test_a_timeline_entry_after_blocking_is_the_reason(house, task, update):
    await update(status="blocked")
    said = AddTimelineEntry(message="no access to staging", type="blocked")
    assert (await house.services.tasks.add_timeline(task.id, said, OWNER)).reason == "no access to staging"
    later = AddTimelineEntry(message="asked again")
    assert (await house.services.tasks.add_timeline(task.id, later, OWNER)).reason == "no access to staging"


async def test_a_better_reason_replaces_the_first(update):
    await update(status="blocked", reason="keys")
    blocked = await update(reason="keys for staging")
    assert blocked.reason == "keys for staging"
    assert len(blocked.timeline) == 2
    assert (await update(reason=None)).reason is None


@pytest.mark.parametrize("status", ["todo", "in_progress", "in_review", "completed", "cancelled"])
async def test_unblocking_clears_the_reason(update, status):
    await update(status="blocked", reason="keys")
    assert (await update(status=status)).reason is None


async def test_a_reason_is_kept_for_giving_up_but_not_for_going_on(update):
    assert (await update(status="cancelled", reason="not needed")).reason == "not needed"
    assert (await update(status="in_progress", reason="because")).reason is None


async def test_null_clears_and_absent_leaves(house, update):
    await update(description="long", skillIds=["a"], title="New")
    cleared = await update(description=None, skillIds=None)
    assert (cleared.description, cleared.skill_ids, cleared.title) == ("", (), "New")


@pytest.mark.parametrize("field", ["title", "status", "priority"])
async def test_what_a_task_must_have_cannot_be_null(update, field):
    with pytest.raises(Invalid, match=field):
        await update(**{field: None})


async def test_a_session_report_writes_that_sessions_status_and_nothing_else(house, task, update):
    session = await house.session(await house.services.projects.get(task.project_id, OWNER), task)
    report = await update(
        updateSource="session", sessionId=session.id, sessionStatus="working", title="hijack", status="completed"
    )
    assert report.task_session_statuses == {session.id: "working"}
    assert (report.title, report.status) == (task.title, TaskStatus.TODO)


async def test_a_session_report_may_say_it_with_status(house, task, update):
    session = await house.session(await house.services.projects.get(task.project_id, OWNER), task)
    report = await update(updateSource="session", sessionId=session.id, status="completed")
    assert report.task_session_statuses == {session.id: "completed"}
    assert report.status is TaskStatus.TODO


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"sessionStatus": "working"}, Invalid),
        ({"sessionId": "sess_x"}, Invalid),
        ({"sessionId": "sess_x", "sessionStatus": "working"}, NotFound),
    ],
)
async def test_an_incomplete_session_report_is_refused(update, fields, error):
    with pytest.raises(error):
        await update(updateSource="session", **fields)


async def test_a_stale_revision_is_a_conflict_only_for_those_who_name_one(house, task, update):
    await update(title="second")
    with pytest.raises(Conflict):
        await house.services.tasks.update(task.id, patch(title="late"), OWNER, revision=1)
    assert (await update(title="third")).revision == 3


async def test_what_changes_nothing_is_not_announced(house, task, update):
    house.heard.clear()
    assert await update(title=task.title) == task
    assert house.heard == []


@pytest.mark.parametrize(
    ("word", "name"),
    [("progress", EventName.NOTIFY_PROGRESS), ("error", EventName.NOTIFY_TASK_FAILED), ("idea", None)],
)
async def test_what_is_said_of_a_task_is_kept_and_notified(house, task, word, name):
    said = AddTimelineEntry(message="routes ok", type=word)
    told = await house.services.tasks.add_timeline(task.id, said, OWNER)
    assert [(entry.type, entry.message) for entry in told.timeline] == [(word, "routes ok")]
    notices = [one for one in house.names() if one.startswith("notify:")]
    assert notices == ([name.value] if name else [])


async def test_completion_is_notified_once(house, update):
    await update(status="completed")
    await update(title="still done")
    assert [notice["status"] for notice in house.of(EventName.NOTIFY_TASK_COMPLETED)] == ["completed"]


async def test_session_ids_follow_from_the_sessions(house, task, clock):
    project = await house.services.projects.get(task.project_id, OWNER)
    other = await house.task(project, "other")
    first = await house.session(project, task)
    clock.pass_seconds(1)
    second = await house.session(project, task, other)
    page = await house.services.tasks.find(TaskQuery(project_id=project.id), OWNER)
    assert {one.id: one.session_ids for one in page.items} == {
        task.id: (first.id, second.id),
        other.id: (second.id,),
    }
    assert (await house.services.tasks.get(task.id, OWNER)).session_ids == (first.id, second.id)


async def test_patching_session_ids_links_and_unlinks(house, task, update):
    project = await house.services.projects.get(task.project_id, OWNER)
    old, new = await house.session(project, task), await house.session(project)
    house.heard.clear()
    assert (await update(sessionIds=[new.id, new.id])).session_ids == (new.id,)
    assert (await house.services.sessions.get(old.id, OWNER)).task_ids == ()
    assert [name for name in house.names() if name.startswith("task:")] == [
        "task:session_removed",
        "task:session_added",
    ]


async def test_patching_unknown_session_ids_links_nothing(house, task, update):
    project = await house.services.projects.get(task.project_id, OWNER)
    session = await house.session(project)
    with pytest.raises(NotFound):
        await update(sessionIds=[session.id, "sess_x"])
    assert (await house.services.sessions.get(session.id, OWNER)).task_ids == ()
