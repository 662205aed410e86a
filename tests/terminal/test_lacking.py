"""Sequences the engine does not have: titles put aside, DECXCPR, columns moved (VT420, xterm)."""

import pytest

from maestro_tui.terminal.notices import TitleChanged

FILLED = "abcdef\r\nghijkl\r\nmnopqr\r\nstuvwx"
STEPS = pytest.mark.parametrize("step", [1, 2, 3, 100])


@STEPS
@pytest.mark.parametrize("extra", ["", ";", ";0", ";2", ";0;0", ";2;0", ";0;"])
def test_a_title_put_aside_comes_back(screen, step, extra):
    shown = screen().feed(f"\x1b]2;shell\x07\x1b[22{extra}t\x1b]2;editor\x07", step)
    assert shown.terminal.title == "editor"
    shown.feed(f"\x1b[23{extra}t", step)
    assert shown.terminal.title == "shell"
    assert shown.terminal.take_notices() == (TitleChanged("shell"), TitleChanged("editor"), TitleChanged("shell"))


def test_titles_come_back_the_newest_first(screen):
    shown = screen(10, 2, "\x1b]2;one\x07\x1b[22t\x1b]2;two\x07\x1b[22t\x1b]2;three\x07")
    titles = [shown.feed("\x1b[23t").terminal.title for _ in range(3)]
    assert titles == ["two", "one", "one"]  # nothing is left to come back


def test_no_title_comes_back_as_none(screen):
    assert screen(10, 2, "\x1b[22;0;0t\x1b]2;vim\x07\x1b[23;0;0t").terminal.title == ""


@pytest.mark.parametrize("sequence", ["\x1b[22;1t\x1b]2;x\x07\x1b[23;1t", "\x1b]2;x\x07\x1b[23;9t", "\x1b[22;3tx"])
def test_the_title_of_an_icon_is_not_ours(screen, sequence):
    terminal = screen(10, 2, f"\x1b]2;old\x07\x1b[22t{sequence}").terminal
    assert terminal.title in ("x", "old")
    terminal.feed(b"\x1b[23t")
    assert terminal.title == "old"


def test_endlessly_many_titles_are_not_kept(screen):
    shown = screen(10, 2, "".join(f"\x1b]2;{number}\x07\x1b[22t" for number in range(1000)))
    titles = [shown.feed("\x1b[23t").terminal.title for _ in range(12)]
    assert titles == [*(str(number) for number in range(999, 989, -1)), "990", "990"]


def test_titles_put_aside_survive_a_snapshot_and_not_a_reset(screen):
    first, second = screen(10, 2, "\x1b]2;shell ✓\x07\x1b[22t\x1b]2;vim\x07"), screen(10, 2)
    second.terminal.restore(first.terminal.snapshot())
    assert second.feed("\x1b[23t").terminal.title == "shell ✓"
    first.terminal.reset()
    assert first.feed("\x1b]2;new\x07\x1b[23t").terminal.title == "new"


@STEPS
def test_the_extended_cursor_report_tells_the_page(screen, step):
    assert screen().feed("\x1b[2;3H\x1b[?6n", step).replies == [b"\x1b[?2;3;1R"]


def test_the_extended_cursor_report_counts_from_the_margins_in_origin_mode(screen):
    assert screen(10, 4, "\x1b[2;3r\x1b[?6h\x1b[2;5H\x1b[?6n").replies == [b"\x1b[?2;5;1R"]


def test_a_viewer_that_does_not_own_the_session_reports_no_cursor(screen):
    shown = screen(10, 4)
    shown.terminal.on_reply = None
    assert shown.feed("\x1b[?6n\x1b6").replies == []


@STEPS
@pytest.mark.parametrize(
    ("mnemonic", "data", "expected"),
    [
        ("SL", "\x1b[2 @", ["cdef", "ijkl", "opqr", "uvwx"]),
        ("SL without a parameter", "\x1b[ @", ["bcdef", "hijkl", "nopqr", "tuvwx"]),
        ("SL 0", "\x1b[0 @", ["bcdef", "hijkl", "nopqr", "tuvwx"]),
        ("SL beyond the edge", "\x1b[99999999999 @", ["", "", "", ""]),
        ("SR", "\x1b[2 A", ["  abcdef", "  ghijkl", "  mnopqr", "  stuvwx"]),
        ("SL in margins", "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[ @", ["abcdef", "gij kl", "mop qr", "stuvwx"]),
        ("SR in margins", "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[ A", ["abcdef", "g hikl", "m noqr", "stuvwx"]),
        ("DECIC", "\x1b[1;3H\x1b[2'}", ["ab  cdef", "gh  ijkl", "mn  opqr", "st  uvwx"]),
        (
            "DECIC in margins",
            "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[2;3H\x1b['}",
            ["abcdef", "gh ikl", "mn oqr", "stuvwx"],
        ),
        ("DECIC above the margins", "\x1b[2;3r\x1b[1;1H\x1b['}", ["abcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("DECIC right of the margins", "\x1b[?69h\x1b[2;4s\x1b[1;5H\x1b['}", FILLED.split("\r\n")),
        ("DECIC in origin mode", "\x1b[2;3r\x1b[?6h\x1b[2;2H\x1b['}", ["abcdef", "g hijkl", "m nopqr", "stuvwx"]),
        ("DECDC", "\x1b[1;3H\x1b[2'~", ["abef", "ghkl", "mnqr", "stwx"]),
        (
            "DECDC in margins",
            "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[2;3H\x1b['~",
            ["abcdef", "ghj kl", "mnp qr", "stuvwx"],
        ),
        ("DECBI", "\x1b[1;3H\x1b6X", ["aXcdef", "ghijkl", "mnopqr", "stuvwx"]),
        ("DECBI at the edge", "\x1b[1;1H\x1b6", [" abcdef", " ghijkl", " mnopqr", " stuvwx"]),
        (
            "DECBI at the margin",
            "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[2;2H\x1b6",
            ["abcdef", "g hikl", "m noqr", "stuvwx"],
        ),
        (
            "DECBI left of the margin",
            "\x1b[?69h\x1b[3;5s\x1b[1;2H\x1b6X",
            ["Xbcdef", "ghijkl", "mnopqr", "stuvwx"],
        ),
        (
            "DECBI at the edge, not the margin",
            "\x1b[?69h\x1b[3;5s\x1b[1;1H\x1b6X",
            ["Xbcdef", *FILLED.split("\r\n")[1:]],
        ),
        ("DECBI below the margins", "\x1b[2;3r\x1b[4;1H\x1b6X", ["abcdef", "ghijkl", "mnopqr", "Xtuvwx"]),
        ("DECFI", "\x1b[1;3H\x1b9X", ["abcXef", "ghijkl", "mnopqr", "stuvwx"]),
        ("DECFI at the edge", "\x1b[1;10H\x1b9X", ["bcdef    X", "hijkl", "nopqr", "tuvwx"]),
        (
            "DECFI at the margin",
            "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[3;4H\x1b9",
            ["abcdef", "gij kl", "mop qr", "stuvwx"],
        ),
        ("ESC begins anew", "\x1b[1;1H\x1b[3\x1b6", [" abcdef", " ghijkl", " mnopqr", " stuvwx"]),
    ],
    ids=lambda value: value if isinstance(value, str) and "\x1b" not in value else "",
)
def test_columns_move(screen, step, mnemonic, data, expected):
    assert screen(10, 4, FILLED).feed(data, step).lines() == expected


@pytest.mark.parametrize("sequence", ["\x1b[3 @", "\x1b[3 A", "\x1b['}", "\x1b['~", "\x1b[?6n", "\x1b[22t"])
def test_the_cursor_the_program_saved_and_where_it_stands_stay(screen, sequence):
    shown = screen(10, 4, f"\x1b[4;4H\x1b7\x1b[2;3H{sequence}")
    shown.painted()
    assert shown.terminal.cursor()[:2] == (2, 1)
    shown.feed("\x1b8").painted()
    assert shown.terminal.cursor()[:2] == (3, 3)


def test_columns_that_move_leave_the_colour_in_force_behind(screen):
    row = screen(6, 1, "ab\x1b[44m\x1b[ A").painted()[0]
    assert row == "\x1b[0;48;5;4m \x1b[0mab   "


@pytest.mark.parametrize("text", ["It is 2 A B @ home", "x[1 Ay'} 6n 22t ;t"])
def test_text_that_ends_like_a_sequence_is_text(screen, text):
    shown = screen(40, 1, f"\x1b[31m\x1b[m{text}")
    assert shown.lines() == [text]
    assert shown.replies == []


@pytest.mark.parametrize("sequence", ["\x1b[1'}", "\x1b[2 @", "\x1b6", "\x1b[?6n", "\x1b[23;0;0t"])
def test_a_sequence_that_a_snapshot_cut_is_carried_out(screen, sequence):
    before = FILLED + "\x1b]2;one\x07\x1b[22t\x1b]2;two\x07\x1b[1;1H"
    whole = screen(10, 4, before + sequence)
    for cut in range(1, len(sequence)):
        first, second = screen(10, 4, before + sequence[:cut]), screen(10, 4)
        second.terminal.restore(first.terminal.snapshot())
        second.feed(sequence[cut:])
        assert (second.lines(), second.replies) == (whole.lines(), whole.replies)
        assert second.terminal.title == whole.terminal.title


@pytest.mark.parametrize("length", range(246, 264))
def test_long_parameters_are_read_the_same_however_they_are_cut(screen, length):
    stream = f"{FILLED}\x1b[1;1H\x1b[{'0' * length}2 @"
    assert screen(10, 4, stream).lines() == screen(10, 4).feed(stream, 1).lines()
