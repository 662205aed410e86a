"""Is it working or waiting? What all the evidence of a session comes to.

Pure: times are arguments, in Unix ms. A claim is what somebody says of the agent: a person, the
agent, its hooks, what it writes to its terminal on purpose. A hint is what can be seen without
its doing: bytes, processes, a bell. Claims decide, hints confirm or contradict; what contradicts
itself or is too old comes to `unknown`. Nobody acts upon a verdict but people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.status import ActivityState, EvidenceSource, Need

__all__ = ["Verdict", "judge"]

RACE_MS = 3_000
"""Claims made within this time are of one moment: the most trusted of them decides."""
SILENCE_MS = 45_000
"""An agent that works shows something that often; one that is silent for longer may have been interrupted."""
BELL_MS = 4_000
"""A bell that nothing was written after for this long is a call for somebody."""

_TRUST = {source: rank for rank, source in enumerate(EvidenceSource)}
_HINTS = frozenset({EvidenceSource.BELL, EvidenceSource.INPUT, EvidenceSource.PROCESS, EvidenceSource.OUTPUT})
_WORKING, _IDLE = ActivityState.WORKING, ActivityState.IDLE
_WAITING, _UNKNOWN = ActivityState.WAITING, ActivityState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent is doing. because: the reason in words; never empty."""

    state: ActivityState
    because: str
    need: Need | None = None


def judge(evidence: Iterable[Evidence], now: int) -> Verdict:
    """What the evidence comes to at a moment; of each source there is at most one piece."""
    counting = [one for one in evidence if not one.has_expired(now)]
    by_source = {one.source: one for one in counting}
    ended = next((one for one in counting if one.state is ActivityState.DONE), None)
    if ended is not None:
        return Verdict(ActivityState.DONE, _told(ended))
    claims = [one for one in counting if one.source not in _HINTS]
    claim = _leading(claims)
    if claim is None:
        return _from_hints(by_source, now)
    doubt = _doubt(claim, by_source, now)
    if doubt:
        return Verdict(_UNKNOWN, f"{_told(claim)}, but {doubt}")
    if claim.state is _UNKNOWN:
        return _from_hints(by_source, now)
    return Verdict(claim.state, _told(claim), claim.need)


def _leading(claims: Sequence[Evidence]) -> Evidence | None:
    """The newest claim; of those of the same moment the most trusted; a question over mere rest."""
    if not claims:
        return None
    newest = max(claims, key=lambda one: one.at)
    leader = min((one for one in claims if newest.at - one.at <= RACE_MS), key=lambda one: _TRUST[one.source])
    if leader.state is not _IDLE or leader.source is EvidenceSource.PERSON:
        return leader
    asking = [one for one in claims if one.state is _WAITING and _TRUST[one.source] < _TRUST[leader.source]]
    return max(asking, key=lambda one: one.at, default=leader)


def _doubt(claim: Evidence, by_source: dict[EvidenceSource, Evidence], now: int) -> str:
    """What speaks against a claim, in words; empty when nothing does. A person is taken at their word."""
    output, process = by_source.get(EvidenceSource.OUTPUT), by_source.get(EvidenceSource.PROCESS)
    if claim.source is EvidenceSource.PERSON or output is None:
        return ""
    if claim.state is _WORKING:
        is_busy = process is not None and process.state is _WORKING
        silent = output.state is _IDLE and now - max(output.at, claim.at) >= SILENCE_MS
        return output.detail if (silent and not is_busy) or output.state is _UNKNOWN else ""
    writes_since = output.state is _WORKING and output.at - claim.at > RACE_MS
    return output.detail if claim.state in (_IDLE, _WAITING) and writes_since else ""


def _from_hints(by_source: dict[EvidenceSource, Evidence], now: int) -> Verdict:
    output, process = by_source.get(EvidenceSource.OUTPUT), by_source.get(EvidenceSource.PROCESS)
    bell, typed = by_source.get(EvidenceSource.BELL), by_source.get(EvidenceSource.INPUT)
    writes = output is not None and output.state is _WORKING
    if bell is not None and not writes and now - bell.at >= BELL_MS and (typed is None or typed.at < bell.at):
        return Verdict(_WAITING, _told(bell), Need.QUESTION)
    is_busy = process is not None and process.state is _WORKING
    if output is not None and output.state is _WAITING and not is_busy:
        return Verdict(_WAITING, output.detail, Need.QUESTION)
    if output is not None and output.state in (_WORKING, _UNKNOWN):
        return Verdict(output.state, output.detail)
    if process is not None and is_busy:
        return Verdict(_WORKING, process.detail)
    if output is not None and process is not None:
        return Verdict(_IDLE, f"{output.detail}, and {process.detail}")
    return Verdict(_UNKNOWN, output.detail if output is not None else "there is no evidence yet")


def _told(one: Evidence) -> str:
    """Without its age, which would be wrong soon: the verdict is kept for as long as it holds."""
    return f"{one.detail or f'{one.source} says {one.state}'} ({one.source})"
