"""A long answer is cut, says so, and says how to get the rest."""

import json

from maestro_tui.cli.sizes import TEXT_BYTES, bounded_data, bounded_lines


def test_lines():
    lines = [f"{number:04} {'x' * 95}" for number in range(1000)]
    shown, missing = bounded_lines(lines)
    assert list(shown) == lines[: len(shown)]
    assert sum(len(line) + 1 for line in shown) <= TEXT_BYTES
    assert missing == f"the first {len(shown)} of 1000 lines are shown; --full shows all"
    shown, missing = bounded_lines(lines, keep_end=True)
    assert shown[-1] == lines[-1]
    assert "the last" in missing
    assert bounded_lines(lines[:10]) == (lines[:10], "")
    assert len(bounded_lines(["x" * 100_000])[0]) == 1


def test_rows():
    rows = [{"id": number, "text": "x" * 1000} for number in range(500)]
    shown, missing = bounded_data(rows)
    assert shown == rows[: len(shown)]
    assert missing == {"shown": len(shown), "total": 500, "rest": "--full"}
    assert bounded_data(rows[:10]) == (rows[:10], None)


def test_a_document_loses_its_older_history_only():
    entries = [{"message": "x" * 1000, "n": number} for number in range(500)]
    document = {"id": "sess_1", "timeline": entries, "events": [], "name": "W"}
    shown, missing = bounded_data(document)
    assert shown == document | {"timeline": entries[-20:]}
    assert missing == {"totals": {"timeline": 500}, "rest": "--full"}


def test_a_long_description_is_printed_whole_only_when_asked(board):
    lines = "\n".join(f"line {number} {'y' * 90}" for number in range(500))
    task = board.run("task", "create", "long", "--desc-file", "-", "--quiet", stdin=lines).out.strip()
    cut = board.run("task", "get", task)
    assert len(cut.out.encode()) <= TEXT_BYTES
    assert "--full shows all" in cut.err
    whole = board.run("task", "get", task, "--full")
    assert "line 499 " in whole.out
    assert "--full" not in whole.err
    assert json.loads(board.run("task", "get", task, "--json").out)["data"]["description"] == lines, "never spoilt"


def test_quiet_lists_are_whole(board):
    made = {board.task(f"t{number}") for number in range(3)}
    assert set(board.run("task", "list", "--quiet").out.split()) == made
