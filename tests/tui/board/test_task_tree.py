"""The tree: what it shows, and that a change touches nothing else."""

import pytest
from textual.app import App
from textual.strip import Strip

from maestro_tui.domain.document import evolve
from maestro_tui.domain.status import SessionStatus, TaskStatus
from maestro_tui.tui.widgets.task_nodes import LINES_KEPT
from maestro_tui.tui.widgets.task_tree import TaskTree


class TreeApp(App):
    def __init__(self, feed, project="proj_1"):
        super().__init__()
        self.feed, self.project, self.rows = feed, project, []

    def compose(self):
        yield TaskTree(self.feed.mirror)

    def get_theme_variable_defaults(self):
        return {"muted": "#888888", "line": "#444444"}

    def on_mount(self):
        self.query_one(TaskTree).show_project(self.project)
        self.feed.subscribe(lambda _, changes: self.query_one(TaskTree).apply(changes))

    def on_task_tree_highlighted(self, event):
        self.rows.append(event.row)


def lines(tree):
    """The rows as they stand on screen."""
    return [tree.render_line(y).text.rstrip() for y in range(tree.last_line + 1)]


@pytest.fixture
def tree_app(sample):
    return TreeApp(sample)


async def test_nesting(tree_app):
    async with tree_app.run_test(size=(60, 20)):
        text = lines(tree_app.query_one(TaskTree))
        assert text[0].startswith("▾ ◐ Checkout flow")
        assert text[0].endswith("2/5  ●  high")
        assert "☑ Schema for orders" in text[1]
        assert "⚑ Test writer  May I change the fixture?" in text[7]
        assert "● API worker  running" in text[8]
        assert "⊘ Billing provider  waits for the sandbox keys" in text[10]


async def test_cursor_and_folds_stay_while_others_change(tree_app, make):
    feed = tree_app.feed
    async with tree_app.run_test(size=(60, 20)) as pilot:
        tree = tree_app.query_one(TaskTree)
        tree.choose(("task", "", "task_3"))
        tree.root.children[0].collapse()
        await pilot.pause()
        feed.put(make.task("task_0", "Earlier than all", at=-1000))
        feed.put(evolve(feed.mirror.tasks["task_1"], title="Checkout, renamed"))
        feed.remove("session", "sess_1")
        await pilot.pause()
        assert tree.row.id == "task_3"
        assert tree.cursor_node.line == tree.cursor_line
        assert lines(tree)[0].strip().startswith("☐ Earlier than all")
        assert lines(tree)[1].startswith("▸ ◐ Checkout, renamed")


async def test_only_the_changed_nodes_are_touched(tree_app):
    feed = tree_app.feed
    async with tree_app.run_test(size=(60, 20)) as pilot:
        tree = tree_app.query_one(TaskTree)
        await pilot.pause()
        before = {node.id: node._updates for node in tree._tree_nodes.values()}
        task = feed.mirror.tasks["task_1"]
        done = tuple(evolve(one, completed=True) if one.id == "sub_3" else one for one in task.subtasks)
        feed.put(evolve(task, subtasks=done))
        after = {node.id: node._updates for node in tree._tree_nodes.values()}
        changed = {tree._tree_nodes[key].data.id for key in before if after[key] != before[key]}
        assert changed == {"task_1", "sub_3"}
        assert set(before) == set(after)


async def test_the_cursor_moves_on_when_its_row_goes(tree_app):
    async with tree_app.run_test(size=(60, 20)) as pilot:
        tree = tree_app.query_one(TaskTree)
        tree.choose(("task", "", "task_4"))
        await pilot.pause()
        tree_app.feed.remove("task", "task_4")
        await pilot.pause()
        assert tree.row.id == "task_5"
        assert tree_app.rows[-1].id == "task_5"


async def test_everything_may_go(tree_app):
    async with tree_app.run_test() as pilot:
        feed = tree_app.feed
        for identifier in [*feed.mirror.sessions]:
            feed.remove("session", identifier)
        for identifier in [*feed.mirror.tasks]:
            feed.remove("task", identifier)
        await pilot.pause()
        assert tree_app.query_one(TaskTree).row is None


async def test_a_task_can_change_its_parent(tree_app):
    async with tree_app.run_test(size=(60, 20)) as pilot:
        feed, tree = tree_app.feed, tree_app.query_one(TaskTree)
        feed.put(evolve(feed.mirror.tasks["task_2"], parent_id="task_3"))
        await pilot.pause()
        titles = [child.data.title for child in tree.root.children]
        assert "Integration tests" not in titles
        holder = next(child for child in tree.root.children if child.data.id == "task_3")
        assert [child.data.id for child in holder.children] == ["task_2"]
        feed.put(evolve(feed.mirror.tasks["task_2"], parent_id=None))
        assert [child.data.id for child in tree.root.children].count("task_2") == 1
        assert list(holder.children) == []


async def test_sessions_without_a_task_stand_at_the_end(tree_app, make):
    async with tree_app.run_test(size=(60, 20)):
        tree_app.feed.put(make.session("sess_9", "Free agent"))
        tree = tree_app.query_one(TaskTree)
        assert tree.root.children[-1].data.title == "Free agent"
        tree_app.feed.put(evolve(tree_app.feed.mirror.sessions["sess_9"], status=SessionStatus.COMPLETED))
        assert tree.root.children[-1].data.title != "Free agent"


async def test_a_session_that_failed_is_marked_on_its_task(tree_app):
    async with tree_app.run_test(size=(60, 20)):
        feed = tree_app.feed
        feed.put(evolve(feed.mirror.sessions["sess_3"], status=SessionStatus.FAILED))
        assert any("Accessibility audit" in text and "✗" in text for text in lines(tree_app.query_one(TaskTree)))


async def test_filter_keeps_matches_and_what_is_above_them(tree_app):
    async with tree_app.run_test(size=(60, 20)) as pilot:
        tree = tree_app.query_one(TaskTree)
        tree.filter_by("INTEGRATION tests")
        await pilot.pause()
        assert [child.data.id for child in tree.root.children] == ["task_1"]
        tree.filter_by("blocked")
        assert [child.data.id for child in tree.root.children] == ["task_4"]
        tree_app.feed.put(evolve(tree_app.feed.mirror.tasks["task_3"], status=TaskStatus.BLOCKED))
        assert [child.data.id for child in tree.root.children] == ["task_3", "task_4"]
        tree.filter_by("")
        assert len(tree.root.children) == 5


async def test_choosing_a_row_that_is_not_there_yet(tree_app, make):
    async with tree_app.run_test(size=(60, 20)) as pilot:
        tree = tree_app.query_one(TaskTree)
        tree.choose(("task", "", "task_new"))
        tree_app.feed.put(make.task("task_new", "Fresh", at=99, parent_id="task_1"))
        await pilot.pause()
        assert tree.row.title == "Fresh"


async def test_folding_by_keyboard(tree_app):
    async with tree_app.run_test(size=(60, 20)) as pilot:
        tree = tree_app.query_one(TaskTree)
        tree.focus()
        await pilot.press("down", "left")
        assert tree.row.id == "task_1"
        await pilot.press("left")
        assert tree.cursor_node.is_collapsed
        await pilot.press("right", "right")
        assert tree.row.id == "sub_1"


@pytest.mark.parametrize("width", [8, 20, 44, 120])
async def test_rows_never_leave_the_width(sample, width):
    app = TreeApp(sample)
    async with app.run_test(size=(width, 12)):
        tree = app.query_one(TaskTree)
        assert all(tree.render_line(y).cell_length == tree.size.width for y in range(tree.size.height))


async def test_a_thousand_tasks(make, feed):
    feed.put(make.project())
    for number in range(1000):
        feed.mirror.tasks[f"task_{number}"] = make.task(f"task_{number}", f"Task {number}", at=number)
    app = TreeApp(feed)
    async with app.run_test(size=(60, 20)) as pilot:
        tree = app.query_one(TaskTree)
        assert tree.last_line == 999
        feed.put(evolve(feed.mirror.tasks["task_500"], title="Changed"))
        await pilot.pause()
        assert tree.root.children[500].data.title == "Changed"


async def test_lines_as_they_once_were_are_not_kept(tree_app):
    async with tree_app.run_test(size=(110, 34)) as pilot:
        await pilot.pause()
        drawn = tree_app.query_one(TaskTree)._line_cache
        for version in range(3 * LINES_KEPT):
            drawn[0, version] = Strip.blank(110)
        assert len(drawn) == LINES_KEPT
