from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Decoder, Frame, Kind, ProtocolError

OFFSETS = st.integers(0, 2**64 - 1)
SIDES = st.integers(1, frames.LARGEST_SIDE)
WORDS = st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans(), st.none()))
FRAMES = st.builds(Frame, st.sampled_from(Kind), st.binary(max_size=300))


@given(st.lists(FRAMES, max_size=20), st.data())
def test_however_a_stream_is_cut_the_frames_are_the_same(sent, data):
    stream = b"".join(frames.encode(*frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    decoder = Decoder()
    received = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += decoder.feed(stream[start:end])
    assert received == sent
    assert decoder.buffered == 0


@given(st.binary(max_size=2000))
def test_garbage_is_an_error_or_waits_for_more_and_never_anything_else(data):
    decoder = Decoder()
    with suppress(ProtocolError):
        decoder.feed(data)
    assert decoder.buffered <= frames.MAX_PAYLOAD + 5


@given(OFFSETS, st.binary(max_size=100))
def test_output(offset, data):
    assert frames.parse_output(only(frames.output(offset, data))) == (offset, data)


@given(OFFSETS, OFFSETS)
def test_gap(first, end):
    assert frames.parse_gap(only(frames.gap(first, end))) == (first, end)


@given(SIDES, SIDES)
def test_sizes(columns, rows):
    assert frames.parse_size(only(frames.size(Kind.RESIZE, columns, rows))) == (columns, rows)


@given(st.integers(0, 2**32 - 1), st.binary(max_size=100))
def test_input(ticket, data):
    assert frames.parse_input(only(frames.input_bytes(ticket, data))) == (ticket, data)
    assert frames.parse_delivered(only(frames.delivered(ticket))) == ticket


@given(WORDS)
def test_messages(content):
    assert frames.parse_message(only(frames.message(Kind.STATE, content))) == content


def test_focus_and_signal():
    assert frames.parse_focus(only(frames.focus(True))) is True
    assert frames.parse_focus(only(frames.focus(False))) is False
    assert frames.parse_signal(only(frames.signal_number(15))) == 15


@given(st.sampled_from([Kind.OUTPUT, Kind.GAP, Kind.SIZE, Kind.INPUT, Kind.DELIVERED, Kind.FOCUS, Kind.SIGNAL]))
def test_a_payload_of_the_wrong_shape_is_named(kind):
    readers = {
        Kind.OUTPUT: frames.parse_output,
        Kind.GAP: frames.parse_gap,
        Kind.SIZE: frames.parse_size,
        Kind.INPUT: frames.parse_input,
        Kind.DELIVERED: frames.parse_delivered,
        Kind.FOCUS: frames.parse_focus,
        Kind.SIGNAL: frames.parse_signal,
    }
    with pytest.raises(ProtocolError, match=kind.name):
        readers[kind](Frame(kind, b""))


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[]", b"null", b"[" * 100_000])
def test_a_message_that_is_no_json_object_is_named(payload):
    with pytest.raises(ProtocolError, match=r"STATE frame (holds no JSON|must hold a JSON object)"):
        frames.parse_message(Frame(Kind.STATE, payload))


def test_a_frame_is_bounded():
    with pytest.raises(ProtocolError, match="at most"):
        frames.encode(Kind.INPUT, bytes(frames.MAX_PAYLOAD + 1))


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (10_001, 5), (True, 5), ("80", 24), (None, 24)])
def test_sizes_out_of_range(size):
    with pytest.raises(ProtocolError):
        frames.check_size(*size)


def test_frames_of_a_later_version_are_skipped():
    later = frames.encode(Kind.STATE, b"{}").replace(b"T", b"Q", 1)
    assert Decoder().feed(frames.delivered(1) + later + frames.delivered(2)) == [
        only(frames.delivered(1)),
        only(frames.delivered(2)),
    ]
    with pytest.raises(ProtocolError, match="unknown frame type 0x71"):
        Decoder().feed(later.replace(b"Q", b"q", 1))


@pytest.mark.parametrize("theirs", [0, -1, None, "2", True])
def test_a_version_nobody_speaks_is_refused(theirs):
    with pytest.raises(ProtocolError, match="1 to 2"):
        frames.agree(theirs)


def test_two_versions_meet_at_the_lower():
    assert [frames.agree(version) for version in (1, 2, 3, 99)] == [1, 2, 2, 2]


def only(data: bytes) -> Frame:
    (frame,) = Decoder().feed(data)
    return frame
