"""Recordings as asciinema reads them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.asciicast import asciicast
from maestro_tui.replay import Missing, Resized, Written


def cast(*steps):
    header, *events = [json.loads(line) for line in asciicast(steps, "API worker")]
    return header, events


def test_the_header_says_size_time_and_title():
    header, events = cast(Resized(0, 1_700_000_000_500, 100, 30), Written(0, 1_700_000_001_750, b"hi\r\n"))
    assert header == {
        "version": 2,
        "width": 100,
        "height": 30,
        "timestamp": 1_700_000_000,
        "title": "API worker",
        "env": {"TERM": "xterm-256color"},
    }
    assert events == [[1.25, "o", "hi\r\n"]]


@pytest.mark.attack(74)
@pytest.mark.parametrize(
    "title", ['x"}\n[0,"o","\x1b[2J"]', "=cmd|' /C calc'!A0", "<script>", "\x1b]0;pwned\x07", "\u202e"]
)
def test_a_title_forges_no_line_and_no_sequence(title):
    """Every byte between two line feeds is JSON in ASCII: a file shown by `cat` does nothing either."""
    lines = list(asciicast([Written(0, 1000, b"hi")], title))
    assert len(lines) == 2
    assert json.loads(lines[0])["title"] == title
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_resizes_and_gaps_are_in_their_place_and_time_never_goes_back():
    _, events = cast(
        Missing(0, 10),
        Written(10, 5000, b"a"),
        Resized(11, 7000, 60, 20),
        Missing(11, 20),
        Written(20, 6000, b"b"),
    )
    assert events == [
        [0.0, "m", "10 bytes are missing here"],
        [0.0, "o", "a"],
        [2.0, "r", "60x20"],
        [2.0, "m", "9 bytes are missing here"],
        [2.0, "o", "b"],
    ]


def test_nothing_is_a_cast_too():
    assert cast()[1] == []


@given(st.text(), st.lists(st.integers(0, 400), max_size=8), st.binary(max_size=3))
def test_characters_cut_in_two_are_whole_again(text, cuts, damaged):
    data = text.encode("utf-8", "surrogatepass") + damaged
    places = sorted(min(cut, len(data)) for cut in cuts)
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    _, events = cast(*(Written(0, 1000, piece) for piece in pieces))
    assert "".join(event[2] for event in events) == data.decode("utf-8", "replace")
