"""Panes with real programs in them."""

import pytest
from rich.console import Console
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region

from maestro_tui.tui.direct import show
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.prefix import Chosen
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

TRUECOLOR = Console(color_system="truecolor", force_terminal=True, no_color=False)


class PaneApp(App[None]):
    """One pane, and what it asked for."""

    def __init__(self, program) -> None:
        super().__init__()
        self.program, self.chosen, self.links = program, [], []

    def compose(self) -> ComposeResult:
        pane = TerminalPane(
            self.program,
            frames=FrameScheduler(lambda sequences: show(self.app, sequences)),
            act=self.chosen.append,
        )
        self.program.on_output, self.program.on_exit = pane.output_arrived, pane.program_ended
        yield pane

    def on_mount(self) -> None:
        self.pane.focus()

    @property
    def pane(self) -> TerminalPane:
        return self.query_one(TerminalPane)

    def on_terminal_pane_link_chosen(self, event: TerminalPane.LinkChosen) -> None:
        self.links.append(event.target)

    def shown(self) -> str:
        """What is on the screen, a line per row."""
        strips = self.pane.render_lines(self.pane.size.region)
        return "\n".join(strip.text.rstrip() for strip in strips)


async def test_output_is_shown_and_keys_reach_the_program(run_program, until):
    app = PaneApp(run_program("sh", "-c", "printf 'name? '; read name; echo hello $name; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "name?" in app.shown())
        await pilot.press("a", "d", "a", "enter")
        await until(lambda: "hello ada" in app.shown())


async def test_the_program_knows_the_size_and_follows_it(run_program, until):
    app = PaneApp(run_program("sh", "-c", "trap 'stty size' WINCH; echo up; while :; do read x; stty size; done"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "up" in app.shown())
        await pilot.press("enter")
        await until(lambda: "10 40" in app.shown())
        await pilot.resize_terminal(60, 15)
        await until(lambda: "15 60" in app.shown())
        assert (app.program.terminal.columns, app.program.terminal.rows) == (60, 15)


async def test_keys_the_cockpit_could_want_are_the_programs(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; echo up; exec cat > /dev/null"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "up" in app.shown())
        await pilot.press("ctrl+c", "ctrl+v", "ctrl+d", "escape", "tab", "shift+tab", "up", "q")
        await until(lambda: app.program.sent == b"\x03\x16\x04\x1b\t\x1b[Z\x1b[Aq")
        assert app.focused is app.pane


async def test_the_prefix_chooses_actions_and_twice_is_sent(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; exec cat > /dev/null"))
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.press("ctrl+b")
        await until(lambda: "next" in app.shown().splitlines()[-1])
        await pilot.press("n", "ctrl+b", "ctrl+b", "ctrl+b", "f9", "x")
        await until(lambda: app.chosen == [Chosen("pane.next")] and app.program.sent == b"\x02x")


async def test_a_paste_is_marked_where_the_program_asked(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; printf '\\033[?2004hup'; exec cat > /dev/null"))
    async with app.run_test(size=(40, 10)):
        await until(lambda: "up" in app.shown())
        app.pane.post_message(events.Paste("two\nlines\x1b[201~"))
        await until(lambda: b"\x1b[201~" in app.program.sent)
        assert app.program.sent.startswith(b"\x1b[200~two\nlines")


async def test_the_cursor_is_drawn_only_in_the_focused_pane(run_program, until):
    app = PaneApp(run_program("sh", "-c", "printf ab; exec cat"))
    async with app.run_test(size=(20, 4)):
        await until(lambda: "ab" in app.shown())
        cursor = "27;38;2;16;16;16;48;2;220;220;220m "

        def first_row() -> str:
            return app.pane.render_lines(app.pane.size.region)[0].render(TRUECOLOR)

        await until(lambda: cursor in first_row())
        app.set_focus(None)
        await until(lambda: cursor not in first_row())


async def test_focus_is_told_to_the_program_and_to_who_runs_it(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; printf '\\033[?1004hup'; exec cat > /dev/null"))
    async with app.run_test(size=(20, 4)):
        await until(lambda: "up" in app.shown() and app.program.focused)
        app.set_focus(None)
        await until(lambda: app.program.sent.endswith(b"\x1b[O") and not app.program.focused)
        app.pane.focus()
        await until(lambda: app.program.sent.endswith(b"\x1b[I"))


async def test_colours_come_from_the_palette_of_the_terminal(run_program, until):
    app = PaneApp(run_program("sh", "-c", "printf '\\033[31mred'; exec cat"))
    async with app.run_test(size=(20, 4)):
        await until(lambda: "red" in app.shown())
        assert "38;2;10;5;245" in app.pane.render_lines(app.pane.size.region)[0].render(TRUECOLOR)


def wheel(pane, kind=events.MouseScrollUp, **fields):
    """A turn of the wheel over a pane."""
    told = {"delta_x": 0, "delta_y": 0, "button": 0, "shift": False, "meta": False, "ctrl": False} | fields
    return kind(pane, 4, 2, **told)


async def test_the_wheel_scrolls_back_where_the_program_wants_no_mouse(run_program, until):
    app = PaneApp(run_program("sh", "-c", "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo line $i; done; exec cat"))
    async with app.run_test(size=(40, 10)):
        await until(lambda: "line 50" in app.shown())
        app.pane.post_message(wheel(app.pane))
        await until(lambda: "3 of 41 lines back" in app.shown())
        app.pane.post_message(wheel(app.pane, events.MouseScrollDown))
        await until(lambda: "lines back" not in app.shown())


@pytest.mark.parametrize(
    ("modes", "fields", "sent"),
    [
        ("?1049h", {}, b"\x1b[A" * 3),
        ("?1049;1h", {}, b"\x1bOA" * 3),
        ("?1049;1000;1006h", {}, b"\x1b[<64;5;3M"),
        ("?1049;1000;1006h", {"shift": True}, b"\x1b[A" * 3),
    ],
)
async def test_the_wheel_is_the_programs_on_the_alternate_screen(run_program, until, modes, fields, sent):
    app = PaneApp(run_program("sh", "-c", f"stty raw -echo; printf '\\033[{modes}up'; exec cat > /dev/null"))
    async with app.run_test(size=(40, 10)):
        await until(lambda: "up" in app.shown())
        app.pane.post_message(wheel(app.pane, **fields))
        await until(lambda: app.program.sent == sent)


async def test_scrolling_and_typing_returns(run_program, until):
    app = PaneApp(run_program("sh", "-c", "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo line $i; done; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "line 50" in app.shown())
        app.pane.scroll_lines(-20)
        await until(lambda: "line 50" not in app.shown() and "lines back" in app.shown())
        await pilot.press("x")
        await until(lambda: "line 50" in app.shown() and "lines back" not in app.shown())


async def test_scroll_mode_keeps_keys_from_the_program(run_program, until):
    app = PaneApp(run_program("sh", "-c", "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo line $i; done; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "line 50" in app.shown())
        app.pane.scroll_mode = True
        await pilot.press("g")
        await until(lambda: "line 2\n" in app.shown())
        await pilot.press("x", "j", "pagedown", "k", "G", "g", "ctrl+d", "q")
        await until(lambda: "line 50" in app.shown() and "lines back" not in app.shown())
        assert app.program.sent == b""


async def test_mouse_events_reach_a_program_that_asked(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty raw -echo; printf '\\033[?1000;1006hup'; exec cat > /dev/null"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "up" in app.shown())
        await pilot.click(TerminalPane, offset=(4, 2))
        await until(lambda: app.program.sent == b"\x1b[<0;5;3M\x1b[<0;5;3m")


async def test_the_mouse_selects_and_copies(run_program, until):
    app = PaneApp(run_program("sh", "-c", "echo hello big world; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "hello" in app.shown())
        await pilot.mouse_down(TerminalPane, offset=(6, 0))
        await pilot.hover(TerminalPane, offset=(8, 0))
        await pilot.mouse_up(TerminalPane, offset=(8, 0))
        await until(lambda: app.clipboard == "big")
        await pilot.click(TerminalPane, offset=(12, 0), times=2)
        await until(lambda: app.clipboard == "world")
        assert app.program.sent == b""


async def test_a_link_is_asked_for_not_opened(run_program, until):
    app = PaneApp(run_program("sh", "-c", "echo see https://example.org/x; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "see" in app.shown())
        await pilot.click(TerminalPane, offset=(8, 0), control=True)
        await until(lambda: app.links == ["https://example.org/x"])


async def test_how_a_program_ended_is_said_in_its_pane(run_program, until):
    app = PaneApp(run_program("sh", "-c", "echo last words; exit 3"))
    async with app.run_test(size=(60, 10)) as pilot:
        await until(lambda: "exit status 3" in app.shown())
        assert "last words" in app.shown()
        assert "^b x close  ·  ^b R restart" in app.shown()
        await pilot.press("a")
        assert app.program.sent == b""


async def test_a_pane_that_was_just_taken_away_may_be_asked_for_its_rows(run_program, until):
    app = PaneApp(run_program("sh", "-c", "echo last words; exit 3"))
    async with app.run_test(size=(60, 10)):
        await until(lambda: "exit status 3" in app.shown())
        pane = app.pane
        pane.scroll_mode = True
        await pane.remove()
        assert len(pane.render_lines(Region(0, 0, 60, 10))) == 10


async def test_a_program_that_redraws_in_one_update_is_never_seen_half_way(run_program, until):
    script = (
        "stty -echo; echo up; read x; printf '\\033[?2026hhalf'; sleep 0.02; printf 'whole\\033[?2026l'; exec cat"
    )
    app, seen = PaneApp(run_program("sh", "-c", script)), set()
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "up" in app.shown())
        await pilot.press("enter")
        await until(lambda: seen.add(app.shown().split()[-1]) or "halfwhole" in seen)
    assert "half" not in seen


async def test_a_program_that_never_ends_its_update_is_shown_after_all(run_program, until):
    app = PaneApp(run_program("sh", "-c", "stty -echo; echo up; read x; printf '\\033[?2026hhalf'; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "up" in app.shown())
        await pilot.press("enter")
        await until(lambda: "half" in app.shown())
        assert app.program.terminal.held


async def test_a_tiny_pane_and_a_storm_of_resizes_are_fine(run_program, until):
    app = PaneApp(run_program("sh", "-c", "echo up; exec cat"))
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: "up" in app.shown())
        for size in [(1, 1), (200, 60), (3, 2), (80, 1), (1, 40), (40, 10)]:
            await pilot.resize_terminal(*size)
        await until(lambda: app.pane.size == (40, 10))
        assert len(app.shown().splitlines()) <= 10
        assert "up" in app.program.terminal.all_text()


@pytest.mark.attack(81)
async def test_after_its_program_ended_the_prefix_works_as_before_and_ends_visibly(run_program, until):
    left_on = r"printf '\033[?1003h\033[?1006h\033[?2004h\033[?1h\033[>5u'"
    app = PaneApp(run_program("sh", "-c", f"{left_on}; exit 3"))
    async with app.run_test(size=(60, 10), notifications=True) as pilot:
        await until(lambda: "exit status 3" in app.shown())
        await pilot.press("ctrl+b")
        await until(lambda: "n next" in app.shown())
        await pilot.press("2", "ctrl+b", "n")
        assert app.chosen == [Chosen("pane.tab", 2), Chosen("pane.next")]
        await pilot.press("ctrl+b", "f8")
        await until(lambda: "exit status 3" in app.shown())
        assert [note.message for note in app._notifications] == ["^b f8 does nothing"]
