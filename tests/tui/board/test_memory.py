"""What the cockpit remembers between starts."""

import json
import os

import pytest

from maestro_tui.tui.memory import Memory


def test_what_is_saved_is_read_again(tmp_path):
    memory = Memory(tmp_path / "state" / "cockpit.json")
    memory.project_id, memory.folds = "proj_1", {"task_1": False}
    memory.save()
    again = Memory(tmp_path / "state" / "cockpit.json")
    assert (again.project_id, again.folds) == ("proj_1", {"task_1": False})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"7",
        b'{"projectId": 3, "folds": ["a"]}',
        b'{"folds": {"a": "no"}}',
        b"[" * 99_999,
    ],
)
def test_a_file_that_makes_no_sense_is_ignored(tmp_path, content):
    path = tmp_path / "cockpit.json"
    path.write_bytes(content)
    memory = Memory(path)
    assert (memory.project_id, memory.folds) == (None, {})
    memory.project_id = "proj_2"
    memory.save()
    assert json.loads(path.read_text())["projectId"] == "proj_2"


def test_a_place_that_cannot_be_written_is_no_trouble(tmp_path):
    (tmp_path / "file").write_text("in the way")
    memory = Memory(tmp_path / "file" / "cockpit.json")
    memory.project_id = "proj_1"
    memory.save()


async def test_the_board_comes_back_as_it_was_left(sample, cockpit, tmp_path):
    state = tmp_path / "cockpit.json"
    app = cockpit(sample, state=state)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("left")
        assert app.board.tasks.root.children[0].is_collapsed
        app.board.open_project("proj_2")
        await pilot.pause()
    app = cockpit(sample, state=state)
    async with app.run_test(size=(120, 36)) as pilot:
        assert app.board.project.id == "proj_2"
        app.board.open_project("proj_1")
        await pilot.pause()
        assert app.board.tasks.root.children[0].is_collapsed


def test_it_knows_when_a_cockpit_was_last_here(tmp_path):
    path = tmp_path / "cockpit.json"
    first = Memory(path)
    assert first.left_at is None
    first.save()
    os.utime(path, (1_000, 1_000))
    assert Memory(path).left_at == 1_000_000
    first.save()  # nothing new to remember, but somebody is here
    assert Memory(path).left_at > 1_000_000
