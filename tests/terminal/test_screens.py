"""What sequences do to the screen, by mnemonic (ECMA-48, DEC VT510)."""

import re

import pytest

from maestro_tui.terminal.palette import Palette
from maestro_tui.terminal.rows import Mark

CELL = re.compile(r"\x1b\[([0-9;:]*)m|([^\x1b])")
PARAMETER = re.compile(r"[345]8;5;\d+|[345]8;2;\d+;\d+;\d+|[\d:]+")
FILLED = "aaaaa\r\nbbbbb\r\nccccc\r\nddddd"


def styled_cells(row):
    """The cells of a row as (character, parameters in force)."""
    style, cells = (), []
    for parameters, character in CELL.findall(row):
        if character:
            cells.append((character, frozenset(style)))
        else:
            kept = () if parameters.startswith("0") else style
            style = (*kept, *(part for part in PARAMETER.findall(parameters) if part != "0"))
    return cells


@pytest.mark.parametrize(
    ("mnemonic", "data", "expected"),
    [
        ("CUP", "\x1b[2;3Hx", ["", "  x", "", ""]),
        ("CUP clamps", "\x1b[99;99Hx", ["", "", "", "         x"]),
        ("HVP", "\x1b[3;2fx", ["", "", " x", ""]),
        ("CUU CUD CUF CUB", "\x1b[3;3H\x1b[2A\x1b[B\x1b[2C\x1b[Dx", ["", "   x", "", ""]),
        ("CHA VPA", "\x1b[5Gx\x1b[3dy", ["    x", "", "     y", ""]),
        ("CNL CPL", "abc\x1b[2Ex\x1b[Fy", ["abc", "y", "x", ""]),
        ("BS CR LF", "abc\b\bX\rY\nz", ["YXc", " z", "", ""]),
        ("HT TBC", "\tx\x1b[3g\r\ty", ["        xy", "", "", ""]),
        ("DECSC DECRC", "\x1b[2;2H\x1b7\x1b[H\x1b8x", ["", " x", "", ""]),
        ("ED below", FILLED + "\x1b[2;3H\x1b[J", ["aaaaa", "bb", "", ""]),
        ("ED above", FILLED + "\x1b[2;3H\x1b[1J", ["", "   bb", "ccccc", "ddddd"]),
        ("ED all", FILLED + "\x1b[2J", ["", "", "", ""]),
        ("EL right", FILLED + "\x1b[2;3H\x1b[K", ["aaaaa", "bb", "ccccc", "ddddd"]),
        ("EL left", FILLED + "\x1b[2;3H\x1b[1K", ["aaaaa", "   bb", "ccccc", "ddddd"]),
        ("EL line", FILLED + "\x1b[2;3H\x1b[2K", ["aaaaa", "", "ccccc", "ddddd"]),
        ("ECH", FILLED + "\x1b[2;2H\x1b[2X", ["aaaaa", "b  bb", "ccccc", "ddddd"]),
        ("ICH", "abc\x1b[2G\x1b[2@", ["a  bc", "", "", ""]),
        ("DCH", "abcdef\x1b[2G\x1b[2P", ["adef", "", "", ""]),
        ("IRM", "abc\x1b[2G\x1b[4hX\x1b[4lY", ["aXYc", "", "", ""]),
        ("REP", "ab\x1b[3b", ["abbbb", "", "", ""]),
        ("IL", FILLED + "\x1b[2;1H\x1b[L", ["aaaaa", "", "bbbbb", "ccccc"]),
        ("DL", FILLED + "\x1b[2;1H\x1b[M", ["aaaaa", "ccccc", "ddddd", ""]),
        ("SU", FILLED + "\x1b[2S", ["ccccc", "ddddd", "", ""]),
        ("SD", FILLED + "\x1b[T", ["", "aaaaa", "bbbbb", "ccccc"]),
        ("RI at the top", FILLED + "\x1b[H\x1bM", ["", "aaaaa", "bbbbb", "ccccc"]),
        ("IND at the bottom", FILLED + "\x1bD", ["bbbbb", "ccccc", "ddddd", ""]),
        ("DECSTBM", FILLED + "\x1b[2;3r\x1b[3;1H\n\nx", ["aaaaa", "", "x", "ddddd"]),
        ("DECOM", FILLED + "\x1b[2;3r\x1b[?6h\x1b[HX", ["aaaaa", "Xbbbb", "ccccc", "ddddd"]),
        ("DECLRMM", FILLED + "\x1b[?69h\x1b[2;3s\x1b[1;2H\x1b[M", ["abbaa", "bccbb", "cddcc", "d  dd"]),
        ("DECAWM on", "0123456789ab", ["0123456789", "ab", "", ""]),
        ("DECAWM off", "\x1b[?7l0123456789ab", ["012345678b", "", "", ""]),
        ("wrap is pending at the edge", "0123456789\rX", ["X123456789", "", "", ""]),
        ("DECALN", "\x1b#8", ["E" * 10] * 4),
        ("line drawing", "\x1b(0lqk\x1b(Bq", ["┌─┐q", "", "", ""]),
        ("alternate screen", "main\x1b[?1049halt\x1b[?1049l!", ["main!", "", "", ""]),
        ("RIS", FILLED + "\x1bcx", ["x", "", "", ""]),
    ],
    ids=lambda value: value if isinstance(value, str) and value[0] not in "\x1ba0" else "",
)
def test_a_sequence_changes_the_screen(screen, mnemonic, data, expected):
    assert screen(10, 4, data).lines() == expected


def test_wide_characters_take_two_columns_and_move_to_the_next_line_whole(screen):
    shown = screen(5, 3, "漢字漢")
    assert shown.lines() == ["漢字", "漢", ""]
    assert shown.terminal.cursor().x == 2


def test_half_a_wide_character_is_never_left_behind(screen):
    assert screen(6, 1, "漢字\x1b[2Gx").lines() == [" x字"]


@pytest.mark.parametrize("cluster", ["e\u0301", "👨‍👩‍👧", "❤️", "🇩🇪", "ที่"])
def test_a_cluster_is_drawn_whole_and_cannot_push_its_neighbours(screen, cluster):
    shown = screen(10, 1, f"a{cluster}b")
    assert shown.lines() == [f"a{cluster}b"]
    assert "\x1b8" in shown.painted()[0]


def test_colours_and_attributes_reach_the_row(screen):
    row = screen(12, 1, "\x1b[1;3;4:3;9;53;58;2;1;2;3;38;5;200;48;2;9;8;7mx").painted()[0]
    for part in ("1", "3", "4:3", "9", "53", "58;2;1;2;3", "38;5;200", "48;2;9;8;7"):
        assert f"\x1b[{part}m" in row


@pytest.mark.parametrize(
    "data", ["\x1b[31mx\x1b[5Cy", "\x1b[7m \x1b[0m \x1b[4mz", "x\x1b[3CX", "\x1b[1;34mab\x1b[0;42mc"]
)
def test_both_ways_to_write_a_row_agree(screen, data):
    """A hyperlink far right sends the row the exact way; the text left of it stays the same."""
    plainly = screen(30, 1, data).painted()[0]
    exactly = screen(30, 1, data + "\x1b[0m\x1b[29G\x1b]8;;http://x\x07l\x1b]8;;\x07").painted()[0]
    assert styled_cells(plainly)[:20] == styled_cells(exactly)[:20]


def test_a_hyperlink_is_shown_as_text_alone(screen):
    assert screen(10, 1, "\x1b]8;;http://evil\x07link\x1b]8;;\x07").painted()[0] == "link      "


def test_only_changed_rows_are_told(screen):
    shown = screen(10, 4, FILLED)
    shown.painted()
    shown.feed("\x1b[2;1Hx").painted()
    shown.feed("y")
    assert [y for y, _ in shown.terminal.changed_rows()] == [1]
    assert list(shown.terminal.changed_rows()) == []


def test_every_row_is_as_wide_as_the_terminal(screen):
    for data in ("", "x", "漢", "\x1b[41m\x1b[2J", "❤️\x1b[31m\x1b[4Cx", "\x1b]8;;a:b\x07x"):
        shown = screen(7, 3, data)
        assert [row.width for _, row in shown.terminal.changed_rows()] == [7, 7, 7]


def test_the_cursor_is_told_where_it_is_seen(screen):
    shown = screen(10, 4, "ab\x1b[4 q")
    shown.painted()
    assert shown.terminal.cursor()[:3] == (2, 0, "underline")
    shown.feed("\x1b[?25l").painted()
    assert shown.terminal.cursor() is None


def test_the_cursor_is_drawn_on_its_cell_alone(screen):
    terminal = screen(6, 1, "abc\x1b[2G").terminal
    list(terminal.changed_rows())
    row = terminal.marked_row(0, (terminal.cursor_mark(terminal.cursor()),))
    assert row.text == "a\x1b[0;7mb\x1b[0mc   "


@pytest.mark.parametrize("far", ["", "\x1b[29G\x1b]8;;http://x\x07l\x1b]8;;\x07"], ids=["plainly", "exactly"])
def test_no_sequence_is_longer_than_tmux_takes(screen, far):
    """tmux drops a sequence with more than 63 characters of parameters: a cursor or a match would not be seen."""
    loud = "\x1b[1;2;3;4:3;5;7;9;38;2;111;122;133;48;2;144;155;166;58;2;177;188;199mloud"
    palette = Palette((213, 217, 224), (119, 122, 127), tuple((100 + i, 110 + i, 120 + i) for i in range(16)))
    terminal = screen(30, 1, f"plain {loud}\x1b[0m{far}\x1b[8G", palette=palette).terminal
    painted = [row.text for _, row in terminal.changed_rows()]
    painted.append(terminal.marked_row(0, (terminal.cursor_mark(terminal.cursor()),)).text)
    terminal.selection.between((0, 0), (20, 0))
    painted += [row.text for _, row in terminal.changed_rows()]
    assert len(painted) == 3
    assert max(len(parameters) for row in painted for parameters in re.findall(r"\x1b\[([\d;:]*)m", row)) <= 63


def test_a_mark_takes_the_place_of_the_colours_below_it(screen):
    terminal = screen(3, 1, "\x1b[1;31;42mabc\x1b[2G").terminal
    list(terminal.changed_rows())
    row = terminal.marked_row(0, (Mark(1, 2, "27;38;2;1;2;3;48;2;4;5;6"),))
    assert row.text.split("b")[0].endswith("a\x1b[0;1;27;38;2;1;2;3;48;2;4;5;6m")


def test_a_synchronized_update_holds_the_frame(screen):
    shown = screen(10, 2, "\x1b[?2026hx")
    assert shown.terminal.held
    assert not shown.feed("\x1b[?2026l").terminal.held


class TestScrollback:
    def test_rows_that_left_the_screen_are_kept(self, screen):
        shown = screen(10, 3, "\r\n".join(map(str, range(100))))
        terminal = shown.terminal
        assert terminal.viewport.scrollbar == (100, 97, 3)
        terminal.viewport.scroll(-10)
        assert shown.lines() == ["87", "88", "89"]
        terminal.viewport.to_top()
        assert shown.lines() == ["0", "1", "2"]
        terminal.viewport.to_bottom()
        assert shown.lines() == ["97", "98", "99"]

    def test_what_is_shown_stays_while_more_arrives(self, screen):
        shown = screen(10, 3, "\r\n".join(map(str, range(100))))
        shown.terminal.viewport.scroll(-10)
        shown.feed("\r\n100\r\n101")
        assert shown.lines() == ["87", "88", "89"]
        assert not shown.terminal.viewport.scrollbar.at_bottom

    def test_thousands_of_lines_are_kept_and_memory_is_bounded(self, screen):
        terminal = screen(80, 24, scrollback_lines=5000).terminal
        for _ in range(20):
            terminal.feed(b"a line of a log\r\n" * 1000)
        assert 4000 <= terminal.viewport.scrollbar.total <= 8000

    def test_none_is_kept_when_none_is_asked_for(self, screen):
        assert screen(10, 3, "1\r\n2\r\n3\r\n4\r\n5", scrollback_lines=0).terminal.viewport.scrollbar.total == 3


class TestText:
    def test_the_screen_as_text(self, screen):
        assert screen(10, 4, "one\r\n\x1b[31mtwo").terminal.text() == "one\ntwo"

    def test_everything_as_text_joins_wrapped_lines(self, screen):
        assert screen(4, 2, "abcdefgh\r\nx").terminal.all_text() == "abcdefgh\nx"

    @pytest.mark.parametrize(("lines", "expected"), [(1, "9"), (3, "7\n8\n9"), (99, "\n".join("0123456789"))])
    def test_the_last_lines(self, screen, lines, expected):
        assert screen(10, 4, "\r\n".join("0123456789") + "\r\n\r\n").terminal.tail(lines) == expected

    def test_the_last_lines_of_an_empty_terminal(self, screen):
        assert screen(10, 4).terminal.tail(5) == ""


class TestResize:
    @pytest.mark.parametrize("size", [(1, 1), (500, 200), (2, 1), (1, 200), (80, 24)])
    def test_any_size_shows_rows_of_that_size(self, screen, size):
        shown = screen(10, 4, FILLED + " 漢字 ❤️\x1b[31m")
        shown.terminal.resize(*size)
        rows = list(shown.terminal.changed_rows())
        assert [y for y, _ in rows] == list(range(size[1]))
        assert {row.width for _, row in rows} == {size[0]}

    def test_long_lines_are_wrapped_anew(self, screen):
        shown = screen(10, 4, "0123456789abcdef")
        shown.terminal.resize(20, 4)
        assert shown.lines()[0] == "0123456789abcdef"

    def test_absurd_sizes_are_clamped(self, screen):
        terminal = screen(10, 4).terminal
        terminal.resize(0, -3)
        assert (terminal.columns, terminal.rows) == (1, 1)
        terminal.resize(10**9, 10**9)
        assert (terminal.columns, terminal.rows) == (1000, 1000)

    def test_a_storm_of_resizes_keeps_the_text(self, screen):
        shown = screen(40, 10, "the quick brown fox")
        for step in range(200):
            shown.terminal.resize(1 + step * 7 % 90, 1 + step * 5 % 40)
        shown.terminal.resize(40, 10)
        assert shown.terminal.all_text() == "the quick brown fox"


class TestSettling:
    """What a program that died left behind is undone; what is on the screen stays."""

    LEFT = (
        "\x1b[?1;5;6;9;45;66;69;1000;1002;1003;1004;1006;2004;2026;2031;2048h\x1b[?7;25l\x1b[4;20h\x1b[2;3r\x1b[2;5s"
        "\x1b[>5u\x1b[>1u\x1b[31;1m\x1b(0\x1b[6 q"
    )

    def test_modes_are_as_at_the_start(self, screen):
        fresh, left = screen(10, 4), screen(10, 4, "text" + self.LEFT)
        left.terminal.settle()
        left.replies.clear()
        queries = "".join(f"\x1b[?{mode}$p" for mode in range(1, 2100)) + "\x1b[4$p\x1b[20$p\x1b[?u"
        assert left.feed(queries).replies == fresh.feed(queries).replies
        assert left.lines()[0] == "text"
        assert left.terminal.cursor() is not None
        assert left.feed("\rq").lines()[0] == "qext"

    def test_the_alternate_screen_is_left_and_a_cut_sequence_ended(self, screen):
        shown = screen(10, 4, "main\x1b[?1049halt" + self.LEFT + "\x1b]2;unfinished")
        shown.terminal.settle()
        assert shown.feed("!").lines()[0] == "main!"
        assert not shown.terminal.held


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_a_tab_stop_is_cleared_however_it_is_spelled(screen, step):
    for spelling in ("\x1b[g", "\x1b[0g", "\x1b[\x7fg"):
        shown = screen(20, 2).feed(f"\x1b[9G{spelling}\r\tx g[g", step)
        assert shown.lines()[0] == " " * 16 + "x g["


def test_a_tab_stop_is_cleared_by_a_sequence_that_a_snapshot_cut(screen):
    for cut in (1, 2):
        first, second = screen(20, 2).feed("\x1b[9G"), screen(20, 2)
        first.feed("\x1b[g"[:cut])
        second.terminal.restore(first.terminal.snapshot())
        assert second.feed("\x1b[g"[cut:] + "\r\tx").lines()[0] == " " * 16 + "x"


@pytest.mark.parametrize("step", [1, 2, 3, 100])
@pytest.mark.parametrize("parameters", ["3;", ";", "0;", ";;", "38;2;1;2;3;", "1;" * 9, "4:3;"])
def test_an_empty_parameter_at_the_end_means_0(screen, step, parameters):
    shown = screen(20, 1).feed(f"\x1b[1;31ma\x1b[{parameters}mb;m[3;m", step)
    assert shown.painted() == {0: "\x1b[0m\x1b[1m\x1b[38;5;1ma\x1b[0mb;m[3;m" + " " * 12}


@pytest.mark.parametrize("step", [1, 2, 3, 100])
class TestSoftReset:
    """DECSTR, by VT510."""

    def test_modes_margins_and_looks_are_as_new(self, screen, step):
        shown = screen(20, 4).feed("\x1b[?1h\x1b[?7l\x1b[?25l\x1b[4h\x1b[2;3r\x1b(0\x1b[1;31m\x1b[!p", step)
        modes = shown.terminal.modes
        assert not modes.application_cursor_keys
        assert not modes.is_set(4, ansi=True)
        assert modes.is_set(7)
        assert shown.feed("q\x1bP$qr\x1b\\", step).painted()[0] == "q" + " " * 19
        assert shown.terminal.cursor() is not None
        assert shown.replies == [b"\x1bP1$r1;4r\x1b\\"]

    def test_text_cursor_and_other_modes_stay(self, screen, step):
        shown = screen(20, 4, "text\x1b[?2004h\x1b[3;5H").feed("\x1b[!px", step)
        assert shown.lines() == ["text", "", "    x", ""]
        assert shown.terminal.modes.bracketed_paste

    def test_origin_mode_has_no_effect_any_more(self, screen, step):
        shown = screen(20, 4, "\x1b[2;3r\x1b[?6h\x1b[2;5H").feed("\x1b[!px\x1b[1;1Hy", step)
        assert shown.lines() == ["y", "", "    x", ""]


@pytest.mark.parametrize("length", range(250, 264))
def test_endless_parameters_are_read_the_same_however_they_are_cut(screen, length):
    stream = f"\x1b[1;31ma\x1b[{'0' * length};mb"
    whole, cut = screen(20, 1, stream), screen(20, 1).feed(stream, 1)
    assert whole.painted() == cut.painted()


@pytest.mark.parametrize("sequence", ["\x1b[3;m", "\x1b[!p"])
def test_a_style_is_reset_by_a_sequence_that_a_snapshot_cut(screen, sequence):
    for cut in range(1, len(sequence)):
        first, second = screen(20, 1).feed("\x1b[1;31ma"), screen(20, 1)
        first.feed(sequence[:cut])
        second.terminal.restore(first.terminal.snapshot())
        assert second.feed(sequence[cut:] + "b").painted()[0].startswith("\x1b[0m\x1b[1m\x1b[38;5;1ma\x1b[0mb")


def test_a_packed_scrollback_is_as_before(screen):
    terminal = screen(40, 5, "".join(f"\x1b[3{n % 8}mline {n} 漢\x1b[0m\r\n" for n in range(9000))).terminal
    before = terminal.all_text()
    while terminal.pack():
        pass
    assert terminal.lines.texts(100, 2) == ["line 100 漢", "line 101 漢"]
    assert terminal.all_text() == before
    terminal.viewport.to_top()
    rows = [row.text for _, row in terminal.changed_rows()]
    assert "line 0 漢" in rows[0]
    assert "\x1b[" in rows[1]
    counted = terminal.scrolled_rows
    terminal.feed(b"\r\n" * 100)
    assert terminal.scrolled_rows > counted
