import errno
import os
import resource
import shutil
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_tui import recording
from maestro_tui.ptyhost import output_log
from maestro_tui.ptyhost.history import History
from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.recording import (
    Mark,
    MarkKind,
    Recording,
    decode_marks,
    encode_mark,
    segment_offsets,
    segment_path,
)

CHUNKS = st.lists(st.binary(min_size=1, max_size=200), max_size=40)
MARKS = st.lists(
    st.builds(
        Mark,
        st.sampled_from(MarkKind),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**63),
        st.integers(0, 2**63),
    ),
    max_size=20,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return lambda: str(tmp_path_factory.mktemp("log") / "output")


def read_all(reader, start=0, limit=37):
    """Everything from start on, and where it jumped."""
    data, gaps, offset = bytearray(), [], start
    while (piece := reader.read(offset, limit)) is not None:
        if piece.offset != offset:
            gaps.append((offset, piece.offset))
        data += piece.data
        offset = piece.end
    return bytes(data), gaps


@settings(max_examples=40)
@given(CHUNKS, st.integers(0, 9000))
def test_any_offset_can_be_read(place, chunks, start):
    log = OutputLog(place(), limit=1600)  # segments of 200 bytes
    for chunk in chunks[:5]:
        log.append(chunk)
    whole = b"".join(chunks[:5])
    log.close()
    assert read_all(Recording(log.directory), start) == (whole[start:], [])


@settings(max_examples=40)
@given(CHUNKS)
def test_rotation_keeps_the_newest_and_declares_what_went(place, chunks):
    log = OutputLog(place(), limit=400)
    for chunk in chunks:
        log.append(chunk)
    log.close()
    whole, reader = b"".join(chunks), Recording(log.directory)
    data, gaps = read_all(reader)
    assert whole.endswith(data)
    assert len(data) >= min(len(whole), 350)
    assert len(data) <= 400
    assert gaps == ([(0, len(whole) - len(data))] if len(data) < len(whole) else [])
    assert reader.end == log.end == len(whole)


@settings(max_examples=40)
@given(CHUNKS, st.integers(0, 4000))
def test_a_log_cut_anywhere_can_be_read_and_continued(place, chunks, cut):
    log = OutputLog(place(), limit=1 << 20)
    for chunk in chunks:
        log.resized(len(chunk), 1)
        log.append(chunk)
    log.close()
    whole = b"".join(chunks)[:cut]
    for suffix in (recording.OUT, recording.MARKS):
        path = segment_path(log.directory, 0, suffix)
        os.truncate(path, min(cut, os.stat(path).st_size))
    assert read_all(Recording(log.directory)) == (whole, [])
    assert all(mark.offset <= len(whole) for mark in Recording(log.directory).marks())
    again = OutputLog(log.directory)
    assert again.end == len(whole)
    again.append(b"more")
    again.resized(9, 9)
    again.close()
    assert read_all(Recording(log.directory)) == (whole + b"more", [])
    assert Recording(log.directory).marks()[-1].size == (9, 9)


@given(MARKS, st.integers(0, 600))
def test_marks_survive_a_torn_tail(marks, cut):
    content = b"".join(map(encode_mark, marks))
    width = len(content) // len(marks) if marks else 1
    assert decode_marks(content[:cut]) == marks[: cut // width]
    assert decode_marks(content + bytes(width)) == marks


def test_times_sizes_and_inputs_are_recorded(place):
    now = iter(range(1000, 9000, 50))
    log = OutputLog(place(), clock=lambda: next(now))
    log.resized(80, 24)
    log.append(b"abc")
    log.typed(5)
    log.resized(100, 30)
    log.append(b"def")
    log.close()
    marks = Recording(log.directory).marks()
    assert [(mark.kind, mark.offset) for mark in marks] == [
        (MarkKind.SIZE, 0),
        (MarkKind.TIME, 0),
        (MarkKind.INPUT, 3),
        (MarkKind.SIZE, 3),
        (MarkKind.TIME, 3),
    ]
    assert [mark.size for mark in marks if mark.kind is MarkKind.SIZE] == [(80, 24), (100, 30)]
    assert [mark.at for mark in marks] == sorted(mark.at for mark in marks)


def test_a_time_is_recorded_for_the_first_of_what_is_written_at_once(place):
    times = [1000, 1001, 1019, 1020, 1039, 1041]
    now = [0]
    log = OutputLog(place(), clock=lambda: now[0])
    for now[0] in times:
        log.append(b"x")
    log.close()
    assert [(mark.kind, mark.at, mark.offset) for mark in Recording(log.directory).marks()] == [
        (MarkKind.TIME, 1000, 0),
        (MarkKind.TIME, 1020, 3),
        (MarkKind.TIME, 1041, 5),
    ]


def test_each_segment_begins_with_the_size_in_force(place):
    log = OutputLog(place(), limit=80)
    log.resized(80, 24)
    for _ in range(20):
        log.append(b"0123456789")
    log.close()
    for offset in segment_offsets(log.directory):
        with open(segment_path(log.directory, offset, recording.MARKS), "rb") as file:
            assert decode_marks(file.read())[0].size == (80, 24)


def test_a_recording_that_was_deleted_begins_anew_with_what_comes_next(place, monkeypatch):
    monkeypatch.setattr(output_log, "RETRY_SECONDS", 0.0)
    log = OutputLog(place())
    log.resized(80, 24)
    log.append(b"first")
    shutil.rmtree(log.directory)
    log.append(b"second")
    log.append(b"-third")
    log.close()
    assert log.failure is None
    assert read_all(Recording(log.directory)) == (b"second-third", [(0, 5)])


def test_a_full_disk_makes_a_gap_and_recording_goes_on_later(place, monkeypatch):
    monkeypatch.setattr(output_log, "RETRY_SECONDS", 0.0)
    log = OutputLog(place())
    history = History(log, ring=4)
    history.append(b"first")
    with monkeypatch.context() as full:
        full.setattr(output_log.os, "write", refuse)
        history.append(b"-lost-")
        assert "No space" in log.failure
        history.append(b"-this-too-")
    history.append(b"last")
    assert log.failure is None
    log.close()
    assert read_all(Recording(log.directory)) == (b"firstlast", [(5, 21)])
    assert read_all(history)[0].endswith(b"-this-too-last")


def test_an_unwritable_directory_hurts_nobody(tmp_path):
    (tmp_path / "file").touch()
    log = OutputLog(str(tmp_path / "file" / "output"))
    history = History(log)
    history.resized(80, 24)
    history.append(b"seen all the same")
    assert "file" in log.failure
    assert history.read(0, 100).data == b"seen all the same"
    assert history.start == 0


def test_what_was_never_recorded_and_has_left_memory_is_a_gap(tmp_path):
    (tmp_path / "file").touch()
    history = History(OutputLog(str(tmp_path / "file" / "output")), ring=4)
    history.append(b"a" * 5000)
    history.append(b"b" * 5000)
    assert read_all(history, limit=100) == (b"b" * 5000, [(0, 5000)])
    assert history.start == 5000


def test_what_was_deleted_of_the_recording_is_read_from_memory_as_far_as_it_goes(tmp_path):
    log = OutputLog(str(tmp_path / "output"))
    history = History(log, ring=4)
    history.append(b"a" * 5000)
    history.append(b"b" * 5000)
    shutil.rmtree(log.directory)
    assert read_all(history, limit=100) == (b"b" * 5000, [(0, 5000)])
    log.close()


def test_half_a_mark_on_a_full_disk_is_a_failure_that_passes(tmp_path, monkeypatch):
    monkeypatch.setattr(output_log, "RETRY_SECONDS", 0.0)
    log = OutputLog(str(tmp_path / "output"))
    log.resized(80, 24)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (recording.MARK_BYTES + 3, usual[1]))
    try:
        log.typed(1)
        failure = log.failure
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert "a part of a record" in failure
    log.close()
    again = OutputLog(log.directory)
    again.resized(90, 30)
    again.close()
    assert [mark.size for mark in Recording(log.directory).marks()] == [(80, 24), (90, 30)]


@settings(max_examples=60)
@given(CHUNKS, st.integers(1, 300), st.integers(0, 3000), st.integers(1, 100))
def test_memory_and_log_tell_one_story(place, chunks, ring, start, limit):
    log = OutputLog(place(), limit=1 << 20)
    history = History(log, ring=ring)
    for chunk in chunks:
        history.append(chunk)
    whole = b"".join(chunks)
    assert read_all(history, min(start, len(whole)), limit) == (whole[start:], [])
    assert history.start == 0
    log.close()


def test_sizes_are_told_in_their_place(place):
    history = History(OutputLog(place()))
    history.resized(80, 24)
    history.append(b"wide")
    history.resized(20, 5)
    history.append(b"narrow")
    assert history.read(0, 100).data == b"wide"
    assert history.size_at(0)[2:] == (80, 24)
    assert history.size_at(4)[2:] == (20, 5)
    assert history.read(4, 100).data == b"narrow"


def test_single_bytes_do_not_become_many_objects(place):
    history = History(OutputLog(place()), ring=1 << 14)
    for _ in range(1 << 15):
        history.append(b"x")
    assert len(history._ring) <= 8


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(0, 400))
@settings(max_examples=30)
def test_the_tail_is_the_end_without_gaps(place, lengths, limit):
    log = OutputLog(place(), limit=400)
    for length in lengths:
        log.append(bytes([length]) * length)
    log.close()
    whole = b"".join(bytes([length]) * length for length in lengths)
    piece = Recording(log.directory).tail(limit)
    if piece is None:
        assert limit == 0 or not whole
    else:
        assert whole[piece.offset :] == piece.data
        assert len(piece.data) <= limit
        assert piece.end == len(whole)


def test_segments_follow_each_other(place):
    log = OutputLog(place(), limit=800)
    for _ in range(60):
        log.append(b"0123456789")
    log.close()
    offsets = segment_offsets(log.directory)
    assert len(offsets) <= 8
    assert [b - a for a, b in pairwise(offsets)] == [100] * (len(offsets) - 1)


def refuse(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
