"""Bodies: known fields strictly, unknown ones ignored, text through the gate."""

import pytest
from pydantic import ValidationError

from maestro_tui.domain.requests.claims import ClaimSession
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.requests.tasks import CreateTask, UpdateSubtask, UpdateTask
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus


def test_a_task_with_as_little_as_possible():
    body = CreateTask.model_validate_json(b'{"projectId": "p", "title": " Do \\u001b[2J it ", "unknown": 1}')
    assert (body.title, body.priority, body.parent_id) == ("Do [2J it", Priority.MEDIUM, None)


@pytest.mark.parametrize(
    ("model", "body", "path"),
    [
        (CreateTask, b'{"projectId": "p"}', "title"),
        (CreateTask, b'{"projectId": "../p", "title": "x"}', "projectId"),
        (CreateTask, b'{"projectId": "p", "title": " \\n "}', "title"),
        (CreateTask, b'{"projectId": "p", "title": 5}', "title"),
        (CreateTask, b'{"projectId": "p", "title": "x", "priority": "urgent"}', "priority"),
        (CreateTask, b'{"projectId": "p", "title": "x", "skillIds": "a"}', "skillIds"),
        (CreateProject, b'{"name": "x", "description": null}', "description"),
        (UpdateTask, b'{"status": "done"}', "status"),
        (UpdateSubtask, b'{"completed": "yes"}', "completed"),
        (UpdateSubtask, b'{"order": -1}', "order"),
        (UpdateSession, b'{"exitCode": 1e3}', "exitCode"),
        (ClaimSession, b'{"runnerId": "r", "leaseMs": 5}', "leaseMs"),
    ],
)
def test_what_is_wrong_is_named(model, body, path):
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(body)
    assert [error["loc"][0] for error in caught.value.errors()] == [path]


def test_lengths():
    CreateTask(project_id="p", title="x" * 500)
    with pytest.raises(ValidationError):
        CreateTask(project_id="p", title="x" * 501)
    with pytest.raises(ValidationError):
        CreateProject(name="x" * 201)


def test_absent_null_and_a_value_are_three_wishes():
    assert UpdateTask.model_validate_json(b"{}").changes() == {}
    assert UpdateTask.model_validate_json(b'{"parentId": null}').changes() == {"parent_id": None}
    assert UpdateTask.model_validate_json(b'{"parentId": "a"}').changes() == {"parent_id": "a"}


def test_old_words_are_read():
    assert UpdateTask.model_validate_json(b'{"status": "pending"}').status is TaskStatus.TODO
    assert UpdateSession.model_validate_json(b'{"status": "working"}').status is SessionStatus.RUNNING
