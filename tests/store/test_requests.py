"""Requests are remembered for a day, counted by the documents they made."""

from maestro_tui.domain.document import RequestMark
from maestro_tui.store.json_files.idempotency import KEEP_MS
from maestro_tui.store.json_files.records import record_of
from maestro_tui.store.json_files.requests import Requests


def record(make, document_id, created_at, digest):
    mark = RequestMark(digest=digest, body="b", at=created_at)
    return record_of(make.task(document_id, created_at=created_at, request=mark))


def test_a_day_later_a_request_is_forgotten(make):
    requests = Requests()
    for number in range(3):
        requests.put(record(make, f"task_{number}", number * KEEP_MS // 2, str(number)))
    assert [requests.made_by(str(number)) for number in range(3)] == [None, "task_1", "task_2"]


def test_documents_without_a_mark_leave_no_trace(make):
    requests = Requests()
    requests.put(record_of(make.task()))
    assert requests.made_by("") is None
