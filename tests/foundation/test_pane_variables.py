"""The variables by which an agent knows its session."""

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Role
from maestro_tui.pane_variables import pane_variables

BARE = Session(
    id="sess_2",
    created_at=1,
    updated_at=1,
    started_at=1,
    last_activity=1,
    project_id="proj_1",
    task_ids=("task_1", "task_2"),
    name="worker",
)


def test_what_has_no_value_is_left_out():
    assert pane_variables(BARE, task_title="") == {
        "MAESTRO_PROJECT_ID": "proj_1",
        "MAESTRO_SESSION_ID": "sess_2",
        "MAESTRO_TASK_IDS": "task_1,task_2",
        "MAESTRO_ROLE": "worker",
    }


def test_a_child_knows_its_parent_by_both_names():
    child = BARE.model_copy(
        update={
            "role": Role.ORCHESTRATOR,
            "skill_ids": ("first", "second"),
            "manifest_path": "/m.json",
            "parent_session_id": "sess_1",
            "root_session_id": "sess_0",
        }
    )
    assert pane_variables(child, task_title="Title") == pane_variables(BARE, task_title="") | {
        "MAESTRO_ROLE": "orchestrator",
        "MAESTRO_SKILL": "first",
        "MAESTRO_MANIFEST_PATH": "/m.json",
        "MAESTRO_TASK_TITLE": "Title",
        "MAESTRO_PARENT_SESSION_ID": "sess_1",
        "MAESTRO_COORDINATOR_SESSION_ID": "sess_1",
        "MAESTRO_ROOT_SESSION_ID": "sess_0",
    }


def test_whoever_won_the_claim_is_told_the_way_to_the_server():
    told = pane_variables(BARE, task_title="", api_url="http://a/~t", token="t", traceparent="00-1", traces=True)
    assert dict(told.items() - pane_variables(BARE, task_title="").items()) == {
        "MAESTRO_API_URL": "http://a/~t",
        "MAESTRO_SERVER_URL": "http://a/~t",
        "MAESTRO_TOKEN": "t",
        "TRACEPARENT": "00-1",
        "MAESTRO_TELEMETRY_TRACES": "true",
    }
