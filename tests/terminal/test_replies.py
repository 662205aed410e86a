"""Answers to programs: a fixed list with fixed alphabets, colours from the theme."""

import pytest

from maestro_tui.terminal.palette import Palette
from maestro_tui.terminal.replies import is_allowed
from maestro_tui.version import __version__

DARK = Palette((224, 224, 224), (18, 18, 18), tuple((i, i, i) for i in range(16)), cursor=(1, 2, 3))
LIGHT = Palette((10, 10, 10), (250, 250, 250), tuple((i, i, i) for i in range(16)))


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ("\x1b[c", b"\x1b[?62;22c"),
        ("\x1b[>c", b"\x1b[>1;0;0c"),
        ("\x1b[5n", b"\x1b[0n"),
        ("\x1b[2;3H\x1b[6n", b"\x1b[2;3R"),
        ("\x1b[?2026$p", b"\x1b[?2026;2$y"),
        ("\x1b[?9999$p", b"\x1b[?9999;0$y"),
        ("\x1b[4h\x1b[4$p", b"\x1b[4;1$y"),
        ("\x1b[?u", b"\x1b[?0u"),
        ("\x1b[>1u\x1b[?u", b"\x1b[?1u"),
        ("\x1b[18t", b"\x1b[8;4;10t"),
        ("\x1b[?996n", b"\x1b[?997;1n"),
        ("\x1b[>q", f"\x1bP>|maestro-tui {__version__}\x1b\\".encode()),
        ("\x1b]4;7;?\x07", b"\x1b]4;7;rgb:0707/0707/0707\x07"),
        (
            "\x1b]4;1;?;2;?\x07",
            b"\x1b]4;1;rgb:0101/0101/0101\x07\x1b]4;2;rgb:0202/0202/0202\x07",
        ),
        ("\x1b[?2048h", b"\x1b[48;4;10;64;80t"),
        ("\x1b]10;?\x1b\\", b"\x1b]10;rgb:e0e0/e0e0/e0e0\x1b\\"),
        ("\x1b]11;?\x07", b"\x1b]11;rgb:1212/1212/1212\x07"),
        ("\x1b]12;?\x07", b"\x1b]12;rgb:0101/0202/0303\x07"),
        ("\x1bP$qr\x1b\\", b"\x1bP1$r1;4r\x1b\\"),
        ("\x1bP$qz\x1b\\", b"\x1bP0$r\x1b\\"),
    ],
)
def test_a_query_is_answered(screen, query, reply):
    assert screen(10, 4, query, palette=DARK).replies == [reply]


@pytest.mark.parametrize(
    "query",
    [
        "\x1b]2;rm -rf\n\x07\x1b[21t",
        "\x1b]1;x\x07\x1b[20t",
        "\x1b]52;c;?\x07",
        "\x1b]50;?\x07",
        "\x1bP$qrm -rf\x1b\\",
        "\x1bP+q544e\x1b\\",
        "\x1bP+q524742\x1b\\",
        "\x1b[=c",
        "\x05",
        "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
        "\x1b]5522;type=read;Lg==\x1b\\",
        "\x1b_25a1;s\x1b\\",
        "\x1b[1$w",
    ],
)
@pytest.mark.attack(75, 76)
def test_a_query_that_could_carry_text_is_not_answered(screen, query):
    assert screen(10, 4, query, palette=DARK).replies == []


def test_a_light_theme_says_so(screen):
    shown = screen(10, 4, palette=LIGHT)
    assert shown.feed("\x1b[?996n").replies == [b"\x1b[?997;2n"]


def test_another_theme_changes_rows_and_answers(screen):
    shown = screen(3, 1, "\x1b[34mx", palette=DARK)
    assert "38;2;4;4;4" in shown.painted()[0]
    shown.terminal.set_palette(LIGHT)
    assert "48;2;250;250;250" in shown.painted()[0]
    assert shown.feed("\x1b]11;?\x07").replies == [b"\x1b]11;rgb:fafa/fafa/fafa\x07"]
    shown.terminal.set_palette(None)
    assert shown.painted()[0] == "\x1b[0m\x1b[38;5;4mx\x1b[0m  "


def test_a_program_that_asked_hears_when_the_theme_turns_light(screen):
    shown = screen(3, 1, palette=DARK)
    shown.terminal.set_palette(LIGHT)
    assert shown.replies == []
    shown.feed("\x1b[?2031h").terminal.set_palette(DARK)
    assert shown.replies == [b"\x1b[?997;1n"]
    shown.terminal.set_palette(DARK)
    assert shown.replies == [b"\x1b[?997;1n"]


def test_a_program_that_asked_hears_of_another_size(screen):
    shown = screen(10, 4, "\x1b[?2048h")
    shown.terminal.resize(20, 5)
    assert shown.replies[-1] == b"\x1b[48;5;20;80;160t"


def test_a_direct_colour_that_looks_like_an_indexed_one_stays(screen):
    row = screen(8, 1, "\x1b[38;2;48;5;9;48;2;148;5;3mx\x1b[38;5;2my", palette=DARK).painted()[0]
    assert "\x1b[38;2;48;5;9m\x1b[48;2;148;5;3mx" in row
    assert "\x1b[38;2;2;2;2m" in row


def test_a_program_may_change_a_colour_and_put_it_back(screen):
    shown = screen(3, 1, "\x1b[31mx", palette=DARK)
    shown.painted()
    assert "38;2;171;205;239" in shown.feed("\x1b]4;1;#abcdef\x07").painted()[0]
    assert "38;2;1;1;1" in shown.feed("\x1b]104;1\x07").painted()[0]


def test_a_viewer_that_does_not_own_the_session_stays_silent(screen):
    shown = screen(10, 4)
    shown.terminal.on_reply = None
    assert shown.feed("\x1b[c\x1b[6n").replies == []


@pytest.mark.parametrize(
    "reply", [b"", b"\x1b]l;title\x1b\\", b"\x1b[0n\r", b"ls\r", b"\x1bP1$rls\x1b\\", b"\x1b]52;c;eA==\x07"]
)
@pytest.mark.attack(76)
def test_nothing_else_passes_the_gate(reply):
    assert not is_allowed(reply)


@pytest.mark.parametrize(
    "wrong", [{"ansi": ((0, 0, 0),) * 15}, {"foreground": (0, 0, 256)}, {"cursor": (-1, 0, 0)}]
)
def test_a_wrong_palette_is_refused(wrong):
    fields = {"foreground": (0, 0, 0), "background": (0, 0, 0), "ansi": ((0, 0, 0),) * 16} | wrong
    with pytest.raises(ValueError, match="colour"):
        Palette(**fields)


@pytest.mark.attack(77)
def test_a_storm_of_queries_gets_fixed_answers_and_nothing_else(screen):
    """An answer is never much longer than its query, so a program cannot make us flood it."""
    query = "\x1b[c\x1b[6n\x1b[?2026$p\x1b]11;?\x07"
    replies = screen(10, 4, query * 5_000, palette=DARK).replies
    assert all(map(is_allowed, replies))
    assert len(set(replies)) <= 4
    assert sum(map(len, replies)) <= 3 * len(query) * 5_000
