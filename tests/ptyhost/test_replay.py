"""What a recording tells, in order."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.recording import OUT, Recording, segment_offsets, segment_path
from maestro_tui.replay import Missing, Resized, Written, replay


class Clock:
    def __init__(self):
        self.now = 1000

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log(tmp_path, clock):
    log = OutputLog(str(tmp_path / "output"), clock=clock)
    yield log
    log.close()


def steps(log, since=0, until=None):
    return list(replay(Recording(log.directory), since, until))


def test_sizes_and_output_come_in_their_order_with_their_times(log, clock):
    log.resized(80, 24)
    log.append(b"wide")
    clock.now = 2000
    log.typed(3)
    log.append(b" late")
    log.resized(20, 5)
    log.resized(20, 6)
    log.append(b"narrow")
    assert steps(log) == [
        Resized(0, 1000, 80, 24),
        Written(0, 1000, b"wide"),
        Written(4, 2000, b" late"),
        Resized(9, 2000, 20, 5),
        Resized(9, 2000, 20, 6),
        Written(9, 2000, b"narrow"),
    ]


def test_from_the_middle_the_size_in_force_comes_first(log):
    log.resized(80, 24)
    log.append(b"wide")
    log.resized(20, 5)
    log.append(b"narrow")
    assert steps(log, since=6) == [Resized(6, 1000, 20, 5), Written(6, 1000, b"rrow")]
    assert steps(log, since=2, until=3) == [Resized(2, 1000, 80, 24), Written(2, 1000, b"d")]
    assert steps(log, since=99) == []


def test_what_is_missing_is_said(log):
    log.resized(80, 24)
    log.append(b"first")
    log.close()
    log.end += 7  # the disk took nothing for a while
    log._retry_at = 0.0
    log.append(b"again")
    assert [step for step in steps(log) if isinstance(step, Missing)] == [Missing(5, 12)]
    os.unlink(segment_path(log.directory, 0, OUT))
    assert [(step.offset, type(step)) for step in steps(log)] == [(0, Missing), (12, Resized), (12, Written)]


def test_marks_alone_make_a_log_rotate(tmp_path, clock):
    log = OutputLog(str(tmp_path / "output"), limit=80_000, clock=clock)
    for _ in range(20_000):
        clock.now += 50
        log.append(b".")
    log.close()
    size = sum(os.path.getsize(os.path.join(log.directory, name)) for name in os.listdir(log.directory))
    assert len(segment_offsets(log.directory)) == 8
    assert size < 2 * 80_000


@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=400),
            st.tuples(st.integers(1, 300), st.integers(1, 100)),
            st.integers(1, 50),
        ),
        max_size=40,
    ),
    st.integers(0, 3000),
)
def test_everything_from_any_offset_on(tmp_path_factory, happenings, since):
    log = OutputLog(str(tmp_path_factory.mktemp("log") / "output"), limit=1 << 20)
    whole = bytearray()
    for happening in happenings:
        if isinstance(happening, bytes):
            log.append(happening)
            whole += happening
        elif isinstance(happening, tuple):
            log.resized(*happening)
        else:
            log.typed(happening)
    log.close()
    seen = b"".join(step.data for step in steps(log, since) if isinstance(step, Written))
    assert seen == bytes(whole[since:])
    told = [(step.columns, step.rows) for step in steps(log) if isinstance(step, Resized)]
    assert told == sizes_told(happenings)


def sizes_told(happenings):
    """Those before the first output but the last are nobody's, and one that changes nothing is none."""
    told, offset = [], 0
    for happening in happenings:
        if isinstance(happening, bytes):
            offset += len(happening)
        elif isinstance(happening, tuple):
            if offset == 0:
                told.clear()
            if not told or told[-1] != happening:
                told.append(happening)
    return told
