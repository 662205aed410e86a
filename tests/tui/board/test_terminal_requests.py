"""What programs and pastes ask for is shown first: links, the clipboard, a paste that could run something."""

import pytest
from textual import events
from textual.widgets import OptionList

from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.document import evolve
from maestro_tui.runner.news import Noticed
from maestro_tui.terminal.notices import ClipboardWrite
from maestro_tui.tui.preview import preview
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.screens.links import LinkPicker

SIZE = (160, 45)
RAW = "stty raw -echo; printf '%s'; exec cat > /dev/null"


@pytest.fixture
async def typing(sample, cockpit, terminals, until):
    """Start a cockpit in whose pane a shell script runs and has the keys."""

    async def start(pilot, app, script, shown):
        program = terminals.run("sess_1", "sh", "-c", script)
        await until(lambda: app.board.tabs.active == "sess_1")
        await until(lambda: shown in program.terminal.text())
        await pilot.press("tab")
        await until(lambda: app.focused is app.board.active_pane)
        return program

    return start


def asked(app):
    """What the dialog in sight shows; empty without one."""
    said = app.screen.query(".said") if isinstance(app.screen, Confirm) else ()
    return "\n".join(str(one.render()) for one in said)


def agent_of(sample, agent):
    sample.put(evolve(sample.mirror.sessions["sess_1"], agent=agent))


class TestClipboard:
    async def test_it_is_asked_for_shown_and_then_copied(self, sample, cockpit, terminals, until):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            terminals.run("sess_1", "cat")
            await until(lambda: app.board.tabs.active == "sess_1")
            terminals.tell(Noticed("sess_1", ClipboardWrite("old")))
            terminals.tell(Noticed("sess_1", ClipboardWrite("rm -rf ~\x1b\nsecond")))
            await until(lambda: any("wants to put 16 characters" in note for note in app.said))
            assert app.clipboard == ""
            await pilot.press("tab", "ctrl+b", "y")
            await until(lambda: "rm -rf ~^[" in asked(app))
            await pilot.press("y")
            await until(lambda: app.clipboard == "rm -rf ~\x1b\nsecond")
            await pilot.press("ctrl+b", "y")
            await until(lambda: "No agent wants the clipboard" in app.said)

    async def test_no_means_no(self, sample, cockpit, terminals, until):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE) as pilot:
            terminals.run("sess_1", "cat")
            await until(lambda: app.board.tabs.active == "sess_1")
            terminals.tell(Noticed("sess_1", ClipboardWrite("text")))
            await pilot.press("tab", "ctrl+b", "y")
            await until(lambda: isinstance(app.screen, Confirm))
            await pilot.press("n")
            await until(lambda: not isinstance(app.screen, Confirm))
            assert app.clipboard == ""

    @pytest.mark.parametrize(("policy", "copied"), [("allow", "text"), ("deny", "")])
    async def test_an_agents_settings_decide(self, sample, cockpit, terminals, until, policy, copied):
        agent_of(sample, "mine")
        settings = Settings(agents={"mine": AgentProfile(command=("x",), clipboard=policy)})
        app = cockpit(sample, terminals=terminals, settings=settings)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            terminals.run("sess_1", "cat")
            await until(lambda: app.board.tabs.active == "sess_1")
            terminals.tell(Noticed("sess_1", ClipboardWrite("text")))
            await pilot.pause()
            await until(lambda: app.clipboard == copied)
            assert not any("wants" in note for note in app.said)

    async def test_what_a_closed_terminal_wanted_is_forgotten(self, sample, cockpit, terminals, until):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE):
            terminals.run("sess_1", "cat")
            await until(lambda: app.board.tabs.active == "sess_1")
            app.board.clipboard_asked("sess_1", "text")
            app.board.drop_terminal("sess_1")
            app.board.action_pane_clipboard()
            assert not isinstance(app.screen, Confirm)


class TestPaste:
    async def test_lines_that_would_run_are_shown_first(self, sample, cockpit, terminals, until, typing):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE) as pilot:
            program = await typing(pilot, app, RAW % "up", "up")
            app.board.active_pane.post_message(events.Paste("one\ntwo"))
            await until(lambda: "one\ntwo" in asked(app))
            await pilot.press("escape")
            await until(lambda: not isinstance(app.screen, Confirm))
            assert program.sent == b""
            app.board.active_pane.post_message(events.Paste("one\rtwo"))  # as tmux and xterm write it
            await until(lambda: isinstance(app.screen, Confirm))
            assert "2 lines" in str(app.screen.heading)
            await pilot.press("y")
            await until(lambda: program.sent == b"one\rtwo")

    @pytest.mark.parametrize(("mode", "text"), [("up", "one line"), ("\\033[?2004hup", "two\nlines")])
    async def test_a_harmless_paste_is_not_asked_about(
        self, sample, cockpit, terminals, until, typing, mode, text
    ):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE) as pilot:
            program = await typing(pilot, app, RAW.replace("%s", mode), "up")
            app.board.active_pane.post_message(events.Paste(text))
            await until(lambda: text.encode() in program.sent)
            assert not isinstance(app.screen, Confirm)


class TestLinks:
    SCRIPT = "printf 'see https://example.org/a and \\033]8;;file:///tmp/x%%20y\\007file\\033]8;;\\007'; exec cat"

    async def test_the_list_shows_where_they_lead_and_opens_one(
        self, sample, cockpit, terminals, until, typing, monkeypatch
    ):
        app, opened = cockpit(sample, terminals=terminals), []
        monkeypatch.setattr(app, "open_url", opened.append)
        async with app.run_test(size=SIZE) as pilot:
            await typing(pilot, app, self.SCRIPT, "file")
            await pilot.press("ctrl+b", "u")
            await until(lambda: isinstance(app.screen, LinkPicker))
            options = app.screen.query_one(OptionList)
            assert [str(option.prompt) for option in options.options] == ["https://example.org/a", "/tmp/x y"]
            await pilot.press("enter")
            await until(lambda: app.clipboard == "/tmp/x y")
            assert opened == []
            await pilot.press("ctrl+b", "u", "up", "enter")
            await until(lambda: opened == ["https://example.org/a"])

    async def test_nothing_to_open_is_said(self, sample, cockpit, terminals, until, typing):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await typing(pilot, app, "printf up; exec cat", "up")
            await pilot.press("ctrl+b", "u", "ctrl+b", "left_parenthesis", "ctrl+b", "c")
            await until(lambda: len(app.said) == 3)
            assert "There is no link in sight" in app.said


MARKED = """
prompt() { printf '\\033]133;A\\007$ \\033]133;B\\007%s\\n\\033]133;C\\007' "$1"; }
for word in one two; do prompt "$word"; i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "$word $i"; done; done
printf '\\033]133;A\\007$ last'; exec cat
"""


class TestPrompts:
    async def test_going_up_and_copying_what_a_command_wrote(self, sample, cockpit, terminals, until, typing):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE) as pilot:
            await typing(pilot, app, MARKED, "last")
            terminal = app.board.active_pane.terminal
            await pilot.press("ctrl+b", "left_parenthesis")
            await until(lambda: not terminal.viewport.scrollbar.at_bottom)
            bar = terminal.viewport.scrollbar
            await pilot.press("ctrl+b", "left_parenthesis")
            await until(lambda: terminal.viewport.scrollbar.offset < bar.offset)
            await pilot.press("ctrl+b", "right_parenthesis", "ctrl+b", "right_parenthesis")
            await until(lambda: terminal.viewport.scrollbar.at_bottom)
            await pilot.press("ctrl+b", "c")
            await until(lambda: app.clipboard == "\n".join(f"two {number}" for number in range(1, 61)))

    async def test_marked_prompts_need_no_marking(self, sample, cockpit, terminals, until, typing):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await typing(pilot, app, "printf '\\033]133;A\\007$ \\033]133;B\\007up'; exec cat", "up")
            await pilot.press("ctrl+b", "left_parenthesis", "ctrl+b", "c")
            await until(lambda: len(app.said) == 2)
            assert app.said == ["No prompt further up", "No command has written anything yet"]

    async def test_modes_of_a_program_that_died_are_undone(self, sample, cockpit, terminals, until, typing):
        app = cockpit(sample, terminals=terminals)
        async with app.run_test(size=SIZE) as pilot:
            await typing(pilot, app, "printf 'up\\033[?1000;1006;2004h\\033[?25l'; exec cat", "up")
            pane = app.board.active_pane
            await until(lambda: pane.wants_mouse)
            await pilot.press("ctrl+b", "r")
            await until(lambda: not pane.wants_mouse and not pane.terminal.modes.bracketed_paste)


def test_a_preview_shows_what_is_hidden_and_how_much_is_left_out():
    assert preview("a\x1b[31m\x07\r\nb\tc") == "a^[[31m^G\nb\tc"
    long = preview("x" * 500 + "\n" + "line\n" * 99)
    assert long.splitlines()[0] == "x" * 200 + "…"
    assert long.endswith("… and 91 more lines, 996 characters in all")
