"""What attaching is made of, without a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.attach.keys import DetachKey
from maestro_tui.attach.queries import QueryFilter
from maestro_tui.domain.errors import Invalid
from maestro_tui.terminal.engine import Terminal

QUERIES = [
    b"\x05",
    *(b"\x1b[" + end for end in (b"c", b"0c", b">c", b"=c", b"5n", b"6n", b"?6n", b"?996n", b"?2026$p", b"4$p")),
    *(b"\x1b[" + end for end in (b">q", b">0q", b"?u", b"14t", b"16t", b"18t", b"21t", b"x")),
    b"\x1bZ",
    b"\x1b]11;?\x07",
    b"\x1b]10;?\x1b\\",
    b"\x1b]4;1;?\x07",
    b"\x1b]52;c;?\x07",
    b"\x1bP$qm\x1b\\",
    b"\x1bP+q544e\x1b\\",
]
HARMLESS = [
    b"text",
    "中文".encode(),
    b"\x1b[31m",
    b"\x1b[2;5H",
    b"\x1b[?2004h",
    b"\x1b[22;0t",
    b"\x1b]2;really?\x07",
    b"\x1b]8;;https://example.org/?q=1\x1b\\",
    b"\x1b]11;#ffffff\x07",
    b"\x1b[>1u",
    b"\x1b[ q",
    b"\x1b[u",
    b"\x1b(B",
    b"\r\n",
]


@pytest.mark.parametrize("query", QUERIES)
def test_what_our_terminal_answers_is_a_question(query):
    assert QueryFilter().feed(b"a" + query + b"b") == b"ab"


@pytest.mark.parametrize("sequence", HARMLESS)
def test_all_else_passes(sequence):
    assert QueryFilter().feed(b"a" + sequence + b"b") == b"a" + sequence + b"b"


@given(st.lists(st.sampled_from(QUERIES + HARMLESS), max_size=20), st.data())
def test_however_it_is_cut_nothing_is_left_to_answer_and_nothing_is_lost(parts, data):
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    queries = QueryFilter()
    seen = b"".join(queries.feed(stream[a:b]) for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True))
    seen += queries.rest()
    assert seen == b"".join(part for part in parts if part in HARMLESS)
    answers = []
    Terminal(80, 24, on_reply=answers.append).feed(seen)
    assert answers == []


@pytest.mark.parametrize(
    ("name", "typed", "place"),
    [
        ("ctrl+\\", b"abc\x1cd", 3),
        ("ctrl+\\", b"abc\x1b[92;5ud", 3),
        ("ctrl+\\", b"\x1b[27;5;92~", 0),
        ("ctrl+\\", b"abc", None),
        ("Ctrl+Q", b"\x11", 0),
        ("ctrl+]", b"..\x1d\x1b[93;5u", 2),
    ],
)
def test_the_detach_key_is_found_however_it_is_spelt(name, typed, place):
    assert DetachKey(name).find(typed) == place


@pytest.mark.parametrize("name", ["x", "ctrl+", "ctrl+1", "alt+d", "ctrl+ab", ""])
def test_another_key_cannot_detach(name):
    with pytest.raises(Invalid, match="cannot detach"):
        DetachKey(name)
