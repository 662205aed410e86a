"""Text from agents is shown as it stands: never markup, never an escape sequence, never a click."""

from dataclasses import replace

import pytest

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict
from maestro_tui.domain.session import NeedsInput
from maestro_tui.domain.status import SessionStatus
from maestro_tui.tui.narration import describe
from maestro_tui.tui.rows import session_row

HOSTILE = {
    "path": "fix [/etc/passwd] parser",
    "close": "a [/] b",
    "open": "[",
    "backslash": "\\[",
    "click": "[@click=app.quit]ok[/]",
    "link": "[link=file:///etc/passwd]x[/link]",
    "style": "[bold red on white]loud[/]",
    "variable": "[$error]$primary[/]",
    "escape": "\x1b[2J\x1b]0;owned\x07\x1b[31mred",
    "c1": "\x9b2J\x9d0;owned\x9c",
    "bidi": "abc\u202egnp.exe",
    "newline": "one\r\ntwo\nthree",
    "emoji": "[👩‍👩‍👧] 漢字 e\u0301",
    "long": "[" * 400,
}


def screen_text(app):
    """Everything on screen, and a check that no control character is."""
    lines = app.screen._compositor.render_strips()
    text = "\n".join("".join(segment.text for segment in strip if not segment.control) for strip in lines)
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    assert not any(0x7F <= ord(character) < 0xA0 or character == "\u202e" for character in text)
    return text


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def hostile(request):
    return request.param


@pytest.fixture
def poisoned(sample, hostile, make):
    """Every text an agent can set, hostile."""
    mirror = sample.mirror
    mirror.projects["proj_1"] = evolve(mirror.projects["proj_1"], name=hostile, working_dir=hostile)
    for key, task in mirror.tasks.items():
        mirror.tasks[key] = evolve(
            task,
            title=hostile,
            description=hostile,
            reason=hostile,
            subtasks=tuple(evolve(one, title=hostile, description=hostile) for one in task.subtasks),
            timeline=(make.entry("evt_9", 1, hostile, hostile, "sess_1"),),
            dependencies=("task_5", hostile),
        )
    for key, session in mirror.sessions.items():
        asks = NeedsInput(active=True, message=hostile, since=1)
        mirror.sessions[key] = evolve(
            session, name=hostile, reason=hostile, needs_input=asks, cwd=hostile, agent=hostile
        )
    shown = dict.fromkeys(("url", "epoch", "last_error"), hostile)
    sample.connection = replace(sample.connection, history=(hostile,), **shown)
    return sample


async def test_every_widget_and_dialog_shows_it_as_it_stands(poisoned, cockpit, hostile):
    app = cockpit(poisoned, project_id="proj_1")
    async with app.run_test(size=(160, 45)) as pilot:
        visible = hostile.split("\n")[0].strip() if "\x1b" not in hostile else "[31mred"
        if visible.isascii() and len(visible) < 30 and "\r" not in visible:
            assert visible in screen_text(app)
        for key in ("task_1", "task_4"):
            app.board.choose(("task", "", key))
            await pilot.pause()
            screen_text(app)
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.pause()
        screen_text(app)
        for key in ("a", "b", "e", "d", "s", "p", "c"):
            await pilot.press(key)
            await pilot.pause()
            screen_text(app)
            await pilot.press("escape")
        assert app.is_running


async def test_toasts(sample, cockpit, until):
    app = cockpit(sample, notices=[*HOSTILE.values()])
    async with app.run_test(size=(120, 120), notifications=True) as pilot:
        for text in HOSTILE.values():
            app.board.notify(text, title=text)
            app.notify(text, markup=True)
            await pilot.pause()
            screen_text(app)
        app.clear_notifications()
        sample.refuse = Conflict(HOSTILE["click"], suggestion=HOSTILE["escape"])
        await pilot.press("space")
        await until(lambda: HOSTILE["click"] in screen_text(app))


async def test_the_palette_finds_it(sample, cockpit):
    for number, text in enumerate(HOSTILE.values()):
        task = evolve(sample.mirror.tasks["task_3"], id=f"task_9{number}", title=f"find {text}")
        sample.mirror.tasks[task.id] = task
    app = cockpit(sample)
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("colon", *"find")
        await pilot.pause(0.3)
        assert "find [@click=app.quit]ok[/]" in screen_text(app)


async def test_a_click_on_it_does_nothing(sample, cockpit):
    text = "[@click=app.quit]ok[/]"
    sample.mirror.tasks["task_1"] = evolve(sample.mirror.tasks["task_1"], title=text, description=text)
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        for widget in ("TaskTree", "#details-text", "ProjectSwitch"):
            for x in range(2, 26, 3):
                await pilot.click(widget, offset=(x, 0))
                await pilot.press("escape")
        assert app.is_running
        assert text in screen_text(app)


def test_ended_sessions_tell_their_last_output(sample, hostile):
    session = evolve(sample.mirror.sessions["sess_1"], status=SessionStatus.FAILED, output_tail=f"$ {hostile}")
    sample.mirror.sessions["sess_1"] = session
    text = describe(sample.mirror, session_row(session), 0).plain
    assert "last output\n$" in text
    assert "\x1b" not in text


def test_no_widget_of_ours_parses_markup():
    """A Static without markup off, or an f-string into one, would be the way in."""
    from pathlib import Path

    import maestro_tui.tui as room

    sources = {path: path.read_text() for path in Path(room.__path__[0]).rglob("*.py")}
    assert [path.name for path, text in sources.items() if "from_markup" in text or "markup=True" in text] == []
    bare = [
        path.name
        for path, text in sources.items()
        for call in text.split("Static(")[1:]
        if "markup=False" not in call.split("\n\n")[0][:200]
    ]
    assert [name for name in bare if name != "session_tabs.py"] == []
