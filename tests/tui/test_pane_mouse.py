"""The mouse over a pane, by what xterm sends (SGR mouse, mode 1006), through the cockpit's own parser."""

import pytest
from textual.widgets import Button

from maestro_tui.tui.outer_keys import OuterParser
from tests.tui.test_terminal_pane import PaneApp

LEFT, WHEEL_UP, BACK = 0, 64, 128
SHIFT, ALT, CTRL = 4, 8, 16
DRAG = 32


class Mouse:
    """A mouse over an app. Columns and rows count from 0, as on the screen."""

    def __init__(self, app) -> None:
        self._app, self._parser = app, OuterParser()

    def send(self, button: int, x: int, y: int, end: str = "M") -> None:
        for event in self._parser.feed(f"\x1b[<{button};{x + 1};{y + 1}{end}"):
            self._app._driver.process_message(event)

    def drag(self, *cells: tuple[int, int], held: int = 0, presses: int = 1, button: int = LEFT) -> None:
        """Press at the first cell, so many times, move over the others and let go at the last."""
        for number in range(presses):
            if number:
                self.send(button | held, *cells[0], end="m")
            self.send(button | held, *cells[0])
        for cell in cells[1:]:
            self.send(button | DRAG | held, *cell)
        self.send(button | held, *cells[-1], end="m")


TEXT = "echo alpha beta-gamma delta; echo second line of it; printf '%060d\\n' 7; echo last; exec cat"


@pytest.mark.parametrize(
    ("cells", "presses", "held", "copied"),
    [
        ([(6, 0), (9, 0)], 1, 0, "beta"),
        ([(9, 0), (6, 0)], 1, 0, "beta"),
        ([(6, 0), (5, 1)], 1, 0, "beta-gamma delta\nsecond"),
        ([(7, 0)], 2, 0, "beta-gamma"),
        ([(7, 0), (18, 0)], 2, 0, "beta-gamma delta"),
        ([(18, 0), (2, 0)], 2, 0, "alpha beta-gamma delta"),
        ([(18, 0), (8, 1)], 2, 0, "delta\nsecond line"),
        ([(7, 0)], 3, 0, "alpha beta-gamma delta"),
        ([(7, 0), (2, 1)], 3, 0, "alpha beta-gamma delta\nsecond line of it"),
        ([(3, 3)], 3, 0, "0" * 59 + "7"),
        ([(3, 3), (1, 4)], 3, 0, "0" * 59 + "7\nlast"),
        ([(0, 0), (3, 1)], 1, ALT, "alph\nseco"),
        ([(6, 0), (9, 1)], 1, ALT, "beta\n lin"),
    ],
)
async def test_a_drag_selects(run_program, until, cells, presses, held, copied):
    app = PaneApp(run_program("sh", "-c", TEXT))
    async with app.run_test(size=(40, 10)):
        await until(lambda: "last" in app.shown())
        app.copy_to_clipboard("")
        Mouse(app).drag(*cells, held=held, presses=presses)
        await until(lambda: app.clipboard == copied and not app.pane._selecting)
        assert app.program.sent == b""


@pytest.mark.parametrize("pasted", [False, True])
async def test_typing_ends_a_selection_that_stays_on_the_clipboard(run_program, until, pasted):
    app = PaneApp(run_program("sh", "-c", TEXT))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "last" in app.shown())
        Mouse(app).drag((6, 0), (9, 0))
        await until(lambda: app.clipboard == "beta" and not app.pane._selecting)
        assert app.pane.terminal.selection.exists
        if pasted:
            app.pane.paste("x")
        else:
            await pilot.press("x")
        assert not app.pane.terminal.selection.exists
        assert app.program.sent == b"x"
        assert app.clipboard == "beta"


async def test_a_drag_past_the_edge_scrolls_and_selects_on(run_program, until):
    app = PaneApp(run_program("sh", "-c", "seq 60; exec cat"))
    async with app.run_test(size=(20, 10)):
        await until(lambda: "60" in app.shown())
        app.pane.styles.margin = (2, 0)
        await until(lambda: app.pane.size.height == 6)
        mouse, bar = Mouse(app), app.program.terminal
        mouse.send(LEFT, 0, 4)
        await until(lambda: app.pane._selecting)
        mouse.send(LEFT | DRAG, 0, 0)  # above the pane, and not moved any more
        await until(lambda: bar.viewport.scrollbar.offset == 0)
        mouse.send(LEFT | DRAG, 0, 9)
        await until(lambda: bar.viewport.scrollbar.at_bottom)
        mouse.send(LEFT | DRAG, 0, 0)
        await until(lambda: bar.viewport.scrollbar.offset == 0)
        mouse.send(LEFT, 0, 0, end="m")
        await until(lambda: app.clipboard)
        lines = app.clipboard.split("\n")
        assert lines[0] == "1"
        assert lines == [str(number) for number in range(1, len(lines))] + [lines[-1]]
        assert len(lines) > 50


async def test_shift_keeps_a_drag_from_a_program_that_wants_the_mouse(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; printf '\\033[?1002;1006hword'; exec cat > /dev/null"))
    async with app.run_test(size=(20, 5)):
        await until(lambda: "word" in app.shown())
        mouse = Mouse(app)
        mouse.drag((0, 0), (3, 0), held=SHIFT)
        await until(lambda: app.clipboard == "word")
        assert app.program.sent == b""
        mouse.drag((0, 0), (3, 0))
        await until(lambda: app.program.sent == b"\x1b[<0;1;1M\x1b[<32;4;1M\x1b[<0;4;1m")


async def test_the_wheel_and_a_click_with_ctrl(run_program, until):
    app = PaneApp(run_program("sh", "-c", "seq 50; echo http://example.org/; exec cat"))
    async with app.run_test(size=(40, 5)):
        await until(lambda: "example" in app.shown())
        mouse = Mouse(app)
        mouse.drag((3, 3), held=CTRL)
        await until(lambda: app.links == ["http://example.org/"])
        mouse.send(WHEEL_UP, 3, 3)
        await until(lambda: not app.program.terminal.viewport.scrollbar.at_bottom)


async def test_a_button_at_the_side_reaches_a_program_that_wants_the_mouse(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; printf '\\033[?1002;1006hword'; exec cat > /dev/null"))
    async with app.run_test(size=(20, 5)):
        await until(lambda: "word" in app.shown())
        mouse = Mouse(app)
        for button in range(BACK, BACK + 4):
            mouse.send(button, 2, 1)
            mouse.send(button | DRAG, 3, 1)
            mouse.send(button, 3, 1, end="m")
        told = b"\x1b[<128;3;2M\x1b[<160;4;2M\x1b[<128;4;2m\x1b[<129;3;2M\x1b[<161;4;2M\x1b[<129;4;2m"
        await until(lambda: app.program.sent == told)
        mouse.send(BACK | SHIFT, 2, 1)
        mouse.send(BACK | CTRL, 2, 1)
        await until(lambda: app.program.sent == told + b"\x1b[<144;3;2M")


@pytest.mark.parametrize("button", [BACK, BACK + 2])
async def test_a_button_at_the_side_is_no_click_of_another(run_program, until, button):
    """Neither on a button of the cockpit nor over a program that did not ask: nothing is pressed or selected."""
    app = PaneApp(run_program("sh", "-c", "echo word; exec cat"))
    async with app.run_test(size=(20, 5)):
        await until(lambda: "word" in app.shown())
        pressed, copied = [], []
        app.action_note, app.copy_to_clipboard = lambda: pressed.append("button"), copied.append
        await app.screen.mount(Button("press me", action="app.note"))
        await until(lambda: app.query_one(Button).region)
        mouse, (x, y) = Mouse(app), app.query_one(Button).region.offset
        for pressing in (button, LEFT):
            mouse.drag((x + 3, y + 1), button=pressing)
            mouse.drag((0, 0), (3 if pressing else 2, 0), button=pressing)
        await until(lambda: copied)
        assert (pressed, copied) == (["button"], ["wor"])
        assert app.program.sent == b""


@pytest.mark.parametrize("place", ["-3;2", "2;-3"])
def test_a_button_at_the_side_at_no_cell_is_nothing(place):
    assert list(OuterParser().feed(f"\x1b[<{BACK};{place}M")) == []
