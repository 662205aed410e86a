"""The outer terminal read and written by the event loop: a real PTY, a real Textual app."""

import asyncio
import os
import pty
import re
import signal
import sys
import termios
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from textual.drivers._writer_thread import WriterThread
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.terminal.engine import Terminal
from maestro_tui.tui.loop_driver import LAST_WORDS_SECONDS, MOST_WAITING, LoopDriver
from maestro_tui.tui.pacing import PacedApp, PacedScreen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Textual's own driver is used")


PUSH_KITTY_KEYS, POP_KITTY_KEYS = re.compile(rb"\x1b\[>\d+u"), b"\x1b[<u"
"""Which keys are asked for with the first depends on whether a cockpit was there before in this process."""


def count_descriptors(terminal):
    """How many descriptors of this process are open on the terminal."""
    path = os.ttyname(terminal)
    opened = Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(one) == path for one in opened)


def count_writers():
    """How many of Textual's writing threads there are."""
    return sum(isinstance(thread, WriterThread) for thread in threading.enumerate())


class Board(PacedScreen[None]):
    """Says something."""

    def compose(self):
        yield Static("it is up")


class Over(ModalScreen[None]):
    """Says something over it."""

    def compose(self):
        yield Static("a question")


class Listener(PacedApp):
    """Remembers what came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[str] = []

    def get_driver_class(self):
        return LoopDriver

    def get_default_screen(self):
        return Board()

    def on_event(self, event):
        if isinstance(event, Key) and not event.is_forwarded:
            self.came.append(event.key)
        elif isinstance(event, Paste) and not event.is_forwarded:
            self.came.append(event.text)
        return super().on_event(event)


class Outer:
    """The other side of the PTY: a person who types, and a terminal that shows."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.terminal = Terminal(80, 24)
        self.received = b""

    def type(self, data: bytes) -> None:
        os.write(self.descriptor, data)

    def look(self) -> None:
        """Show from now on whatever is written."""
        asyncio.get_running_loop().add_reader(self.descriptor, self._show)

    def _show(self) -> None:
        data = os.read(self.descriptor, 1 << 16)
        self.received += data
        self.terminal.feed(data)


@pytest.fixture
def tty(monkeypatch):
    """A PTY in the place of this process's terminal; its descriptors from outside and inside."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)}
    outside, inside = pty.openpty()
    termios.tcsetwinsize(inside, (24, 80))
    with open(inside, "r+b", buffering=0, closefd=False) as file:
        monkeypatch.setattr(sys, "__stdin__", file)
        monkeypatch.setattr(sys, "__stdout__", file)
        monkeypatch.setattr(sys, "__stderr__", file)
        yield outside, inside
    for descriptor in (outside, inside):
        with suppress(OSError):  # One test closes the other side itself.
            os.close(descriptor)
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
async def started(tty, until):
    app, outer = Listener(), Outer(tty[0])
    outer.look()
    running = asyncio.create_task(app.run_async())
    await until(lambda: "it is up" in outer.terminal.text())
    yield app, outer
    app.exit()
    await running
    asyncio.get_running_loop().remove_reader(outer.descriptor)


@pytest.fixture
def another_size(monkeypatch):
    """What readline, in the program that starts the cockpit, says of its own terminal."""
    monkeypatch.setenv("COLUMNS", "132")
    monkeypatch.setenv("LINES", "50")


async def test_the_size_is_the_terminals_own_whatever_the_environment_says(another_size, started):
    app, _ = started
    assert app.size == (80, 24)


async def test_keys_come_in_their_order(started, until):
    app, outer = started
    outer.type(b"abc\x1b[A\x1b[200~a paste\x1b[201~\xc3")
    outer.type(b"\xa9d")
    await until(lambda: "d" in app.came)
    assert app.came == ["a", "b", "c", "up", "a paste", "é", "d"]


async def test_escape_alone_is_a_key(started, until):
    app, outer = started
    outer.type(b"\x1b")
    await until(lambda: app.came)
    assert app.came == ["escape"]


async def test_a_terminal_that_takes_nothing_holds_nobody_up_and_misses_nothing(started, until):
    app, outer = started
    asyncio.get_running_loop().remove_reader(outer.descriptor)
    frames = [f"\x1b[H{'x' * 60_000}frame {number}" for number in range(5)]
    for frame in frames:
        app._driver.write(frame)
    outer.type(b"k")
    await until(lambda: app.came == ["k"])
    outer.look()
    await until(lambda: "".join(frames).encode() in outer.received)


@pytest.mark.parametrize("over", [False, True], ids=["board", "dialog"])
async def test_frames_a_terminal_does_not_take_are_let_go_by(started, until, over):
    app, outer = started
    if over:
        app.call_later(app.push_screen, Over())
        await until(lambda: "a question" in outer.terminal.text())
    said, outlet, updates = app.screen.query_one(Static), app._driver._outlet, count()
    asyncio.get_running_loop().remove_reader(outer.descriptor)

    def change() -> int:
        said.update("\n".join(str(next(updates) % 10) * 80 for _ in range(24)))
        return outlet.waiting

    await until(lambda: change() > MOST_WAITING, 30)
    enough = next(updates) + 5000
    await until(lambda: change() and next(updates) > enough, 30)
    assert MOST_WAITING < outlet.waiting < MOST_WAITING + 10_000, "some two kilobytes make a frame"
    outer.type(b"k")
    await until(lambda: app.came == ["k"])
    app.call_later(said.update, "the newest of all")
    outer.look()
    await until(lambda: "the newest of all" in outer.terminal.text())


async def test_the_terminal_is_put_back(started, tty, until):
    app, outer = started
    assert not termios.tcgetattr(tty[1])[3] & termios.ICANON
    app.exit()
    await until(lambda: termios.tcgetattr(tty[1])[3] & termios.ICANON)
    await until(lambda: not outer.terminal.modes.alternate_screen)
    assert tty[1] not in asyncio.get_running_loop()._selector.get_map()


async def test_going_on_after_a_stop_nobody_told_of_leaves_nothing_twice(started, tty, until):
    """SIGSTOP cannot be handled: the program learns of it only when it goes on."""
    app, outer = started
    before, cooked = (count_descriptors(tty[1]), count_writers()), app._driver.attrs_before
    for turn in range(1, 4):
        outer.terminal.feed(b"\x1b[2J")
        os.kill(os.getpid(), signal.SIGCONT)
        await until(lambda turn=turn: len(PUSH_KITTY_KEYS.findall(outer.received)) == turn + 1)
        await until(lambda: "it is up" in outer.terminal.text())
    assert outer.received.count(POP_KITTY_KEYS) == 3
    assert app._driver.attrs_before == cooked
    await until(lambda: (count_descriptors(tty[1]), count_writers()) == before)
    outer.type(b"k")
    await until(lambda: app.came == ["k"])


async def test_a_signal_to_go_on_that_comes_while_it_goes_on_waits_for_that(started, tty, until):
    """A terminal that takes nothing keeps the first one for a second, in which the second comes."""
    app, outer = started
    before = count_descriptors(tty[1]), count_writers()
    asyncio.get_running_loop().remove_reader(outer.descriptor)
    app._driver.write("x" * 100_000)
    second = threading.Timer(LAST_WORDS_SECONDS / 5, os.kill, (os.getpid(), signal.SIGCONT))
    second.start()
    os.kill(os.getpid(), signal.SIGCONT)
    await until(lambda: not second.is_alive())
    await asyncio.sleep(0)  # what the signal has asked the event loop for is done
    outer.look()
    await until(lambda: (count_descriptors(tty[1]), count_writers()) == before)
    outer.type(b"k")
    await until(lambda: app.came == ["k"])


async def test_a_terminal_that_has_gone_is_read_no_more_and_the_app_leaves(started, tty, until):
    app, outer = started
    loop = asyncio.get_running_loop()
    loop.remove_reader(outer.descriptor)
    assert tty[1] in loop._selector.get_map()
    os.close(outer.descriptor)
    await until(lambda: tty[1] not in loop._selector.get_map())
    await until(lambda: not app.is_running)
