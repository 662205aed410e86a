"""Copy mode, finding, saving and forgetting on the board, through real panes."""

from maestro_tui.tui.screens.save_output import SaveOutput
from maestro_tui.tui.widgets.footer import Footer

MANY = 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "line $i of it"; done; exec cat'


async def in_a_pane(app, pilot, terminals, until):
    program = terminals.run("sess_1", "sh", "-c", MANY)
    await until(lambda: app.board.tabs.active == "sess_1")
    await pilot.press("tab")
    await until(lambda: "line 300" in program.terminal.text())
    return app.board.tabs.pane("sess_1")


def shown(pane):
    return "\n".join(strip.text for strip in pane.render_lines(pane.size.region))


async def test_find_select_copy_and_paste(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(120, 30)) as pilot:
        pane = await in_a_pane(app, pilot, terminals, until)
        await pilot.press("ctrl+b", "slash", *"LINE 1", "backspace", "2", "enter")
        await until(lambda: "0 matches" in shown(pane) or "nothing matches" in shown(pane))
        await pilot.press("slash", *"line 12", "enter")
        await until(lambda: "1 of 11 matches" in shown(pane))
        assert "line 12 of it" in shown(pane)
        await pilot.press("n", "v", "w", "e", "y")
        await until(lambda: app.clipboard == "line 120")
        await until(lambda: "line 300" in shown(pane))
        assert pane.source.sent == b""
        await pilot.press("ctrl+b", "right_square_bracket")
        await until(lambda: pane.source.sent == b"line 120")


async def test_matches_and_the_cursor_are_drawn(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(120, 30)) as pilot:
        pane = await in_a_pane(app, pilot, terminals, until)
        await pilot.press("ctrl+b", "slash", *"line 29", "enter")
        await until(lambda: "11 matches" in shown(pane))
        match = pane.get_component_rich_style("terminal-pane--match").bgcolor.get_truecolor()
        marked = [
            segment.text
            for strip in pane.render_lines(pane.size.region)
            for segment in strip
            if segment.style and segment.style.bgcolor and segment.style.bgcolor.get_truecolor() == match
        ]
        assert "".join(marked).count("ine 29") >= 9


async def test_the_bottom_line_tells_the_keys_of_copy_mode_while_it_lasts(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(120, 30)) as pilot:
        await in_a_pane(app, pilot, terminals, until)
        footer = app.board.query_one(Footer)
        assert footer.hints[0].key.startswith("^b")
        await pilot.press("ctrl+b", "left_square_bracket")
        await until(lambda: [hint.word for hint in footer.hints][-1] == "leave")
        await pilot.press("q")
        await until(lambda: footer.hints[0].key.startswith("^b"))


async def test_output_is_saved_once_and_never_over_a_file(sample, cockpit, terminals, until, tmp_path):
    app = cockpit(sample, terminals=terminals, directory=tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await in_a_pane(app, pilot, terminals, until)
        await pilot.press("ctrl+b", "S")
        await until(lambda: isinstance(app.screen, SaveOutput))
        await pilot.press("enter")
        await until(lambda: app.screen is app.board)
        (saved,) = tmp_path.iterdir()
        assert saved.name.startswith("API-worker-2025")
        assert saved.read_text().split("\n")[:300] == [f"line {number} of it" for number in range(1, 301)]
        await pilot.press("ctrl+b", "S", "enter")
        await until(lambda: "exists already" in str(app.screen.query_one(".problem").render()))
        await pilot.press("escape")


async def test_clearing_forgets_what_is_above_the_screen(sample, cockpit, terminals, until):
    app = cockpit(sample, terminals=terminals)
    async with app.run_test(size=(120, 30)) as pilot:
        pane = await in_a_pane(app, pilot, terminals, until)
        await pilot.press("ctrl+b", "C")
        await until(lambda: pane.terminal.viewport.scrollbar.total == pane.size.height)
        assert "line 300" in shown(pane)
