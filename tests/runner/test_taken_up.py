"""What one runner saw a program say holds for the next one, unless the program has gone on since."""

import pytest

from maestro_tui.config.settings import AgentProfile
from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.status import ActivityState, EvidenceSource, Need
from maestro_tui.recording import MARKS, OUT, Mark, MarkKind, encode_mark, output_directory, segment_path
from maestro_tui.runner.taken_up import still_holding
from maestro_tui.runner.trail import Trail
from maestro_tui.terminal.notices import Notification

ASKED = 1_000_000
SECOND = 1_000


def evidence_of_a_question():
    trail = Trail(AgentProfile())
    trail.titled("thinking", ASKED - SECOND)
    trail.wrote(ASKED)
    trail.notified(Notification("", "May I?"), ASKED)
    trail.looked_at_processes(busy=False, now=ASKED)
    return trail.evidence(ASKED + SECOND)


@pytest.fixture
def recorded(tmp_path):
    """recorded(marks): the directory of a session whose program wrote a byte or was typed to at those times."""

    def write(*marks):
        (tmp_path / "output").mkdir()
        directory = output_directory(tmp_path)
        coded = [encode_mark(Mark(kind, 1, offset, at)) for offset, (kind, at) in enumerate(marks)]
        with (
            open(segment_path(directory, 0, OUT), "wb") as out,
            open(segment_path(directory, 0, MARKS), "wb") as told,
        ):
            out.write(b"x" * len(marks))
            told.write(b"".join(coded))
        return tmp_path

    return write


def work(start, seconds):
    return [(MarkKind.TIME, start + step * SECOND) for step in range(seconds + 1)]


def test_a_question_still_stands_after_the_redraws_of_a_cockpit_that_left(recorded):
    directory = recorded(*work(ASKED - 60 * SECOND, 60), (MarkKind.TIME, ASKED + 20 * SECOND))
    held = still_holding(evidence_of_a_question(), directory)
    assert [one.source for one in held] == [EvidenceSource.NOTIFICATION]
    trail = Trail(AgentProfile())
    trail.wrote(ASKED + 600 * SECOND)
    trail.take_up(held)
    verdict = trail.verdict(ASKED + 700 * SECOND)
    assert (verdict.state, verdict.need) == (ActivityState.WAITING, Need.QUESTION)
    assert "May I?" in verdict.because


def test_what_the_program_has_gone_on_from_is_over(recorded):
    directory = recorded(
        (MarkKind.TIME, ASKED), *work(ASKED + 60 * SECOND, 5), (MarkKind.TIME, ASKED + 90 * SECOND)
    )
    assert still_holding(evidence_of_a_question(), directory) == ()


def test_the_echo_of_keys_is_no_work(recorded):
    keys = [
        pair
        for at in range(5)
        for pair in ((MarkKind.INPUT, ASKED + at * SECOND), (MarkKind.TIME, ASKED + at * SECOND))
    ]
    assert still_holding(evidence_of_a_question(), recorded(*keys))


def test_nothing_is_read_where_there_is_nothing_to_take_up(tmp_path):
    seen = Evidence(source=EvidenceSource.PROCESS, state=ActivityState.IDLE, at=ASKED)
    assert still_holding([seen], tmp_path / "none") == ()


def test_a_title_that_is_read_again_is_as_old_as_it_was():
    told = Evidence(
        source=EvidenceSource.TITLE, state=ActivityState.WORKING, detail="its title is “busy”", at=ASKED
    )
    profile = AgentProfile(titles=({"pattern": "busy", "state": "working"},))
    trail = Trail(profile)
    trail.titled("busy", ASKED + 60 * SECOND)
    trail.take_up([told])
    assert [one.at for one in trail.evidence(ASKED + 60 * SECOND)] == [ASKED]
    trail.titled("busy again", ASKED + 60 * SECOND)
    trail.take_up([told])
    assert [one.at for one in trail.evidence(ASKED + 60 * SECOND)] == [ASKED + 60 * SECOND]
