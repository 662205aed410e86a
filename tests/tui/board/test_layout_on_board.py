"""Terminals side by side: split, go, resize, move, zoom, and come back as they were left."""

from textual.events import Key
from textual.geometry import Offset

from maestro_tui.tui.layout import Layout, PaneTab
from maestro_tui.tui.memory import Memory
from maestro_tui.tui.screens.pane_picker import PanePicker
from maestro_tui.tui.split_tree import Axis, Split
from maestro_tui.tui.widgets.split_view import SplitView
from maestro_tui.tui.widgets.tab_strip import TabStrip

WIDE = (160, 45)


def typed_into(app):
    return getattr(app.focused, "session_id", None)


async def two_side_by_side(app, pilot, terminals, until):
    """sess_1 at the left, sess_2 at the right with the keys."""
    for session_id in ("sess_1", "sess_2"):
        terminals.run(session_id, "cat")
    await until(lambda: len(app.board.tabs.session_ids) == 2)
    app.board.open_session("sess_1")
    await until(lambda: typed_into(app) == "sess_1")
    await pilot.press("ctrl+b", "vertical_line")
    await until(lambda: typed_into(app) == "sess_2" and app.board.tabs.visible_ids == ("sess_1", "sess_2"))
    await until(lambda: app.board.tabs.pane("sess_1").region.right < app.board.tabs.pane("sess_2").region.x)


async def test_the_keys_of_a_split_tab(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await two_side_by_side(app, pilot, terminals, until)
        left, right = app.board.tabs.pane("sess_1"), app.board.tabs.pane("sess_2")
        assert terminals.get("sess_1").terminal.columns == left.size.width

        await pilot.press("ctrl+b", "left", "a")
        assert terminals.get("sess_1").sent == b"a"
        await pilot.press("ctrl+b", "o", "b")
        assert terminals.get("sess_2").sent == b"b"

        before = left.size.width
        await pilot.press("ctrl+b", "ctrl+left", "ctrl+left", "H", "c")
        await until(lambda: left.size.width == before - 12)
        assert terminals.get("sess_2").sent == b"bc"

        await pilot.press("ctrl+b", "shift+left")
        await until(lambda: right.region.x < left.region.x)
        await pilot.press("ctrl+b", "z")
        await until(lambda: app.board.tabs.visible_ids == ("sess_2",) and right.size.width > 150)
        assert app.board.tabs.border_subtitle == "zoomed, 1 more"
        await pilot.press("ctrl+b", "z", "ctrl+b", "exclamation_mark")
        await until(lambda: app.board.tabs.visible_ids == ("sess_2",))
        assert [tab.ids for tab in app.board.query_one(TabStrip).groups] == [("sess_1",), ("sess_2",)]
        await pilot.press("ctrl+b", "less_than_sign")
        assert [tab.ids for tab in app.board.query_one(TabStrip).groups] == [("sess_2",), ("sess_1",)]


async def test_several_candidates_are_asked_about(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await two_side_by_side(app, pilot, terminals, until)
        await pilot.press("ctrl+b", "minus")
        await until(lambda: app.said)
        terminals.run("sess_3", "cat")
        terminals.run("sess_4", "cat")
        await until(lambda: "sess_4" in app.board.tabs.session_ids)
        await pilot.press("ctrl+b", "minus")
        await until(lambda: isinstance(app.screen, PanePicker))
        await pilot.press("down", "enter")
        await until(lambda: typed_into(app) == "sess_4")
        await until(
            lambda: app.board.tabs.pane("sess_4").region.y > app.board.tabs.pane("sess_2").region.bottom - 1
        )
        assert app.board.tabs.visible_ids == ("sess_1", "sess_2", "sess_4")


async def test_the_mouse_drags_a_divider_and_chooses_a_pane(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await two_side_by_side(app, pilot, terminals, until)
        left, view = app.board.tabs.pane("sess_1"), app.board.query_one(SplitView)
        width, divider = left.size.width, Offset(left.region.right, left.region.y + 5)
        await pilot.mouse_down(offset=divider)
        await pilot.hover(offset=divider - (15, 0))
        await pilot.mouse_up(offset=divider - (15, 0))
        await until(lambda: left.size.width == width - 15)
        await pilot.click(offset=(left.region.x + 4, left.region.y - 1))
        await until(lambda: typed_into(app) == "sess_1")
        await pilot.click(offset=(left.region.right, left.region.y + 5), times=2)
        await until(lambda: view.tab is not None and view.tab.tree.share == 0.5)


async def test_where_panes_do_not_fit_the_active_one_is_shown_alone(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await two_side_by_side(app, pilot, terminals, until)
        for size in ((30, 12), (20, 5), (1, 1)):
            await pilot.resize_terminal(*size)
            await until(lambda: app.board.tabs.visible_ids == ("sess_2",))
        await pilot.resize_terminal(80, 24)
        await until(lambda: app.board.tabs.visible_ids == ("sess_1", "sess_2"))


async def test_the_panes_come_back_as_they_were_left(sample, cockpit, terminals, until, tmp_path):
    state = tmp_path / "cockpit.json"
    memory = Memory(state)
    panes = Split(Axis.COLUMN, "sess_3", Split(Axis.ROW, "sess_gone", "sess_1", 0.3), 0.4)
    memory.layout = Layout((PaneTab("sess_2", "sess_2"), PaneTab(panes, "sess_1")), 1)
    memory.save()
    app = cockpit(sample, terminals=terminals, state=state)
    async with app.run_test(size=WIDE):
        for session_id in ("sess_1", "sess_2", "sess_3"):
            terminals.run(session_id, "cat")
        await until(lambda: len(app.board.tabs.session_ids) == 3)
        assert app.board.tabs.visible_ids == ("sess_3", "sess_1")
        assert app.board.tabs.active == "sess_1"
        assert app.focused is app.board.tasks
        assert app.board.tabs.awaited_ids == ("sess_gone",)
    assert Memory(state).layout == memory.layout


async def test_hidden_panes_paint_nothing(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await two_side_by_side(app, pilot, terminals, until)
        terminals.run("sess_3", "cat")
        await until(lambda: "sess_3" in app.board.tabs.session_ids)
        hidden = app.board.tabs.pane("sess_3")
        painted = []
        hidden.paint = lambda: painted.append(1)
        terminals.get("sess_3").send(b"unseen\r")
        await until(lambda: "unseen" in terminals.get("sess_3").terminal.text())
        await pilot.press("x")
        await until(lambda: "x" in terminals.get("sess_2").terminal.text())
        assert painted == []


async def test_the_terminals_follow_the_tree_when_asked(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        for session_id in ("sess_1", "sess_2"):
            terminals.run(session_id, "cat")
        await until(lambda: app.board.tabs.active == "sess_2")
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.pause()
        assert app.board.tabs.active == "sess_2"
        await pilot.press("f")
        await until(lambda: app.board.tabs.active == "sess_1")
        app.board.choose(("session", "task_2", "sess_2"))
        await until(lambda: app.board.tabs.active == "sess_2")
        assert app.focused is app.board.tasks
        assert app.board.tabs.border_subtitle == "follows the tree"
        await pilot.press("f")
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.pause()
        assert app.board.tabs.active == "sess_2"


async def test_the_second_prefix_is_a_way_out_too(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        terminals.run("sess_1", "cat")
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("tab", "f12", "b")
        await until(lambda: app.focused is app.board.tasks)
        await pilot.press("tab", "f12", "f12")
        assert terminals.get("sess_1").sent == b"\x1b[24~"


async def test_what_was_typed_into_a_terminal_that_went_reaches_nothing_else(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=WIDE) as pilot:
        await two_side_by_side(app, pilot, terminals, until)
        app.board.drop_terminal("sess_2")
        for key in ("q", "x", "d", "n"):
            app.post_message(Key(key, key))
        await until(lambda: app.focused is app.board.tasks and app.board.tabs.session_ids == ("sess_1",))
        await pilot.pause()
        assert app.is_running
        assert app.screen is app.board
        assert terminals.get("sess_1").sent == b""
