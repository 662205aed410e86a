"""Small texts: times, connection, hints, counts."""

from dataclasses import replace

import pytest

from maestro_tui.tui.counts import Counts, count
from maestro_tui.tui.glyphs import PHASE_MARKS, PRIORITY_MARKS, SESSION_MARKS, TASK_MARKS
from maestro_tui.tui.text import clip, line, paragraphs
from maestro_tui.tui.times import ago
from maestro_tui.tui.widgets.connection_status import connection_words
from maestro_tui.tui.widgets.footer import Hint, fitting


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (-5, "now"),
        (0, "now"),
        (9, "now"),
        (10, "10s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (7200, "2h"),
        (1e6, "11d"),
    ],
)
def test_ago(seconds, word):
    assert ago(1_000_000_000, 1_000_000_000 + int(seconds * 1000)) == word


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "connected 2 ms"),
        ({"latency_ms": 0.3}, "connected <1 ms"),
        ({"queued": 2}, "connected 2 ms · 2 queued"),
        ({"phase": "connecting"}, "connecting"),
        ({"phase": "resyncing"}, "resyncing"),
        ({"phase": "reconnecting", "attempt": 3, "retry_at": 6400}, "reconnecting · attempt 4 in 6 s"),
        ({"phase": "offline", "attempt": 9, "retry_at": 500, "queued": 1}, "offline · attempt 10 · 1 queued"),
        ({"phase": "refused"}, "refused"),
    ],
)
def test_connection_in_words(feed, changes, words):
    assert connection_words(replace(feed.connection, **changes), 1000) == words


def test_hints_that_do_not_fit_go_and_the_last_ones_stay():
    hints = [Hint("a", "first"), Hint("b", "second"), Hint("?", "help"), Hint("q", "quit")]
    assert fitting(hints, 80, 2) == hints
    assert [hint.key for hint in fitting(hints, 24, 2)] == ["a", "?", "q"]
    assert [hint.key for hint in fitting(hints, 8, 2)] == ["q"]
    assert fitting(hints, 1, 2) == []


def test_counts(sample):
    assert count(sample.mirror, "proj_1") == Counts(open=5, blocked=1, agents=3, waiting=1)
    assert count(sample.mirror, None) == Counts()


def test_marks_differ_by_glyph_and_word_not_only_by_colour():
    for marks in (TASK_MARKS, SESSION_MARKS, PRIORITY_MARKS):
        assert len({mark.glyph for mark in marks.values()}) == len(marks)
        assert len({mark.word for mark in marks.values()}) == len(marks)
    assert len({mark.word for mark in PHASE_MARKS.values()}) == len(PHASE_MARKS)


def test_every_glyph_is_one_cell_wide():
    marks = [*TASK_MARKS.values(), *SESSION_MARKS.values(), *PRIORITY_MARKS.values(), *PHASE_MARKS.values()]
    assert [mark for mark in marks if line(mark.glyph).cell_length != 1] == []


def test_outside_text_is_data():
    assert line("a\x1b[2Jb\n [bold]c[/]").plain == "a[2Jb [bold]c[/]"
    assert paragraphs("a\tb\n\x07c").plain == "a    b\nc" or paragraphs("a\tb\n\x07c").plain == "a   b\nc"
    assert clip("x" * 30, 5).plain == "xxxx…"
