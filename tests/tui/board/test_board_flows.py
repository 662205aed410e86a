"""The main things a person does, by keyboard alone."""

import pytest
from textual.widgets import Input, TextArea

from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import Conflict, Invalid
from maestro_tui.domain.status import TaskStatus
from maestro_tui.tui.feed import FRAME_SECONDS
from maestro_tui.tui.screens.block import BlockTask
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.screens.connection import ConnectionScreen
from maestro_tui.tui.screens.dialog import Dialog
from maestro_tui.tui.screens.help import HelpScreen, KeyTable
from maestro_tui.tui.screens.new_task import NewTask
from maestro_tui.tui.screens.spawn import Spawn
from maestro_tui.tui.widgets.choice import Choice
from maestro_tui.tui.widgets.footer import Footer
from maestro_tui.tui.widgets.header import Header


async def type_in(pilot, text):
    await pilot.press(*("space" if character == " " else character for character in text))


async def settle(pilot):
    """Wait until what was sent is answered, and the answer is on screen."""
    workers = [worker for worker in pilot.app.workers if worker.group in ("commands", "submit", "skills", "brief")]
    if workers:
        await pilot.app.workers.wait_for_complete(workers)
    await pilot.pause(FRAME_SECONDS)  # changes are gathered for one
    await pilot.pause()  # what it brought is taken in


async def test_from_nothing_to_a_first_task(feed, cockpit, tmp_path):
    app = cockpit(feed, directory=tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("n")
        await type_in(pilot, "webshop")
        await pilot.press("enter")
        await settle(pilot)
        assert app.board.project.name == "webshop"
        assert app.board.project.working_dir == str(tmp_path)
        await pilot.press("n")
        await type_in(pilot, "First thing")
        await pilot.press("tab", "tab", "right", "enter")
        await settle(pilot)
        (task,) = feed.mirror.tasks.values()
        assert (task.title, task.priority) == ("First thing", "high")
        assert app.board.selected.title == "First thing"


async def test_a_task_with_a_description_under_the_selected_one(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("n")
        await type_in(pilot, "Child")
        await pilot.press("tab", "o", "n", "e", "enter", "t", "w", "o", "tab", "tab", "right", "ctrl+s")
        await settle(pilot)
        task = list(sample.mirror.tasks.values())[-1]
        assert (task.parent_id, task.description) == ("task_1", "one\ntwo")
        assert app.board.selected.id == task.id


async def test_complete_and_reopen(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("space")
        await settle(pilot)
        assert sample.mirror.tasks["task_3"].status is TaskStatus.COMPLETED
        await pilot.press("space")
        await settle(pilot)
        assert sample.mirror.tasks["task_3"].status is TaskStatus.TODO


async def test_complete_a_subtask(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        app.board.choose(("subtask", "task_1", "sub_3"))
        await pilot.press("space")
        await settle(pilot)
        assert [one.completed for one in sample.mirror.tasks["task_1"].subtasks] == [
            True,
            True,
            True,
            False,
            False,
        ]
        assert app.board.tasks.root.children[0].data.progress == "3/5"
        assert app.board.selected.id == "sub_3"


async def test_block_needs_a_reason_and_unblock_clears_it(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("b", "enter")
        await settle(pilot)
        assert isinstance(app.screen, BlockTask)
        assert "a reason is needed" in str(app.screen.query_one(".problem").render())
        await type_in(pilot, "no keys")
        await pilot.press("enter")
        await settle(pilot)
        task = sample.mirror.tasks["task_3"]
        assert (task.status, task.reason) == (TaskStatus.BLOCKED, "no keys")
        await pilot.press("b")
        await settle(pilot)
        task = sample.mirror.tasks["task_3"]
        assert (task.status, task.reason) == (TaskStatus.TODO, None)


async def test_start_edit_and_add_a_step(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("i")
        await settle(pilot)
        assert sample.mirror.tasks["task_3"].status is TaskStatus.IN_PROGRESS
        await pilot.press("e", "end", "!", "enter")
        await settle(pilot)
        await pilot.press("a")
        await type_in(pilot, "a step")
        await pilot.press("enter")
        await settle(pilot)
        task = sample.mirror.tasks["task_3"]
        assert [one.title for one in task.subtasks] == ["a step"]
        assert app.board.selected.title == "a step"


async def test_delete_asks_first(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("d", "n")
        assert "task_1" in sample.mirror.tasks
        await pilot.press("d", "y")
        await settle(pilot)
        assert "task_1" not in sample.mirror.tasks
        assert "task_2" not in sample.mirror.tasks
        assert isinstance(app.screen, BoardScreen)


async def test_spawn(sample, cockpit):
    app = cockpit(sample, settings=Settings(agent="shell"))
    async with app.run_test(size=(120, 40)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("s")
        await settle(pilot)
        preview = str(app.screen.query_one("#preview").render())
        assert "/bin/sh" in preview
        assert "worker" in preview
        assert "/srv/webshop" in preview
        await pilot.press("tab", "tab", "right", "tab", "right")
        await pilot.press("enter")
        await settle(pilot)
        body = sample.sent[-1][2]
        assert body["taskIds"] == ["task_3"]
        assert (body["agent"], body["role"], body["spawnSource"]) == ("shell", "orchestrator", "ui")
        assert body["skills"] == ["maestro-worker"]
        holder = next(child for child in app.board.tasks.root.children if child.data.id == "task_3")
        assert [child.data.kind for child in holder.children] == ["session"]


async def test_the_brief_is_read_and_changed_before_a_spawn(sample, cockpit, until):
    app = cockpit(sample, settings=Settings(agent="shell"))
    async with app.run_test(size=(120, 40)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("s")
        await settle(pilot)
        await pilot.press("ctrl+o")
        await settle(pilot)
        editor = app.screen.query_one("#brief", TextArea)
        assert editor.text == "# Brief for task_3"
        await type_in(pilot, "!")
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "with the brief you wrote" in str(app.screen.query_one("#preview").render())
        await pilot.press("enter")
        await until(lambda: sample.sent[-1][0] == "POST")
        _, path, body = sample.sent[-1]
        assert (path, body["brief"]) == ("/api/sessions/spawn", "!# Brief for task_3")


async def test_a_brief_that_was_only_read_is_left_to_the_server(sample, cockpit):
    app = cockpit(sample, settings=Settings(agent="shell"))
    async with app.run_test(size=(80, 24)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("s")
        await settle(pilot)
        await pilot.press("ctrl+o")
        await settle(pilot)
        await pilot.press("ctrl+s")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "brief" not in sample.sent[-1][2]


async def test_escape_leaves_the_brief_as_it_was(sample, cockpit):
    app = cockpit(sample, settings=Settings(agent="shell"))
    async with app.run_test(size=(80, 24)) as pilot:
        app.board.choose(("task", "", "task_3"))
        await pilot.press("s")
        await settle(pilot)
        await pilot.press("ctrl+o")
        await settle(pilot)
        hints = app.screen.query_one(Footer)
        assert hints.region.bottom <= app.screen.query_one(".dialog").content_region.bottom, (
            "the keys are in sight"
        )
        await type_in(pilot, "!")
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, Spawn)
        assert "you wrote" not in str(app.screen.query_one("#preview").render())


async def test_a_refusal_keeps_the_dialog_and_what_was_typed(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        sample.refuse = Conflict("Somebody was faster [/]", suggestion="maestro task list")
        await pilot.press("n")
        await type_in(pilot, "Kept")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, NewTask)
        assert app.screen.query_one("#title", Input).value == "Kept"
        problem = str(app.screen.query_one(".problem").render())
        assert "Somebody was faster [/]" in problem
        assert "maestro task list" in problem
        sample.refuse = None
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, BoardScreen)
        keys = [task.title for task in sample.mirror.tasks.values()]
        assert keys.count("Kept") == 1


async def test_a_refusal_of_a_wrong_field_goes_to_that_field(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        sample.refuse = Invalid.field("description", "too long")
        await pilot.press("n", "x", "enter")
        await settle(pilot)
        assert isinstance(app.focused, TextArea)


@pytest.mark.parametrize("error", [Conflict("changed", suggestion="look again"), OSError("gone"), TimeoutError()])
async def test_a_refused_key_is_told_in_a_toast(sample, cockpit, error):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        sample.refuse = error
        await pilot.press("space")
        await settle(pilot)
        (message,) = app.said
        assert "Traceback" not in message
        assert message


async def test_two_keys_pressed_fast_send_once(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("n", "x")
        app.screen.action_submit()
        app.screen.action_submit()
        await settle(pilot)
        assert [sent[1] for sent in sample.sent].count("/api/tasks") == 1


async def test_escape_cancels(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        for key in ("n", "N", "a", "b", "s", "e", "d"):
            await pilot.press(key)
            assert isinstance(app.screen, Dialog), key
            await pilot.press("escape")
            assert isinstance(app.screen, BoardScreen), key
        assert [sent for sent in sample.sent if sent[0] != "GET"] == []


async def test_switching_projects(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("p", "up", "enter")
        await settle(pilot)
        assert app.board.project.name == "docs site"
        assert app.board.selected is None
        await pilot.press("p", "down", "enter")
        await settle(pilot)
        assert app.board.project.name == "webshop"
        assert app.board.selected.id == "task_1"


async def test_the_open_project_may_be_deleted_by_somebody_else(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        sample.remove("project", "proj_1")
        await settle(pilot)
        assert app.board.project.name == "docs site"


async def test_filter_by_keyboard(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("slash", "r", "e", "f", "u", "enter")
        assert [child.data.title for child in app.board.tasks.root.children] == ["Refunds"]
        assert app.focused is app.board.tasks
        await pilot.press("escape")
        assert len(app.board.tasks.root.children) == 5
        await pilot.press("slash", "z", "z", "z")
        await settle(pilot)
        assert app.board.query_one("#no-tasks").display


async def test_ctrl_c_never_quits_and_q_does(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("ctrl+c", "ctrl+c", "ctrl+q", "ctrl+d", "ctrl+p")
        assert app.is_running
        assert isinstance(app.screen, BoardScreen)
        await pilot.press("q")
        assert app.return_code == 0
    assert not app.is_running


async def test_remapped_keys_work(sample, cockpit):
    app = cockpit(sample, settings=Settings(keys={"help.show": "f1", "nonsense": "x"}))
    async with app.run_test(size=(120, 36)) as pilot:
        assert any("nonsense" in message for message in app.said)
        await pilot.press("question_mark")
        assert isinstance(app.screen, BoardScreen)
        await pilot.press("f1")
        assert isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (50, 14)])
async def test_the_help_keeps_its_columns_and_its_hint_in_sight(sample, cockpit, size):
    app = cockpit(sample)
    async with app.run_test(size=size) as pilot:
        await pilot.press("question_mark")
        await settle(pilot)
        table, footer = app.screen.query_one(KeyTable), app.screen.query_one(".dialog Footer")
        lines = table.render().plain.split("\n")
        assert max(map(len, lines)) <= table.content_size.width
        assert table.size.height == len(lines)
        asking = next(place for place, one in enumerate(lines) if one.startswith("  W "))
        rest = lines[asking + 1]
        assert rest.startswith(" " * 14) == (size[0] < 160), "what it does goes on below its beginning"
        assert footer.region in app.screen.query_one(".dialog").content_region.grow((0, 1, 0, 1))
        await pilot.press("end")
        await settle(pilot)
        assert footer.region.bottom <= size[1]


async def test_the_next_agent_that_waits(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("w")
        await settle(pilot)
        assert app.board.selected.id == "sess_2"


async def test_the_header_counts(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        assert app.board.query_one(Header).counts.open == 5
        app.board.choose(("task", "", "task_3"))
        await pilot.press("space")
        await settle(pilot)
        assert app.board.query_one(Header).counts.open == 4


async def test_connection_details_follow(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("c")
        assert isinstance(app.screen, ConnectionScreen)
        sample.connect(phase="offline", last_error="nobody listens", seq=99)
        await settle(pilot)
        text = str(app.screen.query_one("#facts").render())
        assert "nobody listens" in text
        assert "99" in text
        assert "offline" in text
        await pilot.press("escape")
        assert isinstance(app.screen, BoardScreen)


async def test_a_flood_of_changes_is_one_update_per_frame(sample, cockpit, make, until):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        updates = []
        app.board.apply = updates.append
        for number in range(500):
            sample.put(make.task("task_3", f"Title {number}"))
        await until(lambda: updates)
        await settle(pilot)
        assert len(updates) == 1
        assert len(updates[0]) == 1


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (300, 90)])
async def test_every_size_works(sample, cockpit, size):
    app = cockpit(sample)
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "s", "escape", "n", "escape", "question_mark", "escape", "c", "escape")
        await pilot.press("p", "escape", "slash", "a", "escape", "colon", "escape")
        assert app.is_running


async def test_choices_go_round(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("n")
        choice = app.screen.query_one("#priority", Choice)
        choice.focus()
        await pilot.press("right", "right")
        assert choice.value == "low"
        await pilot.press("left")
        assert choice.value == "high"


async def test_the_mouse_reaches_what_the_keys_reach(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.click("ConnectionStatus")
        assert isinstance(app.screen, ConnectionScreen)
        await pilot.press("escape")
        await pilot.click("ProjectSwitch")
        assert not isinstance(app.screen, BoardScreen)
        await pilot.press("escape")
        await pilot.click("BoardScreen > Footer", offset=(2, 0))
        assert isinstance(app.screen, NewTask)


async def test_the_counts_keep_a_blank_from_what_stands_beside_them(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test(size=(40, 12)) as pilot:
        for width in range(44, 60, 2):
            await pilot.resize_terminal(width, 12)
            line = app.board.query_one(Header)
            shown = "".join(segment.text for segment in app.screen._compositor.render_strips()[line.region.y])
            assert "▾ " in shown, shown
            assert " ●" in shown, shown
