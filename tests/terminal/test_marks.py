import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.terminal.library import load
from maestro_tui.terminal.marks import LONGEST_MARK, Marks
from maestro_tui.terminal.notices import ProgramStatus, ShellMark

STREAM = b"\x1b]133;A\x07$ \x1b]133;B\x1b\\ls\r\n\x1b]133;C;cmdline=ls\x07a b\r\n\x1b]133;D;2\x07\x1b]133;D\x07"
STREAM += b"\x1b]0;x\x07\x1b]7501;state=working:app=codex\x07"
STREAM += b"\x1b]7501;state=blocked:app=codex:kind=permission\x1b\\\x1b]7501;\x07"
MARKS = (
    ShellMark("prompt"),
    ShellMark("prompt"),
    ShellMark("command"),
    ShellMark("prompt", 2),
    ShellMark("prompt"),
    ProgramStatus("working"),
    ProgramStatus("blocked", "permission"),
    ProgramStatus(""),
)


def test_prompts_commands_and_states_are_told_apart():
    assert Marks(load()).feed(STREAM) == MARKS


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_pieces_never_matter(cuts):
    reader, places = Marks(load()), [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[first:last] for first, last in itertools.pairwise(places)]
    assert tuple(mark for piece in pieces for mark in reader.feed(piece)) == MARKS


@given(st.binary(max_size=200))
def test_anything_is_read_and_little_is_kept(data):
    reader = Marks(load())
    reader.feed(b"\x1b]133;D;" + b"9" * 10_000)
    reader.feed(data)
    assert len(reader._rest) <= LONGEST_MARK + 10


@pytest.mark.parametrize("excess", [-1, 0, 1, 9, 10, 11, 500])
@pytest.mark.parametrize("end", [b"\x07", b"\x1b\\"])
def test_a_long_mark_is_read_the_same_however_it_is_cut(excess, end):
    stream = b"\x1b]133;C;" + b"x" * (LONGEST_MARK - 1 + excess) + end + b"\x1b]133;D\x07"
    whole, cut = Marks(load()), Marks(load())
    seen = whole.feed(stream)
    pieces = [stream[start : start + 29] for start in range(0, len(stream), 29)]
    assert tuple(mark for piece in pieces for mark in cut.feed(piece)) == seen
    assert seen == ((ShellMark("command"),) if excess <= 0 else ()) + (ShellMark("prompt"),)
