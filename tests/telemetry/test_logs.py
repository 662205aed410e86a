"""Logs that can be shown to anybody: one line per record, no tokens, no control characters."""

import io
import json
import logging
import stat

import pytest

from maestro_tui.telemetry import logs, metrics
from maestro_tui.telemetry.tail import last_lines

LOG = logging.getLogger("maestro_tui.test")


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture
def stream():
    stream = io.StringIO()
    logs.log_as_json(stream)
    return stream


def written(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_json_line(stream):
    LOG.warning("disk is %d%% full", 91, extra={"requestId": "r1"})
    [record] = written(stream)
    assert record["message"] == "disk is 91% full"
    assert (record["level"], record["logger"], record["requestId"]) == ("warning", "maestro_tui.test", "r1")
    assert record["time"] > 1_600_000_000_000


def test_errors_are_counted_by_room(stream):
    def count(room):
        return metrics.ERRORS.labels(room)._value.get()

    before = count("server"), count("library")
    logging.getLogger("maestro_tui.server.hub").error("no")
    logging.getLogger("aiohttp.server").critical("no")
    logging.getLogger("maestro_tui.server.hub").warning("hm")
    assert (count("server"), count("library")) == (before[0] + 1, before[1] + 1)


@pytest.mark.attack(72, 73)
def test_text_cannot_forge_a_record_or_drive_a_terminal(stream):
    LOG.warning('title x\n{"level":"info"} \x1b]0;pwned\x07 \x9b2J \u2028')
    raw = stream.getvalue()
    assert raw.count("\n") == 1
    assert not any(ord(char) < 32 for char in raw.rstrip("\n"))
    assert "\x9b" not in raw


def test_tokens_are_hidden_by_value_and_by_shape(stream):
    logs.conceal("owner-token-value")
    LOG.warning("a %s b", "owner-token-value", extra={"header": "Bearer owner-token-value"})
    LOG.warning("GET /~some.capability/api/tasks and /ws?token=abc&since=0 and mst_sess_1.%s", "ab" * 32)
    text = stream.getvalue()
    for secret in ("owner-token-value", "some.capability", "token=abc", "abab"):
        assert secret not in text
    assert "/api/tasks" in text
    assert "since=0" in text


def test_a_traceback_keeps_its_lines_inside_the_record(stream):
    try:
        raise RuntimeError("broken\x1b[2J")
    except RuntimeError:
        LOG.exception("failed")
    [record] = written(stream)
    assert any("RuntimeError" in line for line in record["traceback"])
    assert "\x1b" not in stream.getvalue()


def test_a_file_for_its_owner_only(tmp_path):
    path = tmp_path / "cockpit.log"
    path.write_text("")
    path.chmod(0o644)
    logs.log_to_file(path)
    LOG.info("one\ntwo", extra={"pane": 3})
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        LOG.exception("failed")
    lines = path.read_text().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("INFO maestro_tui.test: one ⏎ two pane=3")
    assert "RuntimeError: broken" in lines[1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_may_hold_json_too(tmp_path):
    path = tmp_path / "server.log"
    logs.log_to_file(path, as_json=True)
    LOG.info("hello")
    assert json.loads(path.read_text())["message"] == "hello"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "log").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="log"):
        logs.log_to_file(tmp_path / "log")
    assert not (tmp_path / "target").exists()


def test_records_carry_what_they_are_part_of(stream):
    with logs.during(requestId="r1"), logs.during(sessionId="sess_1"):
        LOG.warning("in")
    LOG.warning("out")
    inside, outside = written(stream)
    assert (inside["requestId"], inside["sessionId"]) == ("r1", "sess_1")
    assert "requestId" not in outside


def test_the_end_of_a_log_is_whole_lines(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntwo\n\xffthree\n")
    assert last_lines(path) == ["one", "two", "\ufffdthree"]
    assert last_lines(path, most_bytes=9) == ["\ufffdthree"]


def test_the_work_at_hand_names_every_record_in_it(stream):
    with logs.during(sessionId="sess_1", requestId=logs.new_request_id()):
        LOG.warning("in")
        work = logs.request_id()
    LOG.warning("out")
    inside, outside = written(stream)
    assert (inside["sessionId"], inside["requestId"]) == ("sess_1", work)
    assert not {"sessionId", "requestId"} & set(outside)
    assert logs.request_id() is None
