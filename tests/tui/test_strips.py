"""Rows as strips: passed through untouched, taken apart only when asked."""

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.rows import Row
from maestro_tui.tui.fewer_colors import in_grey
from maestro_tui.tui.strips import RowStrip, segments_of

TRUECOLOR = Console(color_system="truecolor", force_terminal=True, no_color=False)
STYLED = Row("ab\x1b[0;1;38;2;9;8;7mcd\x1b[0m  ", 6)


def test_a_row_is_sent_as_it_is():
    assert RowStrip(STYLED).render(TRUECOLOR) == STYLED.text


def test_a_whole_row_is_not_taken_apart():
    strip = RowStrip(STYLED)
    assert strip.divide([6]) == [strip]
    assert strip.fitted(6) is strip


def test_a_cut_row_keeps_its_text_and_styles():
    left, right = RowStrip(STYLED).divide([3, 6])
    assert (left.text, right.text) == ("abc", "d  ")
    assert right._segments[0].style == Style(bold=True, color="#090807")


@pytest.mark.parametrize(("width", "text"), [(2, "ab"), (8, "abcd    ")])
def test_a_row_of_another_width_is_fitted(width, text):
    fitted = RowStrip(STYLED).fitted(width)
    assert (fitted.text, fitted.cell_length) == (text, width)


def test_fewer_colours_where_the_outer_terminal_has_fewer():
    assert "38;2" not in RowStrip(STYLED).render(Console(color_system="256", force_terminal=True, no_color=False))


@pytest.mark.parametrize(
    ("text", "system", "expected"),
    [
        ("\x1b[0;4:3;38;2;255;0;0;58;2;0;0;255mx", "256", "\x1b[0;4:3;38;5;196;58;5;21mx"),
        ("\x1b[38;2;255;0;0m\x1b[48;5;21mx\x1b[0m", "standard", "\x1b[31m\x1b[44mx\x1b[0m"),
        ("\x1b[38;2;48;5;9;1mx", "256", "\x1b[38;5;52;1mx"),
        ("\x1b[58;2;1;2;3mx", "standard", "x"),
        ("a\x1b7  \x1b8❤️\x1b8\x1b[2Cb", "256", "a\x1b7  \x1b8❤️\x1b8\x1b[2Cb"),
    ],
)
def test_the_nearest_colours_and_all_the_rest_as_it_is(text, system, expected):
    console = Console(color_system=system, force_terminal=True, no_color=False)
    assert RowStrip(Row(text, 3)).render(console) == expected


def test_shades_of_grey():
    assert in_grey("\x1b[0;1;38;2;255;0;0mx\x1b[48;5;16my") == "\x1b[0;1;38;2;76;76;76mx\x1b[48;2;0;0;0my"


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧", "e\u0301", "🇩🇪", "ที่"])
def test_a_cluster_beside_a_dialog_takes_its_columns(cluster):
    terminal = Terminal(6, 1)
    terminal.feed(f"a{cluster}bcd".encode())
    strip = RowStrip(next(row for _, row in terminal.changed_rows()))
    terminal.close()
    assert sum(segment.cell_length for segment in strip._segments) == strip.cell_length == 6


def test_no_colours_where_none_are_wanted():
    assert RowStrip(STYLED).render(Console(force_terminal=True, no_color=True)) == "ab\x1b[0;1mcd\x1b[0m  "


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", []),
        ("plain", [Segment("plain")]),
        ("\x1b[0m\x1b[31m", []),
        ("\x1b[0m\x1b[1m\x1b[38;5;9mx\x1b[0my", [Segment("x", Style(bold=True, color="color(9)")), Segment("y")]),
        ("\x1b[0;7;27mx", [Segment("x", Style(reverse=False))]),
        ("\x1b[4:3m\x1b[58;2;1;2;3mx", [Segment("x", Style(underline=True))]),
        (
            "\x1b[4:2;53;9;3;2;5;8mx",
            [Segment("x", Style.parse("underline2 overline strike italic dim blink conceal"))],
        ),
        ("a\x1b7  \x1b8❤️\x1b8\x1b[2Cb", [Segment("a❤ b")]),
    ],
)
def test_sequences_become_styles(text, segments):
    assert segments_of(text) == segments


def test_rows_join_with_other_strips():
    assert Strip.join([RowStrip(STYLED), Strip([Segment("|")])]).text == "abcd  |"
