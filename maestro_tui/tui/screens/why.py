"""Why an agent counts as working, waiting or idle: all the evidence, and a person's own word on it."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import ActivityState
from maestro_tui.tui.glyphs import ACTIVITY_MARKS, NEED_MARKS, session_mark
from maestro_tui.tui.ports import Documents
from maestro_tui.tui.text import hanging, line
from maestro_tui.tui.times import Clock, wall_clock, when
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["WhyScreen", "evidence_of"]

STATES = {"w": "working", "a": "waiting", "i": "idle", "u": "unknown"}
"""Keys of the states that a person may say an agent is in."""
HINTS = STATES | {"u": ACTIVITY_MARKS[ActivityState.UNKNOWN].word}


class WhyScreen(ModalScreen[None], inherit_bindings=False):
    """Follows one session while it is open. correct: says that it is in a state."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,W,enter", "close", "Close", show=False),
        *(Binding(key, f"correct('{state}')", f"It is {state}", show=False) for key, state in STATES.items()),
    ]

    def __init__(
        self,
        documents: Documents,
        session_id: str,
        correct: Callable[[Session, str], None],
        *,
        clock: Clock = wall_clock,
    ) -> None:
        super().__init__()
        self._documents = documents
        self._session_id = session_id
        self._correct = correct
        self._clock = clock

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -wide") as box:
            box.border_title = Content("Why")
            with VerticalScroll(classes="fields", can_focus=False):
                yield Static(id="why", markup=False)
            footer = Footer()
            footer.hints = (
                *(Hint(key, f"it is {HINTS[key]}", f"screen.correct('{state}')") for key, state in STATES.items()),
                Hint("esc", "close", "screen.close"),
            )
            yield footer

    def on_mount(self) -> None:
        self.set_interval(1, self.follow)
        self.follow()

    def on_resize(self) -> None:
        """Evidence folds to the width there is."""
        self.call_after_refresh(self.follow)

    def follow(self) -> None:
        """Read the documents and the clock again."""
        session = self._documents.sessions.get(self._session_id)
        for box in self.query("#why").results(Static):  # none while the screen comes or goes
            if session is None:
                box.update("This session was deleted.")
            else:
                box.update(_told(session, self._clock(), box.size.width or self.size.width))

    def action_correct(self, state: str) -> None:
        """The person knows better. It is evidence like the rest, the most trusted of its moment."""
        if (session := self._documents.sessions.get(self._session_id)) is not None and session.is_live:
            self._correct(session, state)

    def action_close(self) -> None:
        self.dismiss(None)


def evidence_of(session: Session) -> list[Evidence]:
    """What its runner had, and what was said since: of each source the newest, the newest first."""
    known = session.activity.evidence if session.activity is not None else ()
    newest: dict[str, Evidence] = {}
    for one in (*known, *session.evidence):
        if one.source not in newest or one.at >= newest[one.source].at:
            newest[one.source] = one
    return sorted(newest.values(), key=lambda one: -one.at)


def _told(session: Session, now: int, width: int) -> Content:
    mark, known = session_mark(session), session.known_activity
    head = [
        line(session.name, "bold"),
        Content.styled(f"{mark.glyph} {mark.word}", f"${mark.colour}"),
    ]
    if known is not None:
        head.append(Content.assemble(line(known.because), Content.styled(f"  {when(known.since, now)}", "$muted")))
    elif session.is_live:
        head.append(Content.styled("no runner watches it now, so nothing is known of what it does", "$muted"))
    told_at = known.since if known is not None else 0
    evidence = [_row(one, now, told_at, width) for one in evidence_of(session)] or [
        Content.styled("There is no evidence.", "$muted")
    ]
    return Content("\n").join(
        [*head, Content(""), Content.styled("evidence, the newest first", "$muted"), *evidence]
    )


def _row(one: Evidence, now: int, told_at: int, width: int) -> Content:
    mark = NEED_MARKS[one.need] if one.need is not None else ACTIVITY_MARKS[one.state]
    faded = one.has_expired(now)
    ends = f"  {_end(one, now, told_at)}" if one.expires_at is not None else ""
    lead = Content.assemble(
        Content.styled(f"{one.source:<13}", "$muted"),
        Content.styled(f"{mark.glyph} {mark.word:<17}", "$muted" if faded else f"${mark.colour}"),
        Content.styled(f"{when(one.at, now):<12}", "$muted"),
    )
    said = Content.assemble(line(one.detail, "$muted" if faded else ""), Content.styled(ends, "$muted"))
    return hanging(lead, said, width)


def _end(one: Evidence, now: int, told_at: int) -> str:
    """What counted when the runner told the state is not told again while that holds."""
    if one.expires_at is not None and now < one.expires_at:
        return f"for {(one.expires_at - now) // 1000 + 1} s"
    return "counted when told" if one.counted(told_at) else "expired"
