"""How much is drawn for what changed: by counts of rows and layouts, no times."""

from dataclasses import replace

import pytest

from maestro_tui.runner.news import Titled
from maestro_tui.tui.widgets.connection_status import ConnectionStatus
from maestro_tui.tui.widgets.header import Header
from maestro_tui.tui.widgets.session_tabs import SessionTabs
from maestro_tui.tui.widgets.split_view import SplitView
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

SIZE = (160, 45)


@pytest.fixture
def counted(monkeypatch):
    """counted(owner, name): the widgets for which a method is called from now on, each time."""

    def count(owner, name, what=lambda widget, *arguments, **options: widget):
        calls, method = [], getattr(owner, name)

        def counting(widget, *arguments, **options):
            calls.append(what(widget, *arguments, **options))
            return method(widget, *arguments, **options)

        monkeypatch.setattr(owner, name, counting)
        return calls

    return count


async def settle(pilot, *counts):
    """Wait for what is still drawn of what was before, and count from there."""
    while True:
        for calls in counts:
            calls.clear()
        for _ in range(3):
            await pilot.pause()
        if not any(counts):
            return


async def run_two(app, terminals, until):
    for session_id in ("sess_1", "sess_2"):
        terminals.run(session_id, "cat")
    await until(lambda: len(app.board.tabs.session_ids) == 2)


async def test_a_change_of_tabs_draws_the_pane_once(sample, cockpit, terminals, until, counted):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=SIZE) as pilot:
        await run_two(app, terminals, until)
        for key in ("1", "2", "1"):  # each was seen, and has its size
            await pilot.press(key)
        await pilot.pause()
        drawn = counted(TerminalPane, "render_lines", lambda pane, crop: (pane.session_id, crop.height))
        whole = counted(SessionTabs, "render_lines", lambda tabs, crop: crop.height)
        await settle(pilot, drawn, whole)
        await pilot.press("2")
        await until(lambda: drawn)
        await pilot.pause()
        await pilot.pause()
        height = app.board.tabs.pane("sess_2").outer_size.height
        assert sum(rows for session_id, rows in drawn if session_id == "sess_2") <= height + 2
        assert len(whole) <= 1, "the border is drawn with the rest, and not once more"


async def test_another_title_of_a_program_draws_the_line_of_tabs_and_no_pane(
    sample, cockpit, terminals, until, counted
):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=SIZE) as pilot:
        await run_two(app, terminals, until)
        await pilot.press("1")
        await pilot.pause()
        panes, view = counted(TerminalPane, "render_lines"), counted(SplitView, "render_lines")
        await settle(pilot, panes, view)
        terminals.tell(Titled("sess_1", "thinking about it"))
        await until(lambda: "thinking about it" in str(app.board.tabs._strip.render()))
        await pilot.pause()
        assert (panes, view) == ([], [])


async def test_a_heartbeat_draws_the_number_alone_and_arranges_nothing(sample, cockpit, until, counted):
    app = cockpit(sample)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        status = app.board.query_one(ConnectionStatus)
        arranged = counted(ConnectionStatus, "refresh", lambda widget, *regions, layout=False: layout)
        lines = counted(Header, "refresh")
        await settle(pilot, arranged, lines)
        known = sample.connection
        for latency in (2.2, 1.9, 3.0):
            app.board.connection = replace(known, latency_ms=latency, seq=known.seq + 1)
            await pilot.pause()
        assert status.render().plain.endswith("connected 3 ms")
        assert (arranged, lines) == ([False], [])
        app.board.connection = replace(known, latency_ms=12.0)
        await until(lambda: arranged == [False, True])
