"""Text from agents is shown as it stands: never markup, never an escape sequence, never a click."""

from dataclasses import replace
from itertools import cycle
from unicodedata import normalize

import pytest

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict
from maestro_tui.domain.session import NeedsInput
from maestro_tui.domain.status import SessionStatus
from maestro_tui.tui.narration import describe
from maestro_tui.tui.rows import session_row, task_row

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


@pytest.fixture(params=range(2), ids=["even", "odd"])
def poisoned(fleet, make, request):
    """Every text an agent can set, hostile: the texts go round, so each stands in many places."""
    mirror, texts = fleet.mirror, cycle([*HOSTILE.values()][request.param :: 2])

    def some(*names):
        return {name: next(texts) for name in names}

    mirror.projects["proj_1"] = evolve(mirror.projects["proj_1"], **some("name", "working_dir"))
    for key, task in mirror.tasks.items():
        mirror.tasks[key] = evolve(
            task,
            subtasks=tuple(evolve(one, **some("title", "description")) for one in task.subtasks),
            timeline=tuple(make.entry(f"evt_{n}", n, next(texts), next(texts), "sess_1") for n in range(9)),
            dependencies=("task_5", next(texts)),
            **some("title", "description", "reason"),
        )
    for key, session in mirror.sessions.items():
        asks = NeedsInput(active=True, message=next(texts), since=1)
        mirror.sessions[key] = evolve(session, needs_input=asks, **some("name", "reason", "cwd", "agent", "model"))
        mirror.sessions[key] = evolve(mirror.sessions[key], metadata={"spawnReason": next(texts)})
    fleet.connection = replace(fleet.connection, history=(next(texts),), **some("url", "epoch", "last_error"))
    return fleet


@pytest.mark.attack(64, 65, 66, 67, 68, 69, 70)
async def test_every_widget_and_dialog_shows_it_as_it_stands(poisoned, cockpit):
    app = cockpit(poisoned, project_id="proj_1")
    async with app.run_test(size=(160, 45)) as pilot:
        for key in poisoned.mirror.tasks:
            app.board.choose(("task", "", key))
            await pilot.pause()
            screen_text(app)
        app.board.choose(("session", "task_1", "sess_1"))
        await pilot.pause()
        screen_text(app)
        for key in "abedspcvxyWAL/":
            await pilot.press(key)
            screen_text(app)
            await pilot.press("escape")
        assert app.is_running


@pytest.mark.parametrize("text", [text for text in HOSTILE.values() if text.isprintable()])
@pytest.mark.attack(66, 67)
def test_titles_are_told_to_the_letter(sample, text):
    task = evolve(sample.mirror.tasks["task_3"], title=text)
    sample.mirror.tasks["task_3"] = task
    told = describe(sample.mirror, task_row(sample.mirror, task), 0).plain
    assert told.startswith(normalize("NFC", text) + "\n")


@pytest.mark.attack(64, 65, 66, 67)
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


@pytest.mark.attack(66, 67)
async def test_the_palette_finds_it(sample, cockpit, until):
    for number, text in enumerate(HOSTILE.values()):
        task = evolve(sample.mirror.tasks["task_3"], id=f"task_9{number}", title=f"find {text}")
        sample.mirror.tasks[task.id] = task
    app = cockpit(sample)
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("colon", *"find")
        await until(lambda: "find [@click=app.quit]ok[/]" in screen_text(app))


@pytest.mark.attack(67)
async def test_a_click_on_it_does_nothing(sample, cockpit):
    text = "[@click=app.quit]ok[/]"
    sample.mirror.tasks["task_1"] = evolve(sample.mirror.tasks["task_1"], title=text, description=text)
    app = cockpit(sample)
    async with app.run_test(size=(120, 36)) as pilot:
        for widget in ("TaskTree", "#details-text", "ProjectSwitch"):
            for x in (3, 9, 20):
                await pilot.click(widget, offset=(x, 0))
                await pilot.press("escape")
        assert app.is_running
        assert text in screen_text(app)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
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
