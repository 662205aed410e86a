"""Terminal output as text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.transcript import complete_length, read_lines


def text(data):
    return "\n".join(line.text for line in read_lines(data))


@pytest.mark.attack(74)
@given(
    st.lists(
        st.sampled_from(
            [b"\x1b", b"]52;c;Zg==\x07", b"\x9b2J", b"\xc2\x9b", b"\x05", b"=cmd()", b"\xe2\x80\xae", b"\n"]
        )
    )
)
def test_a_text_export_holds_no_control_character(parts):
    shown = text(b"".join(parts))
    assert not [character for character in shown if not character.isprintable() and character != "\n"]


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"a\r\nb\r\n", "a\nb\n"),
        (b"10%\r 50%\r100%", "100%"),
        (b"longer\rshort\x1b[K", "short"),
        (b"ab\b\bX", "Xb"),
        (b"\x1b[1;31mred\x1b[0m\x1b]0;title\x07 \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "red link"),
        (b"\x1bP+q544e\x1b\\dcs \x1b_apc\x1b\\\x1b(Bcharset\x1b=", "dcs charset"),
        (b"one\ntwo\x1b[A\r\x1b[2KONE\x1b[B\x1b[GTWO", "ONE\nTWO"),
        (b"a\tb\x1b[3Cc\x1b[5Gx", "a   x   b   c"),
        (b"old\x1b[2J\x1b[Hnew\x1b[3;2Hlow", "old\nnew\n\n low"),
        (b"keep\x1b[?1049h\x1b[Hfull screen\x1b[?1049l going", "keep going"),
        (b"\x1b[?1049hframe 1\x1b[2J\x1b[Hframe 2", "frame 2"),
        (b"\x1b7here\x1b8X", "Xere"),
        ("漢字\x1b[5Gx".encode(), "漢字x"),
        ("e\u0301\x1b[2Gx".encode(), "éx"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("a\u202eb\u200bc\u0085d".encode(), "abcd"),
        (b"spinner |\b/\b-\b\\\bdone", "spinner done"),
        (b"one\x1bDx", "one\n   x"),
        (b"one\x1bEx", "one\nx"),
        (b"one\ntwo\x1bMx", "onex\ntwo"),
        (b"one\x1b[Ex", "one\nx"),
        (b"one\ntwo\x1b[Fx", "xne\ntwo"),
        (b"\x1b[?25la\x1b[?25hb", "ab"),
        (b"abc\x1b[2DX", "aXc"),
        (b"a\x1b[3dx", "a\n\n x"),
        (b"abcdef\x1b[3D\x1b[2P", "abcf"),
        (b"abcdef\x1b[4D\x1b[2Xz", "abz ef"),
        (b"ab\x1b[scd\x1b[uX", "abXd"),
        (b"ab\x1b[1;2scd\x1b[1uX", "abcdX"),
        (b"a\nb\nc\x1b[2A\x1b[J", "a"),
        (b"ab\x1b[1Jc", "abc"),
        (b"abc\x1b[2D\x1b[1K", "  c"),
        (b"", ""),
    ],
)
def test_reads_as_a_person_would(data, shown):
    assert text(data) == shown


def test_every_line_knows_where_it_began():
    data = b"one\r\n\x1b[1mtwo\x1b[0m\r\nthree"
    assert [(line.text, line.offset) for line in read_lines(data)] == [("one", 0), ("two", 5), ("three", 18)]


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (b"abc", 3),
        (b"abc\x1b", 3),
        (b"abc\x1b[3", 3),
        (b"abc\x1b(", 3),
        (b"abc\x1b]0;title", 3),
        (b"abc\x1b]0;title\x1b", 3),
        (b"abc\x1b]0;title\x1b\\", 14),
        (b"abc\x1b[31m", 8),
        ("é€😀".encode(), 9),
        ("é€😀".encode()[:-1], 5),
        ("é€".encode()[:-2], 2),
        (b"\x80" * 9, 9),
        (b"", 0),
    ],
)
def test_what_is_cut_in_half_waits(data, length):
    assert complete_length(data) == length


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"\x1b[", b"9", b";", b"H", b"J", b"x", b"\n"])).map(b"".join)
)
def test_any_bytes_are_read(data):
    lines = read_lines(data)
    assert lines
    assert not any(ord(letter) < 32 for line in lines for letter in line.text)
    assert 0 <= complete_length(data) <= len(data)


@pytest.mark.parametrize(
    "trick", [b"\x1b[999B\x1b[2J", b"\x1b[999Bx\x1b[2J", b"\x1b[999Gx\n", b"\x1b[999;999Hx\x1b[2J"]
)
def test_a_few_bytes_do_not_become_many(trick):
    began = time.process_time()
    lines = read_lines(trick * 40_000)
    assert sum(len(line.text) + 1 for line in lines) < 6_000_000
    assert time.process_time() - began < 10
