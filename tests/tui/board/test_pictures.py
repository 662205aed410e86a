"""What the screens look like. Fixed size, clock, theme and data; one Python version owns the pictures."""

import sys

import pytest
from textual.widgets import Input, Static, TextArea

from maestro_tui.config.settings import Settings, UiSettings
from maestro_tui.domain.activity import Activity, Evidence
from maestro_tui.domain.document import evolve
from maestro_tui.domain.session import Lease
from maestro_tui.domain.status import ActivityState, Need
from maestro_tui.tui import outage
from maestro_tui.tui.feed import FRAME_SECONDS
from maestro_tui.tui.layout import Layout, PaneTab
from maestro_tui.tui.memory import Memory
from maestro_tui.tui.split_tree import Axis, Split

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the pictures belong to Python 3.11")

WIDE, NARROW = (160, 45), (80, 24)
NOW = 1_760_000_000_000
STEADY_CURSOR = "\x1b[2 q"
BUILD = STEADY_CURSOR + "".join(
    f"\x1b[32m ok\x1b[0m checkout/{number:02d}  price rules\r\n" for number in range(1, 61)
)

STANDING = {"themes", "lookout", "ask"}
"""The groups of workers that run as long as what they belong to."""
NEVER = 3600.0
"""Seconds: toasts neither come nor go while a picture is taken."""


async def stillness(pilot, until):
    """Wait until nothing is asked for any more, and the screen looks the same after another frame."""
    before, now = "", pilot.app.export_screenshot()
    while before != now:
        workers = [worker for worker in pilot.app.workers if worker.group not in STANDING]
        await until(lambda asked=workers: all(worker.is_finished for worker in asked), 30)
        await pilot.pause(FRAME_SECONDS)
        await pilot.pause()  # what the frame brought is taken in and drawn
        before, now = now, pilot.app.export_screenshot()


@pytest.fixture
def picture(cockpit, snap_compare, monkeypatch, tmp_path, until):
    """Compares the cockpit, after keys, with its picture; every agent it knows is installed, as version 2.1.80."""
    for editor in (Input, TextArea):
        monkeypatch.setattr(editor, "cursor_blink", False)
    monkeypatch.setattr(outage, "PATIENCE", NEVER)
    programs = tmp_path / "bin"
    programs.mkdir()
    for agent in ("claude", "codex", "gemini", "opencode", "aider"):
        program = programs / agent
        program.write_text("#!/bin/sh\necho 2.1.80\n")
        program.chmod(0o700)
    monkeypatch.setenv("PATH", str(programs))

    def compare(feed, *, size, theme="maestro-dark", keys=(), steps=None, **options):
        app = cockpit(feed, settings=Settings(ui=UiSettings(theme=theme)), **options)
        app.NOTIFICATION_TIMEOUT = NEVER

        async def pose(pilot):
            await stillness(pilot, until)
            await pilot.press(*keys)
            if steps is not None:
                await steps(app, pilot)
            await stillness(pilot, until)

        return snap_compare(app, terminal_size=size, run_before=pose)

    return compare


@pytest.mark.parametrize("theme", ["maestro-dark", "maestro-light", "high-contrast"])
def test_board_wide(picture, sample, theme):
    assert picture(sample, size=WIDE, theme=theme)


@pytest.mark.parametrize("theme", ["maestro-dark", "maestro-light"])
def test_board_narrow(picture, sample, theme):
    assert picture(sample, size=NARROW, theme=theme)


def test_board_tiny(picture, sample):
    assert picture(sample, size=(20, 5))


def test_empty(picture, feed):
    assert picture(feed, size=(110, 30))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("new-task", ["n"]),
        ("new-project", ["N"]),
        ("block", ["b"]),
        ("delete", ["d"]),
        ("projects", ["p"]),
        ("connection", ["c"]),
        ("help", ["question_mark"]),
        ("session", ["down"] * 7),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_dialogs(picture, sample, name, keys):
    assert picture(sample, size=(110, 34), keys=keys)


def test_spawn_dialog(picture, sample, until):
    async def steps(app, pilot):
        await pilot.press("s")
        await until(lambda: "2.1.80" in str(app.screen.query_one("#preview", Static).render()))

    assert picture(sample, size=(110, 34), steps=steps)


@pytest.mark.parametrize(
    ("name", "keys", "size"),
    [
        ("sessions", ["v"], (110, 34)),
        ("sessions-narrow", ["v", "e"], (80, 24)),
        ("approval", ["w"], (110, 34)),
        ("stop", ["v", "x"], (110, 34)),
        ("paused", ["P"], (110, 34)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sessions(picture, fleet, name, keys, size):
    assert picture(fleet, size=size, keys=keys)


def evidenced(feed):
    """sess_1 wants a permission, and other evidence says otherwise."""
    wish = "Bash: uv run pytest tests/checkout --maxfail 1, which starts a browser and a database of its own"
    since = NOW - 240_000
    evidence = (
        Evidence(source="hook", state="waiting", need=Need.PERMISSION, detail=wish, at=since),
        Evidence(source="output", state="working", detail="writes", at=NOW - 245_000, expires_at=NOW - 200_000),
        Evidence(source="person", state="idle", detail="you said so", at=NOW - 900_000, expires_at=NOW + 60_000),
    )
    waiting = Activity(
        state=ActivityState.WAITING, need=Need.PERMISSION, because=wish, since=since, evidence=evidence
    )
    lease = Lease(runner_id="run_1", fence=1, expires_at=NOW + 60_000)
    feed.put(evolve(feed.mirror.sessions["sess_1"], activity=waiting, lease=lease))
    return feed


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(("name", "keys"), [("why", ["w", "W"]), ("attention", ["A"])], ids=["why", "attention"])
def test_who_waits(picture, sample, name, keys, size):
    assert picture(evidenced(sample), size=size, keys=keys)


def test_split(picture, sample, silent_terminals, tmp_path, until):
    memory = Memory(tmp_path / "cockpit.json")
    panes = Split(Axis.ROW, "sess_1", Split(Axis.COLUMN, "sess_2", "sess_3", 0.5), 0.5)
    memory.layout = Layout((PaneTab(panes, "sess_1"),), 0)
    memory.save()

    async def steps(app, pilot):
        silent_terminals.run("sess_1", BUILD)
        silent_terminals.run("sess_2", STEADY_CURSOR + "May I change the fixture? ")
        silent_terminals.run("sess_3", STEADY_CURSOR + "$ ")
        await until(lambda: app.board.tabs.visible_ids == ("sess_1", "sess_2", "sess_3"))
        await pilot.press("tab")
        await until(lambda: getattr(app.focused, "session_id", "") == "sess_1")

    assert picture(sample, size=WIDE, terminals=silent_terminals, state=tmp_path / "cockpit.json", steps=steps)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_looking_back(picture, sample, silent_terminals, size, until):
    async def steps(app, pilot):
        silent_terminals.run("sess_1", BUILD)
        await until(lambda: app.board.tabs.active == "sess_1")
        await pilot.press("tab")
        await until(lambda: getattr(app.focused, "session_id", "") == "sess_1")
        pane = app.board.tabs.pane("sess_1")
        await pilot.press("ctrl+b", "slash", *"out/5", "enter")
        await until(lambda: pane.copying.told.endswith("10 matches"))
        await pilot.press("v", "k", "k", "e")

    assert picture(sample, size=size, terminals=silent_terminals, steps=steps)


def test_offline(picture, sample):
    sample.connect(phase="offline", attempt=7, retry_at=1_760_000_012_000, queued=2, last_error="refused")
    assert picture(sample, size=(110, 30), theme="maestro-light")
