"""The cursor as the outer terminal is told of it: a cockpit's pane in a PTY, read by an engine of our own."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ptyprocess
import pytest

from maestro_tui.terminal.engine import Cursor, Terminal
from maestro_tui.tui.outer_cursor import OuterCursor

HIDE = b"\x1b[?25l"
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from textual.app import ComposeResult
from textual.widgets import Input
from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.palette import Palette
from maestro_tui.tui.direct import show
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.outer_cursor import CursorApp
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

SAID = {
    b"b": b"\\x1b[5 q", b"u": b"\\x1b[4 q", b"d": b"\\x1b[0 q", b"h": b"\\x1b[?25l", b"s": b"\\x1b[?25h",
    b"f": b"\\x1b[H" + b"\\x1b[31ma\\x1b[32mb" * 150 + b"\\x1b[0m\\x1b[2;2H",
    b"m": b"\\x1b[3;5H", b"r": b"\\x1b]12;#ff0000\\x07", b"e": b"\\x1b[10;35H",
}

class Program:
    session_id, exited, title = "ses_1", None, ""
    def __init__(self):
        self.terminal = Terminal(40, 10, palette=Palette((9, 9, 9), (0, 0, 0), ((1, 2, 3),) * 16, (0, 255, 0)))
    def send(self, data):
        self.terminal.feed(SAID.get(data, data))
        app.pane.output_arrived()
        return True
    def resize(self, columns, rows): ...
    def shown(self, in_sight): ...
    def focus(self, has_focus): ...

class Small(CursorApp):
    CSS = "Input { height: 3; }"
    def get_driver_class(self):
        if sys.platform != "linux":
            return super().get_driver_class()
        from maestro_tui.tui.loop_driver import LoopDriver
        return LoopDriver
    def compose(self) -> ComposeResult:
        self.pane = TerminalPane(Program(), frames=FrameScheduler(lambda drawn: show(self, drawn)), act=self.do)
        yield self.pane
        yield Input()
    def on_mount(self):
        self.pane.focus()
    def do(self, chosen):
        match chosen.action:
            case "pane.next": self.query_one(Input).focus()
            case "pane.zoom": self.notify("over it", timeout=600)
            case "pane.scroll": self.pane.scroll_mode = True
            case "pane.quit": self.exit()

app = Small()
app.run()
"""


class Outer:
    """The terminal around the app: what it writes is shown by an engine.

    synchronized: whether it has DEC mode 2026.
    """

    def __init__(self, *, synchronized: bool = True) -> None:
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "TMUX", "ZELLIJ", "TEXTUAL"):
            environment.pop(name, None)
        self.process = ptyprocess.PtyProcess.spawn(
            [sys.executable, "-c", SCRIPT], dimensions=(13, 40), env=environment, cwd=str(ROOT)
        )
        self._synchronized = synchronized
        self.terminal = Terminal(40, 13, on_reply=self._answer)
        self.written = b""

    def _answer(self, reply: bytes) -> None:
        if self._synchronized or b"2026" not in reply:
            self.process.write(reply)

    def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, (self.cursor, self.terminal.text())
            if select.select([self.process.fd], [], [], 0.05)[0]:
                try:
                    data = os.read(self.process.fd, 65536)
                except OSError:
                    data = b""
                if not data:
                    assert condition(), (self.cursor, self.terminal.text())
                    return
                self.written += data
                self.terminal.feed(data)

    @property
    def cursor(self) -> Cursor | None:
        list(self.terminal.changed_rows())
        return self.terminal.cursor()

    def sees(self, *keys: str, x: int, y: int, style: int) -> None:
        """Type keys and wait until the cursor is there and looks so."""
        for key in keys:
            self.process.write(key.encode())
        self.until(lambda: (now := self.cursor) is not None and (now.x, now.y, now.style) == (x, y, style))

    def written_while(self, key: str, *, x: int, y: int, style: int) -> bytes:
        """What is written from a key on until the cursor is there."""
        before = len(self.written)
        self.sees(key, x=x, y=y, style=style)
        return self.written[before:]

    def sees_none(self, *keys: str) -> None:
        for key in keys:
            self.process.write(key.encode())
        self.until(lambda: self.cursor is None)


@pytest.fixture
def outer() -> Iterator[Outer]:
    running = Outer()
    yield running
    running.process.close(force=True)
    running.terminal.close()


@pytest.mark.timeout(180)
def test_the_outer_terminal_shows_the_cursor_a_program_asked_for(outer):
    outer.until(lambda: outer.terminal.modes.alternate_screen)
    outer.sees(x=0, y=0, style=0)
    outer.sees("b", x=0, y=0, style=5)
    outer.sees("m", "u", x=4, y=2, style=4)
    outer.sees_none("h")
    outer.sees("s", "d", x=4, y=2, style=0)
    outer.sees("e", x=34, y=9, style=0)
    outer.sees_none("\x02")  # the choices after the prefix lie over it
    outer.sees("\x02", "m", x=4, y=2, style=0)
    outer.sees_none("\x02", "[")  # copy mode draws its own
    outer.sees("q", x=4, y=2, style=0)
    outer.sees_none("\x02", "n")  # a field of text draws its own
    outer.sees("\t", x=4, y=2, style=0)
    outer.sees("e", "b", x=34, y=9, style=5)
    outer.sees_none("\x02", "z")  # a toast lies over it
    assert b"\x1b]12;#00ff00\x07" in outer.written
    outer.sees("m", "r", x=4, y=2, style=5)
    outer.until(lambda: b"\x1b]12;#ff0000\x07" in outer.written)
    outer.process.write(b"\x02q")
    outer.until(lambda: b"\x1b[0 q\x1b]112\x07" in outer.written)
    assert outer.cursor is None or outer.cursor.style == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Textual's own driver is used")
@pytest.mark.timeout(180)
def test_after_a_stop_the_cursor_is_there_again_as_it_was(outer):
    outer.until(lambda: outer.terminal.modes.alternate_screen)
    outer.sees("b", "m", x=4, y=2, style=5)
    before = len(outer.written)
    os.kill(outer.process.pid, signal.SIGCONT)  # what comes after SIGSTOP, which nobody is told of
    outer.until(lambda: b"\x1b[5 q" in outer.written[before:])
    outer.sees(x=4, y=2, style=5)
    left, _, taken = outer.written[before:].partition(b"\x1b[?1049l")
    assert left.count(b"\x1b[0 q") == 1
    assert b"\x1b[?1049h" in taken


def test_only_changes_are_told():
    cursor = OuterCursor()
    assert cursor.hide() == ""
    assert cursor.show(0, None) == "\x1b[?25h"
    assert cursor.show(0, None) == ""
    assert cursor.show(6, (1, 2, 255)) == "\x1b[6 q\x1b]12;#0102ff\x07"
    assert cursor.hide() == "\x1b[?25l"
    assert cursor.show(6, (1, 2, 255)) == "\x1b[?25h"
    assert cursor.show(0, None) == "\x1b[0 q\x1b]112\x07"
    assert cursor.restore() == ""
    cursor.show(3, (0, 0, 0))
    assert cursor.restore() == "\x1b[0 q\x1b]112\x07"


def test_a_terminal_that_would_print_it_is_told_no_shape(monkeypatch):
    monkeypatch.setenv("TERM", "linux")
    assert OuterCursor().show(5, None) == "\x1b[?25h"


@pytest.mark.timeout(180)
def test_without_synchronized_updates_the_cursor_blinks_on_while_somebody_types():
    outer = Outer(synchronized=False)
    try:
        outer.until(lambda: outer.terminal.modes.alternate_screen)
        outer.sees("b", x=0, y=0, style=5)
        # The first letters may come with a frame of the start.
        assert any(HIDE not in outer.written_while("x", x=x, y=0, style=5) for x in range(1, 20))
        assert HIDE in outer.written_while("f", x=1, y=1, style=5)  # much is drawn: it must not be seen running
    finally:
        outer.process.close(force=True)
        outer.terminal.close()
