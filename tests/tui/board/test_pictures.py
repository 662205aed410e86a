"""What the screens look like. Fixed size, clock, theme and data; one Python version owns the pictures."""

import sys

import pytest

from maestro_tui.config.settings import Settings, UiSettings

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the pictures belong to Python 3.11")

WIDE, NARROW = (160, 45), (80, 24)


@pytest.fixture
def picture(cockpit, snap_compare, monkeypatch):
    """Compares the cockpit, after keys, with its picture."""
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")

    def compare(feed, *, size, theme="maestro-dark", keys=()):
        app = cockpit(feed, settings=Settings(ui=UiSettings(theme=theme)))

        async def still(pilot):
            app.cursor_blink = False
            for blinking in app.screen.query("Input, TextArea"):
                blinking.cursor_blink = False
            await pilot.pause(0.1)

        return snap_compare(app, terminal_size=size, press=keys, run_before=still)

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
        ("spawn", ["s"]),
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


def test_offline(picture, sample):
    sample.connect(phase="offline", attempt=7, retry_at=1_760_000_012_000, queued=2, last_error="refused")
    assert picture(sample, size=(110, 30), theme="maestro-light")
