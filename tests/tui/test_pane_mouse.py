"""The mouse over a pane, by what xterm sends (SGR mouse, mode 1006), through Textual's own parser."""

import pytest
from textual._xterm_parser import XTermParser

from tests.tui.test_terminal_pane import PaneApp

LEFT, WHEEL_UP = 0, 64
SHIFT, ALT, CTRL = 4, 8, 16
DRAG = 32


class Mouse:
    """A mouse over an app. Columns and rows count from 0, as on the screen."""

    def __init__(self, app) -> None:
        self._app, self._parser = app, XTermParser()

    def send(self, button: int, x: int, y: int, end: str = "M") -> None:
        for event in self._parser.feed(f"\x1b[<{button};{x + 1};{y + 1}{end}"):
            self._app._driver.process_message(event)

    def drag(self, *cells: tuple[int, int], held: int = 0, presses: int = 1) -> None:
        """Press at the first cell, so many times, move over the others and let go at the last."""
        for number in range(presses):
            if number:
                self.send(LEFT | held, *cells[0], end="m")
            self.send(LEFT | held, *cells[0])
        for cell in cells[1:]:
            self.send(LEFT | DRAG | held, *cell)
        self.send(LEFT | held, *cells[-1], end="m")


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
        await until(lambda: bar.scrollbar.offset == 0)
        mouse.send(LEFT | DRAG, 0, 9)
        await until(lambda: bar.scrollbar.at_bottom)
        mouse.send(LEFT | DRAG, 0, 0)
        await until(lambda: bar.scrollbar.offset == 0)
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
        await until(lambda: not app.program.terminal.scrollbar.at_bottom)
