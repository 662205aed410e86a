"""Any bytes are fine: never an exception, never an effect outside, never a difference by chunking."""

import re
import resource

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maestro_tui.domain.errors import Invalid
from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.replies import is_allowed
from tests.terminal.conformance.record import RECORDINGS

PIECES = [
    b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b", b"\x9b", b"\x1b\\", b"\x07", b";", b":", b"?", b"1",
    b"65535", b"99999999999", b"m", b"H", b"J", b"K", b"L", b"M", b"@", b"P", b"r", b"h", b"l", b"b",
    b"31;m", b";m", b"!p", b"'", b" ",
    b" @", b" A", b"'}", b"'~", b"\x1b6", b"\x1b9", b"?6n", b"22;0t", b"23t", b"2;9s",
    b"38;2;1;2;3m", b"48;5;9m", b"?1049h", b"?1049l", b"?2026h", b"?2026l", b"?69h", b"?6h", b"?3h", b"?40h",
    b"4h", b"]8;;http://x\x07", b"2;t\x07", b"52;c;aGk=\x07", b"4;1;?\x07", b"11;?\x07", b"c", b"6n", b"$p",
    b"\r\n", b"\t", b"\b", b"abc", "漢".encode(), "👨‍👩‍👧".encode(), "é❤️".encode(), "\u202e".encode(), b"\xff",
    b"\xe6\xbc", b"#8", b"D", b"7", b"8", b"Gi=1;AAAA",
]  # fmt: skip

streams = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)), max_size=60).map(b"".join)
common = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ROW = re.compile(r"(?:[^\x00-\x1f\x7f-\x9f]|\x1b\[[0-9;:]*m|\x1b[78]|\x1b\[\d+C)*")


def observed(terminal: Terminal, replies: list[bytes]) -> tuple:
    rows = tuple(terminal.changed_rows())
    return rows, terminal.cursor(), terminal.title, terminal.all_text(), terminal.held, tuple(replies)


@common
@given(streams, st.lists(st.integers(1, 7), min_size=1, max_size=5))
@pytest.mark.attack(82)
def test_chunking_never_changes_the_result(data, steps):
    whole_replies, cut_replies = [], []
    whole = Terminal(17, 5, on_reply=whole_replies.append)
    cut = Terminal(17, 5, on_reply=cut_replies.append)
    whole.feed(data)
    position = turn = 0
    while position < len(data):
        step = steps[turn % len(steps)]
        cut.feed(data[position : position + step])
        position, turn = position + step, turn + 1
    assert observed(whole, whole_replies) == observed(cut, cut_replies)
    whole.close()
    cut.close()


@common
@given(streams, st.integers(1, 40), st.integers(1, 12))
@pytest.mark.attack(80, 82)
def test_nothing_raises_and_rows_hold_only_text_and_styles(data, columns, rows):
    replies = []
    terminal = Terminal(9, 4, on_reply=replies.append)
    terminal.feed(data)
    terminal.resize(columns, rows)
    terminal.feed(data)
    for _, row in terminal.changed_rows():
        assert ROW.fullmatch(row.text)
    if cursor := terminal.cursor():
        terminal.marked_row(cursor.y, (terminal.cursor_mark(cursor),))
    terminal.tail(3)
    terminal.take_notices()
    terminal.encode_key("up", None)
    assert all(map(is_allowed, replies))
    terminal.close()


@common
@given(streams, st.integers(0, 400))
def test_a_snapshot_in_the_middle_of_a_stream_loses_nothing(data, cut):
    straight, first, second = Terminal(17, 5), Terminal(17, 5), Terminal(3, 3)
    straight.feed(data)
    first.feed(data[:cut])
    if (snapshot := first.snapshot()) is not None:
        second.restore(snapshot)
        second.feed(data[cut:])
        assert (second.all_text(), second.cursor()) == (straight.all_text(), straight.cursor())
    for terminal in (straight, first, second):
        terminal.close()


@common
@given(st.binary(max_size=200))
def test_damaged_snapshots_are_refused(data):
    terminal = Terminal(9, 4)
    terminal.feed(b"kept")
    with pytest.raises(Invalid, match="snapshot"):
        terminal.restore(data)
    assert terminal.text() == "kept"
    terminal.close()


@common
@given(st.integers(0, 3000), st.integers(1, 255))
def test_a_snapshot_with_one_wrong_byte_is_refused(place, change):
    source, terminal = Terminal(9, 4), Terminal(9, 4)
    source.feed("text \x1b[31m漢字 ❤️\r\n".encode() * 20)
    damaged = bytearray(source.snapshot())
    damaged[place % len(damaged)] ^= change
    for data in (bytes(damaged), bytes(damaged[:place])):
        with pytest.raises(Invalid, match="snapshot"):
            terminal.restore(data)
    terminal.close()
    source.close()


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ufeff", "\u00ad", "\u2028"]
)
def test_text_that_reorders_or_hides_text_is_not_passed_on(screen, character):
    shown = screen(10, 1, f"a{character}b")
    assert character not in shown.painted()[0]


@pytest.mark.parametrize(
    "opening",
    [
        b"\x1b]2;",
        b"\x1b]52;c;",
        b"\x1bP+q",
        b"\x1b_G",
        b"\x1bPq",
        b"\x1b]8;;",
        b"\x1b]1337;",
        b"\x1bX",
        b"\x1b[",
        b"\x1b]99;;",
    ],
)
@pytest.mark.attack(79)
def test_an_endless_sequence_costs_no_memory_and_ends(screen, opening):
    shown = screen(10, 2, opening)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(32):
        shown.feed(b"41" * 500_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16_000
    shown.feed(b"\x1b\\\x1bcok")
    assert shown.lines() == ["ok", ""]


@pytest.mark.parametrize(
    "image", ["\x1b_Gf=24,s=1,v=1;AAAA\x1b\\", "\x1bPq#0;2;0;0;0~~\x1b\\", "\x1b]1337;File=:AA\x07"]
)
def test_images_are_swallowed_whole(screen, image):
    shown = screen(10, 1, f"a{image}b")
    assert shown.lines() == ["ab"]
    assert shown.replies == []


@pytest.mark.attack(80)
def test_a_program_cannot_resize_the_terminal(screen):
    terminal = screen(10, 2, "\x1b[8;50;200t\x1b[4;900;900t").terminal
    assert (terminal.columns, terminal.rows) == (10, 2)


@pytest.mark.attack(80)
def test_absurd_parameters_cost_no_time(screen):
    data = b"".join(b"\x1b[99999999" + final for final in b"@ABCDEFGHIJKLMPSTXZbdefghl".split())
    shown = screen(
        10, 4, b"x" + b"".join(b"\x1b[999999999%c" % code for code in b"@ABCDEFGHIJKLMPSTXZ`abdeg") + data
    )
    assert len(shown.lines()) == 4


RECORDED = {path.stem: path.read_bytes() for path in sorted(RECORDINGS.glob("*.out"))}
mutations = st.lists(st.tuples(st.integers(0, 12_000), st.binary(max_size=4), st.integers(0, 6)), max_size=12)


@settings(common, max_examples=40)
@given(st.sampled_from(sorted(RECORDED)), mutations, st.integers(1, 4000))
def test_a_real_stream_with_mistakes_in_it_stays_in_its_pane(name, changes, step):
    """Each row, written by another terminal between two marks, leaves both where they are."""
    data = bytearray(RECORDED[name])
    for place, added, removed in changes:
        at = place % (len(data) + 1)
        data[at : at + removed] = added
    whole_replies, cut_replies = [], []
    whole = Terminal(80, 24, on_reply=whole_replies.append)
    cut = Terminal(80, 24, on_reply=cut_replies.append)
    whole.feed(bytes(data))
    for start in range(0, len(data), step):
        cut.feed(bytes(data[start : start + step]))
    shown = observed(whole, whole_replies)
    assert shown == observed(cut, cut_replies)
    outer = Terminal(84, 1)
    for _, row in shown[0]:
        outer.feed(f"\x1b[0m\x1b[2J\x1b[H[{row.text}]\x1b[K".encode())
        list(outer.changed_rows())
        characters = outer.text()
        assert (row.width, outer.cursor().x) == (80, 82)
        assert (characters[0], characters[-1]) == ("[", "]")
    for terminal in (whole, cut, outer):
        terminal.close()
