"""What a runner before this one saw a program say, as far as it still holds now that this one goes on."""

from collections.abc import Iterable
from pathlib import Path

from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.status import EvidenceSource
from maestro_tui.recording import Mark, MarkKind, Recording, output_directory
from maestro_tui.runner.evidence import RACE_MS
from maestro_tui.runner.trail import ECHO_MS, PAUSE_MS, STRETCH_MS

__all__ = ["still_holding"]

SAID_ONCE = frozenset(
    {
        EvidenceSource.TITLE,
        EvidenceSource.NOTIFICATION,
        EvidenceSource.PROGRESS,
        EvidenceSource.PROMPT,
        EvidenceSource.STATUS,
        EvidenceSource.BELL,
        EvidenceSource.INPUT,
    }
)
"""Sources that a terminal tells of at one moment; the others can be looked at again."""


def still_holding(evidence: Iterable[Evidence], directory: Path) -> tuple[Evidence, ...]:
    """The evidence that only a terminal had, without what the program has gone on from since.

    directory: the session's: its recording says when the program wrote. Blocks for as long as reading that takes.
    """
    once = [one for one in evidence if one.source in SAID_ONCE]
    if not once:
        return ()
    worked_at = _last_worked(_marks_since(Recording(output_directory(directory)), min(one.at for one in once)))
    return tuple(one for one in once if worked_at - one.at <= RACE_MS)


def _marks_since(recording: Recording, moment: int) -> list[Mark]:
    """The marks from a moment on, and maybe some before it."""
    marks: list[Mark] = []
    for first in reversed(recording.segments()):
        marks[:0] = recording.segment_marks(first)
        if marks and marks[0].at <= moment:
            break
    return marks


def _last_worked(marks: Iterable[Mark]) -> int:
    """When the program last wrote for a while, as one at work does, and not in answer to a key; 0 for never."""
    worked_at, typed_at, first, last = 0, 0, 0, 0
    for mark in marks:
        if mark.kind is MarkKind.INPUT:
            typed_at = mark.at
        elif mark.kind is MarkKind.TIME and mark.at - typed_at > ECHO_MS:
            first = first if mark.at - last <= PAUSE_MS else mark.at
            last = mark.at
            worked_at = last if last - first >= STRETCH_MS else worked_at
    return worked_at
