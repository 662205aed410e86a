"""Ids, status words, documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.domain import ids
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Invalid, NotFound
from maestro_tui.domain.project import Project
from maestro_tui.domain.status import ENDED, LIVE, SessionStatus, TaskStatus, session_status, task_status


@given(st.sampled_from(["proj", "task", "sub", "sess", "evt"]), st.integers(0, 10**14))
def test_new_ids_have_the_promised_shape(prefix, now):
    one = ids.new_id(prefix, now)
    head, moment, tail = one.split("_")
    assert (head, int(moment), len(tail)) == (prefix, now, 9)
    assert tail.isalnum()
    assert tail == tail.lower()
    assert ids.is_id(one)


def test_new_ids_differ_and_sort_by_time():
    assert len({ids.new_id("task", 1) for _ in range(1000)}) == 1000
    assert ids.new_id("task", 1_700_000_000_000) < ids.new_id("task", 1_700_000_000_001)


def test_ids_of_one_millisecond_sort_as_they_were_made():
    made = [ids.new_id("task", 1_700_000_000_000) for _ in range(1000)]
    assert made == sorted(made)


@pytest.mark.parametrize(
    "bad", ["", "a" * 129, "../x", "a/b", "a.b", "a b", "é", "a\n", "\0", "..", None, 5, b"a"]
)
def test_what_is_no_id(bad):
    assert not ids.is_id(bad)


@given(st.text())
def test_an_id_never_leads_out_of_a_directory(text):
    if ids.is_id(text):
        assert "/" not in text
        assert "." not in text
        assert text.isascii()


def test_status_words():
    assert task_status("pending") is TaskStatus.TODO
    assert session_status("working") is SessionStatus.RUNNING
    assert all(task_status(status.value) is status for status in TaskStatus)
    assert set(SessionStatus) == LIVE | ENDED
    assert not LIVE & ENDED
    for read in (task_status, session_status):
        with pytest.raises(ValueError, match="nonsense"):
            read("nonsense")


def test_documents_speak_camel_case_and_keep_what_they_do_not_know():
    project = Project.model_validate_json(
        b'{"id": "p", "name": "n", "workingDir": "/w", "createdAt": 1, "updatedAt": 2, "mood": "good"}'
    )
    wire = project.to_wire()
    assert wire["workingDir"] == "/w"
    assert wire["mood"] == "good"
    assert Project.model_validate(wire) == project
    assert evolve(project, name="m").to_wire()["mood"] == "good"


def test_errors_name_the_thing_and_the_next_step():
    missing = NotFound.of("task", "task_1")
    assert (missing.message, missing.suggestion) == ("Task with id 'task_1' not found", "maestro task list")
    wrong = Invalid.field("title", "is missing")
    assert wrong.details == [{"path": "title", "message": "is missing"}]
