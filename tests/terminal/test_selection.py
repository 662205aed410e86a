"""Selecting and following what is in a terminal."""

import sys
from collections import Counter

import pytest

from maestro_tui.terminal.links import is_openable, local_file
from maestro_tui.terminal.palette import Palette

PALETTE = Palette((220, 220, 220), (16, 16, 16), ((0, 0, 0),) * 16)
TEXT = "hello big world\r\nsecond line\r\nsee https://example.org/a?b=1, or \x1b]8;;http://link.org\x07here\x1b]8;;\x07"


@pytest.fixture
def terminal(screen):
    return screen(40, 4, TEXT).terminal


class TestSelection:
    def test_from_one_cell_to_another(self, terminal):
        terminal.selection.begin(6, 0)
        terminal.selection.extend(5, 1)
        assert terminal.selection.text() == "big world\nsecond"

    def test_backwards_is_the_same(self, terminal):
        terminal.selection.begin(5, 1)
        terminal.selection.extend(6, 0)
        assert terminal.selection.text() == "big world\nsecond"

    def test_a_block(self, terminal):
        terminal.selection.begin(0, 0)
        terminal.selection.extend(2, 1, block=True)
        assert terminal.selection.text() == "hel\nsec"

    def test_a_word_and_a_line(self, terminal):
        terminal.selection.word(7, 0)
        assert terminal.selection.text() == "big"
        terminal.selection.line(7, 1)
        assert terminal.selection.text() == "second line"

    def test_a_wrapped_line_is_one(self, screen):
        terminal = screen(10, 4, "0123456789abcdef").terminal
        terminal.selection.line(2, 1)
        assert terminal.selection.text() == "0123456789abcdef"

    def test_it_keeps_its_text_while_the_terminal_scrolls(self, terminal):
        terminal.selection.begin(0, 0)
        terminal.feed(b"\r\n" * 50)
        terminal.viewport.to_top()
        terminal.selection.extend(4, 0)
        assert terminal.selection.text() == "hello"
        terminal.feed(b"\r\n" * 50)
        assert terminal.selection.text() == "hello"

    def test_it_is_shown_and_goes_away(self, screen):
        shown = screen(12, 2, "hello world", palette=PALETTE)
        shown.painted()
        shown.terminal.selection.word(1, 0)
        assert "27;38;2;16;16;16;48;2;220;220;220mhello\x1b" in shown.painted()[0]
        shown.terminal.selection.clear()
        assert "27;" not in shown.painted()[0]
        assert shown.terminal.selection.text() == ""

    @pytest.mark.parametrize("place", [(-5, -5), (999, 999), (39, 3)])
    def test_places_outside_are_the_nearest_cell(self, terminal, place):
        terminal.selection.begin(*place)
        terminal.selection.extend(*place)
        terminal.selection.word(*place)
        terminal.selection.line(*place)


class TestLinks:
    def test_a_hyperlink_and_a_written_address(self, terminal):
        list(terminal.changed_rows())
        assert terminal.link_at(35, 2) == "http://link.org"
        assert terminal.link_at(10, 2) == "https://example.org/a?b=1"
        assert terminal.link_at(1, 2) is None
        assert terminal.link_at(99, 99) is None

    @pytest.mark.attack(78)
    @pytest.mark.parametrize(
        "target",
        ["javascript:alert(1)", "file:///etc/passwd", "ssh://x", "http://", "http://a\u202eb", "https://[x", "x"],
    )
    def test_other_targets_are_not_offered(self, target):
        assert not is_openable(target)

    def test_an_address_wrapped_into_several_rows_is_one(self, screen):
        shown = screen(20, 5, "see https://example.org/a/long/path/that/wraps?x=1 or")
        shown.painted()
        for place in [(4, 0), (0, 1), (8, 2)]:
            assert shown.terminal.link_at(*place) == "https://example.org/a/long/path/that/wraps?x=1"
        assert shown.terminal.link_at(0, 0) is None
        assert shown.terminal.link_at(11, 2) is None

    @pytest.mark.parametrize(
        ("text", "target"),
        [
            ("http://e.org/a_(b) x", "http://e.org/a_(b)"),
            ("(http://e.org/a_(b))", "http://e.org/a_(b)"),
            ("(see http://e.org/a)", "http://e.org/a"),
            ("http://e.org/a).", "http://e.org/a"),
        ],
    )
    def test_a_bracket_belongs_to_the_address_that_opened_it(self, screen, text, target):
        shown = screen(40, 1, text)
        shown.painted()
        assert shown.terminal.links() == (target,)
        last = text.index(target) + len(target) - 1
        assert shown.terminal.link_at(last, 0) == target
        assert shown.terminal.link_at(last + 1, 0) is None

    def test_all_addresses_in_sight_are_listed_once_from_the_top(self, screen):
        shown = screen(40, 5, TEXT + "\r\nhttps://example.org/a?b=1 http://z.org javascript:alert(1)")
        shown.painted()
        assert shown.terminal.links() == ("https://example.org/a?b=1", "http://link.org", "http://z.org")

    @pytest.mark.parametrize(
        ("target", "path"),
        [
            ("file:///tmp/a%20b.txt", "/tmp/a b.txt"),
            ("file://localhost/etc/hosts", "/etc/hosts"),
            ("file://elsewhere/etc/hosts", None),
            ("file:relative", None),
            ("file:///a%0Ab", None),
            ("file:///a%1bb", None),
            ("https://example.org", None),
            ("file://[x", None),
        ],
    )
    def test_a_link_to_a_file_of_this_machine_is_a_path(self, target, path):
        assert local_file(target) == path


PROMPT, INPUT, OUTPUT, DONE = (f"\x1b]133;{mark}\x07" for mark in ("A", "B", "C", "D;0"))


def command(typed: str, written: str) -> str:
    return f"{PROMPT}$ {INPUT}{typed}\r\n{OUTPUT}{written}{DONE}"


class TestPrompts:
    """Marked by the shell (OSC 133)."""

    @pytest.fixture
    def shell(self, screen):
        numbers = "\r\n".join(map(str, range(50))) + "\r\n"
        return screen(
            20, 5, command("seq", numbers) + command("true", "") + command("ls", "a\r\nb\r\n") + PROMPT + "$ "
        )

    def test_one_is_gone_to_after_the_other(self, screen):
        lines = "line\r\n" * 10
        shown = screen(20, 5, command("one", lines) + command("two", lines) + command("three", lines) + PROMPT)
        terminal, tops = shown.terminal, []
        while terminal.viewport.to_prompt(older=True):
            tops.append(shown.lines()[0])
        assert tops == ["$ three", "$ two", "$ one"]
        while terminal.viewport.to_prompt(older=False):
            tops.append(shown.lines()[0])
        assert tops[3:5] == ["$ two", "$ three"]
        assert terminal.viewport.scrollbar.at_bottom

    def test_what_the_newest_command_wrote_is_selected(self, shell):
        assert shell.terminal.prompts.select_last_output()
        assert shell.terminal.selection.text() == "a\nb"

    def test_what_a_running_command_has_written_so_far_is_selected(self, shell):
        shell.feed(f"{INPUT}make\r\n{OUTPUT}compiling\r\nlinking")
        assert shell.terminal.prompts.select_last_output()
        assert shell.terminal.selection.text() == "compiling\nlinking"

    def test_what_the_command_in_sight_wrote_is_selected_whole(self, shell):
        shell.terminal.viewport.to_top()
        assert shell.terminal.prompts.select_output(0, 3)
        assert shell.terminal.selection.text() == "\n".join(map(str, range(50)))

    @pytest.mark.parametrize("x", [0, 2, 19])
    def test_on_a_prompt_it_is_what_its_command_wrote(self, shell, x):
        assert shell.terminal.prompts.select_output(x, 1)
        assert shell.terminal.selection.text() == "a\nb"
        assert not shell.terminal.prompts.select_output(x, 0)  # `true` wrote nothing
        assert not shell.terminal.prompts.select_output(x, 4)

    def test_without_marks_there_is_nothing_to_go_to_or_select(self, screen):
        terminal = screen(20, 3, "$ ls\r\na\r\nb\r\n$ ls\r\nc").terminal
        assert not terminal.viewport.to_prompt(older=True)
        assert not terminal.viewport.to_prompt(older=False)
        assert not terminal.prompts.select_last_output()
        assert not terminal.prompts.select_output(0, 0)

    def test_a_mark_that_comes_in_pieces_is_one(self, screen):
        terminal = screen(20, 3, "").terminal
        for byte in command("ls", "a\r\nb\r\n").encode():
            terminal.feed(bytes([byte]))
        assert terminal.prompts.exist
        assert terminal.prompts.select_last_output()
        assert terminal.selection.text() == "a\nb"

    def test_those_of_a_snapshot_are_found_until_they_are_gone(self, shell, screen):
        other = screen(20, 5, "").terminal
        other.restore(shell.terminal.snapshot())
        assert other.viewport.to_prompt(older=True)
        other.viewport.to_bottom()
        other.feed(b"\x1b[H\x1b[2J")
        other.clear_scrollback()
        assert not other.prompts.exist
        other.feed((command("ls", "new\r\n") + PROMPT).encode())
        assert other.prompts.select_last_output()
        assert other.selection.text() == "new"

    @pytest.mark.parametrize("marked", ["", PROMPT + "$ "], ids=["unmarked", "one below all of it"])
    def test_a_long_scrollback_without_them_is_not_gone_through_row_by_row(self, screen, marked):
        terminal = screen(20, 5, "line\r\n" * 5000 + marked).terminal
        terminal.viewport.to_top()
        calls = Counter()
        sys.setprofile(lambda frame, event, argument: calls.update([event]))
        try:
            found = (
                terminal.prompts.select_last_output()
                or terminal.prompts.select_output(0, 0)
                or terminal.viewport.to_prompt(older=True)
            )
            known = terminal.prompts.exist
        finally:
            sys.setprofile(None)
        assert not found
        assert known is bool(marked)
        assert 0 < calls["call"] < 500
