"""The evidence that one agent leaves: each source's newest, and the rhythm of what it writes.

Pure: times are arguments, in Unix ms.
"""

import re
from collections.abc import Iterable, Sequence

from maestro_tui.config.settings import AgentProfile, Sign
from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.status import ActivityState, EvidenceSource, Need
from maestro_tui.runner.evidence import Verdict, judge
from maestro_tui.terminal.notices import Notification, ProgramStatus, Progress, ShellMark

__all__ = ["SCREEN_ROWS", "Trail", "sign_in"]

PAUSE_MS = 3_000
"""Output with no longer pause in it is one stretch."""
STRETCH_MS = 3_000
"""A shorter stretch is a redraw or an echo, no work."""
ECHO_MS = 1_000
"""What is written right after a key came is the answer to the key."""
SILENT_MS = 10_000
UNBEGUN_MS = 15_000
"""An agent that starts shows or computes something that often."""
SPINNING_MS = 10 * 60_000
"""A stretch that lasts longer, with nothing else to say for it, may be an animation that nobody stops."""
TITLE_MS = PROGRESS_MS = 60_000
"""Who works sets its title and its progress again and again."""
BELL_MS = 10 * 60_000
STATUS_MS = 15 * 60_000
"""A program states a change once, however long it works."""
FILE_MS = 5 * 60_000
"""A step that takes longer, as a long build does, has other evidence for it."""
INPUT_MS = 10 * 60_000
LONGEST_SHOWN = 100
SCREEN_ROWS = 20
"""Of the end of a screen, to find signs in: a dialog has about as many."""
PROCESS_MS = 15_000

_PROGRESS = {
    "set": (ActivityState.WORKING, None),
    "indeterminate": (ActivityState.WORKING, None),
    "error": (ActivityState.WAITING, Need.ERROR),
    "pause": (ActivityState.WAITING, Need.QUESTION),
    "remove": (ActivityState.IDLE, None),
}
_STATUS = {
    "working": (ActivityState.WORKING, None),
    "blocked": (ActivityState.WAITING, Need.QUESTION),
    "error": (ActivityState.WAITING, Need.ERROR),
    "idle": (ActivityState.IDLE, None),
    "done": (ActivityState.IDLE, None),
}
_SEEN = frozenset({EvidenceSource.BELL, EvidenceSource.INPUT, EvidenceSource.PROCESS, EvidenceSource.OUTPUT})
"""What is seen of any program; all else is said by one, or for it."""
_ANSWERABLE = frozenset({ActivityState.WAITING, ActivityState.IDLE})


class Trail:
    """What is known of one agent. profile: how to read its titles and notifications."""

    def __init__(self, profile: AgentProfile) -> None:
        self.profile = profile
        self._newest: dict[EvidenceSource, Evidence] = {}
        self._told: tuple[Evidence, ...] = ()
        self._first_output: int | None = None
        self._last_output: int | None = None
        self._typed_at: int | None = None
        self._answered_at = 0

    # -- what happens --------------------------------------------------------------------

    def told(self, evidence: Iterable[Evidence]) -> None:
        """All that the agent, its hooks and people said, as the session's document has it."""
        self._told = tuple(evidence)

    def take_up(self, evidence: Iterable[Evidence]) -> None:
        """What the program said before anybody here listened; where it is known as new, it is older than that."""
        for one in evidence:
            known = self._newest.get(one.source)
            if known is None or known.detail == one.detail:
                self._newest[one.source] = one

    def titled(self, title: str, now: int) -> None:
        """The program set its title; one that says nothing leaves what an older one said."""
        if (sign := sign_in(title, self.profile.titles)) is not None:
            expires_at = now + TITLE_MS if sign.state is ActivityState.WORKING else None
            self._note(EvidenceSource.TITLE, sign.state, f"its title is “{title}”", now, sign.need, expires_at)

    def notified(self, notification: Notification, now: int) -> None:
        """The program sent a notification: a call for somebody, unless its profile says otherwise."""
        text = ": ".join(part for part in (notification.title, notification.body) if part)
        sign = sign_in(text, self.profile.notifications)
        state = sign.state if sign else ActivityState.WAITING
        need = sign.need if sign else Need.QUESTION
        self._note(EvidenceSource.NOTIFICATION, state, f"it notified: “{text}”", now, need)

    def progressed(self, progress: Progress, now: int) -> None:
        """OSC 9;4."""
        state, need = _PROGRESS.get(progress.state, (ActivityState.WORKING, None))
        percent = "" if progress.percent is None else f" {progress.percent} %"
        expires_at = now + PROGRESS_MS if state is ActivityState.WORKING else None
        detail = f"its progress is {progress.state}{percent}"
        self._note(EvidenceSource.PROGRESS, state, detail, now, need, expires_at)

    def marked(self, mark: ShellMark, now: int) -> None:
        """OSC 133: a shell shows its prompt, or runs a command."""
        if mark.kind == "command":
            self._note(EvidenceSource.PROMPT, ActivityState.WORKING, "its shell runs a command", now)
            return
        code = f", the last command ended with {mark.exit_code}" if mark.exit_code else ""
        self._note(EvidenceSource.PROMPT, ActivityState.IDLE, f"its shell shows the prompt{code}", now)

    def stated(self, status: ProgramStatus, now: int) -> None:
        """OSC 7501. A state that nobody knows takes back what was stated before."""
        state, need = _STATUS.get(status.state, (ActivityState.UNKNOWN, None))
        if state is ActivityState.WAITING and status.kind == "permission":
            need = Need.PERMISSION
        expires_at = now + STATUS_MS if state is ActivityState.WORKING else None
        kind = f" ({status.kind})" if status.kind else ""
        self._note(
            EvidenceSource.STATUS, state, f"it states that it is {status.state}{kind}", now, need, expires_at
        )

    def shown(self, text: str, now: int) -> None:
        """The end of its screen. What it told before is over once it stands there no more."""
        sign, known = sign_in(text, self.profile.screen), self._newest.get(EvidenceSource.SCREEN)
        if sign is None:
            self._newest.pop(EvidenceSource.SCREEN, None)
        elif known is None or (known.state, known.need) != (sign.state, sign.need):
            detail = f"its screen shows “{_row_of(sign, text)}”"
            self._note(EvidenceSource.SCREEN, sign.state, detail, now, sign.need)

    def filed(self, state: ActivityState, detail: str, at: int) -> None:
        """The file it keeps of its conversation has another last step. at: when that was written."""
        expires_at = at + FILE_MS if state is ActivityState.WORKING else None
        self._note(EvidenceSource.FILE, state, detail, at, expires_at=expires_at)

    def rang(self, now: int) -> None:
        """BEL; not when it answers a key, as shells do that cannot complete a word."""
        if self._typed_at is None or now - self._typed_at > ECHO_MS:
            expires_at = now + BELL_MS
            self._note(EvidenceSource.BELL, ActivityState.WAITING, "it rang", now, Need.QUESTION, expires_at)

    def typed(self, now: int) -> None:
        """Somebody gave the program input."""
        self._typed_at = now
        detail = "somebody typed into its terminal"
        self._note(EvidenceSource.INPUT, ActivityState.UNKNOWN, detail, now, expires_at=now + INPUT_MS)

    def wrote(self, now: int) -> None:
        """The program wrote something."""
        if self._typed_at is not None and now - self._typed_at <= ECHO_MS:
            self._last_output = now
            self._first_output = None
            return
        if self._first_output is None or self._last_output is None or now - self._last_output > PAUSE_MS:
            self._first_output = now
        self._last_output = now
        if self._typed_at is not None and now - self._first_output >= STRETCH_MS:
            self._answered_at = self._typed_at

    def looked_at_processes(self, *, busy: bool, now: int) -> None:
        """Whether the processes of the agent have used the processor since the last look."""
        state = ActivityState.WORKING if busy else ActivityState.IDLE
        detail = "its processes are computing" if busy else "its processes are at rest"
        self._note(EvidenceSource.PROCESS, state, detail, now, expires_at=now + PROCESS_MS)

    def ended(self, how: str, now: int) -> None:
        """The program is over."""
        self._note(EvidenceSource.PROCESS, ActivityState.DONE, f"it has ended: {how}", now)

    # -- what it comes to ----------------------------------------------------------------

    @property
    def is_silent(self) -> bool:
        """Whether the last thing that is known of its output is that there was none for a while."""
        return self._first_output is None

    def silent_for(self, now: int) -> int:
        """Ms since the program wrote something; 0 before it ever did."""
        return 0 if self._last_output is None else max(now - self._last_output, 0)

    def evidence(self, now: int) -> tuple[Evidence, ...]:
        """Everything there is, what has expired included, the newest first."""
        known = {one.source: self._seen_with_answer(one) for one in (*self._told, *self._newest.values())}
        if (output := self._output(now)) is not None:
            known[EvidenceSource.OUTPUT] = output
        return tuple(sorted(known.values(), key=lambda one: -one.at))

    def verdict(self, now: int) -> Verdict:
        return judge(self.evidence(now), now)

    def _seen_with_answer(self, one: Evidence) -> Evidence:
        """Rest and questions are over once somebody typed and the agent went to work upon it."""
        if one.state in _ANSWERABLE and one.at < self._answered_at and one.expires_at is None:
            return one.model_copy(update={"expires_at": self._answered_at})
        return one

    def _output(self, now: int) -> Evidence | None:
        first, last = self._first_output, self._last_output
        if last is None:
            return None
        silence = now - last
        if silence >= UNBEGUN_MS and self._has_yet_to_begin():
            detail = f"it has not begun with its brief and has been silent for {silence // 1000} s"
            return _of_output(ActivityState.WAITING, f"{detail}: see what its terminal asks", last)
        if silence >= SILENT_MS:
            return _of_output(ActivityState.IDLE, f"it has been silent for {silence // 1000} s", last)
        if first is None or silence > PAUSE_MS or last - first < STRETCH_MS:
            return None
        if last - first >= SPINNING_MS:
            minutes = (last - first) // 60_000
            detail = f"it has written for {minutes} min without a pause, as an animation does"
            return _of_output(ActivityState.UNKNOWN, detail, last)
        return _of_output(ActivityState.WORKING, f"it has been writing for {(last - first) // 1000} s", last)

    def _has_yet_to_begin(self) -> bool:
        """Whether an agent that tells of its turns told nothing yet: it may ask whether to trust a directory."""
        if self.profile.hooks == "none":
            return False
        return _SEEN.issuperset((*self._newest, *(one.source for one in self._told)))

    def _note(
        self,
        source: EvidenceSource,
        state: ActivityState,
        detail: str,
        now: int,
        need: Need | None = None,
        expires_at: int | None = None,
    ) -> None:
        self._newest[source] = Evidence(
            source=source, state=state, need=need, detail=detail, at=now, expires_at=expires_at
        )


def _of_output(state: ActivityState, detail: str, at: int) -> Evidence:
    return Evidence(source=EvidenceSource.OUTPUT, state=state, detail=detail, at=at)


def _row_of(sign: Sign, text: str) -> str:
    """Where on the screen the sign is."""
    found = re.search(sign.pattern, text)
    before, after = (text[: found.start()], text[found.start() :]) if found else ("", text)
    row = before.rpartition("\n")[2] + after.partition("\n")[0]
    return row.strip(" │")[:LONGEST_SHOWN]


def sign_in(text: str, signs: Sequence[Sign]) -> Sign | None:
    """The first sign that fits a text."""
    return next((sign for sign in signs if re.search(sign.pattern, text)), None)
