"""Rows of panes past Textual's compositor, and keys past its queues, in a terminal that really shows them."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.containers import Vertical
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.tui.direct import show
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.short_way import ShortWay
from maestro_tui.tui.widgets.terminal_pane import TerminalPane
from tests.tui.outer import COLUMNS, ROWS, Outer, Over


class Asked(ModalScreen[None]):
    """What a key after the prefix opens."""

    def compose(self):
        with Vertical():
            yield Static("asked for")


class PaneApp(App[None]):
    """One pane beside something else; keys take the short way. composed: how often Textual composed."""

    CSS = """
    Screen { layout: horizontal; layers: below above; }
    #beside { width: 10; }
    #note { layer: above; dock: right; width: 8; height: 2; display: none; }
    """

    def __init__(self, program) -> None:
        super().__init__(driver_class=Outer)
        self.program = program
        self.short_way: ShortWay | None = None
        self.short = 0

    def compose(self):
        yield Static("beside", id="beside")
        yield Static("a note", id="note")
        frames = FrameScheduler(lambda sequences: show(self, sequences))
        self.pane = TerminalPane(self.program, frames=frames, act=self.act)
        self.program.on_output, self.program.on_exit = self.pane.output_arrived, self.pane.program_ended
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()
        self.short_way = ShortWay(self)

    def act(self, chosen) -> None:
        """Whatever is asked for after the prefix: a screen that is composed of several widgets."""
        self.push_screen(Asked())

    def post_message(self, message) -> bool:
        way = self.short_way
        if way and isinstance(message, Key) and self.focused is self.pane and way.take(message, self.pane):
            self.short += 1
            return True
        return super().post_message(message)

    @property
    def shown(self) -> str:
        """What a person sees."""
        return self._driver.terminal.text()

    def type(self, *keys: str) -> None:
        """Press keys as a terminal's driver does."""
        for key in keys:
            self._driver.process_message(Key(key, key if len(key) == 1 else None))


@pytest.fixture
async def start(run_program, until) -> AsyncIterator[Callable]:
    """A pane on a shell command that says "up" when it is ready, once it has its size and did."""
    tasks = []

    async def run(command: str) -> PaneApp:
        app = PaneApp(run_program("sh", "-c", command))
        tasks.append((app, asyncio.create_task(app.run_async(size=(COLUMNS, ROWS)))))
        await until(lambda: (app.program.terminal.columns, app.program.terminal.rows) == (COLUMNS - 10, ROWS))
        await until(lambda: "up" in app.shown)
        return app

    yield run
    for app, task in tasks:
        app.exit()
        await task


@pytest.fixture
def composed(monkeypatch) -> list[None]:
    """Grows whenever Textual composes the screen."""
    times: list[None] = []
    render = Compositor.render_update
    monkeypatch.setattr(
        Compositor, "render_update", lambda *given, **named: times.append(None) or render(*given, **named)
    )
    return times


async def test_output_is_shown_in_its_place_without_composing(start, composed, until):
    app = await start("stty -echo; echo up; while read word; do echo said $word; done")
    for word in ("while", "all", "begins"):
        app.program.send(f"{word}\n".encode())
        await until(lambda word=word: f"said {word}" in app.shown and "beside" in app.shown)
    before = len(composed)
    for word in ("and", "goes", "on"):
        app.program.send(f"{word}\n".encode())
        await until(lambda word=word: f"said {word}" in app.shown)
    assert app.shown.splitlines()[:2] == ["beside    up", "          said while"]
    assert len(composed) == before


async def test_what_lies_over_the_pane_stays_over_it(start, until):
    app = await start("stty -echo; echo up; while read word; do printf '%50s' $word; done")
    app.call_later(app.push_screen, Over())
    await until(lambda: "a question" in app.shown)
    for letter in b"abcdefghij":
        app.program.send(bytes([letter]) * 50 + b"\n")
    await until(lambda: "jjjjj" in app.shown)
    assert "a question" in app.shown
    app.call_later(app.pop_screen)
    await until(lambda: "a question" not in app.shown)
    assert "e" * 50 in app.shown
    app.query_one("#note").display = True
    await until(lambda: "a note" in app.shown)
    app.program.send(b"\n" + b"k" * 50 + b"\n")
    await until(lambda: "k" * 42 in app.shown)
    assert "a note" in app.shown


async def test_composing_later_changes_nothing(start, until):
    app = await start("stty -echo; echo up; while read word; do echo $word $word; done")
    for word in (b"one\n", b"two\n", b"three\n"):
        app.program.send(word)
    await until(lambda: "three three" in app.shown)
    before = app.shown
    app.query_one("#beside", Static).update("changed")
    app.refresh(layout=True)
    await until(lambda: "changed" in app.shown)
    assert app.shown.replace("changed", "beside ").splitlines()[1:] == before.splitlines()[1:]


async def test_keys_arrive_in_the_order_they_were_typed(start, until):
    app = await start("stty raw -echo; echo up; exec cat > /dev/null")
    app.type("a", "b", "ctrl+b", "ctrl+b", "c", "d")
    app._driver.process_message(Paste("pasted"))
    app.type("e", "f")
    await until(lambda: app.program.sent.endswith(b"f"))
    assert app.program.sent == b"ab\x02cdpastedef"
    assert app.short >= 2


async def test_a_key_for_a_pane_at_rest_takes_the_short_way(start, until):
    app = await start("stty raw -echo; echo up; exec cat > /dev/null")
    await until(lambda: not app.message_queue_size and not app.pane.message_queue_size)
    app.type("a", "enter", "up")
    await until(lambda: app.program.sent == b"a\r\x1b[A")
    assert app.short == 3


async def test_a_key_after_the_prefix_takes_it_too_and_may_open_a_screen(start, until):
    app = await start("stty raw -echo; echo up; exec cat > /dev/null")
    await until(lambda: not app.message_queue_size and not app.pane.message_queue_size)
    app.type("ctrl+b", "n")
    assert app.short == 2
    await until(lambda: "asked for" in app.shown)


async def test_no_key_overtakes_a_paste_however_soon_after_it_comes(start, until):
    app = await start("stty raw -echo; echo up; exec cat > /dev/null")
    for turns in range(30):
        await until(lambda: not app.message_queue_size and not app.pane.message_queue_size)
        app._driver.process_message(Paste(f"<{turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        app.type(">")
        await until(lambda turns=turns: app.program.sent.count(b">") == turns + 1)
    assert app.program.sent == b"".join(b"<%d>" % turns for turns in range(30))
