"""Ending sessions: the question before, and the ladder of signals while it runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.domain.session import Session
from maestro_tui.ptyhost.ending import LADDER
from maestro_tui.tui.glyphs import STOPPING, session_mark
from maestro_tui.tui.later import Later
from maestro_tui.tui.ports import Documents
from maestro_tui.tui.screens.dialog import Dialog
from maestro_tui.tui.text import clip, line
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["StopSession", "StoppingScreen"]

MOST_NAMES = 6
NAME_CELLS = 26

Stop = Callable[[Sequence[Session]], Awaitable[object]]


class StopSession(Dialog[tuple[str, ...]]):
    """Asks before a session is ended, and what becomes of those below it. Answers with the ids it stopped."""

    BINDINGS = [
        Binding("y", "submit", "Stop it", show=False),
        Binding("a", "submit_all", "Stop all of them", show=False),
        Binding("n", "cancel", "Keep it", show=False),
    ]

    def __init__(self, session: Session, below: Callable[[], Sequence[Session]], stop: Stop) -> None:
        """below: the live sessions that it started, and theirs, at the moment; an agent may start more while
        the person makes up their mind. stop: may raise MaestroError, which is shown.
        """
        super().__init__()
        self._session = session
        self._find_below = below
        self._below = tuple(below())
        self._stop = stop
        self._with_children = False

    @property
    def heading(self) -> str:
        return "Stop session"

    def fields(self) -> ComposeResult:
        yield Static(self._question(), markup=False, classes="said")

    def hints(self) -> Sequence[Hint]:
        if not self._below:
            return (Hint("y", "stop", "screen.submit"), Hint("n", "keep it", "screen.cancel"))
        return (
            Hint("y", "stop it alone", "screen.submit"),
            Hint("a", f"stop all {len(self._below) + 1}", "screen.submit_all"),
            Hint("n", "keep all", "screen.cancel"),
        )

    def action_submit(self) -> None:
        """Stop it alone."""
        self._begin(with_children=False)

    def action_submit_all(self) -> None:
        """Stop it and all that it started."""
        if self._below:
            self._begin(with_children=True)

    def _begin(self, *, with_children: bool) -> None:
        if not self._sending:
            self._with_children = with_children
            super().action_submit()

    async def send(self) -> tuple[str, ...]:
        wanted = (self._session, *(self._find_below() if self._with_children else ()))
        await self._stop(wanted)
        return tuple(session.id for session in wanted)

    def _question(self) -> Content:
        parts = [
            line(f"Stop “{self._session.name}”?"),
            Content.styled(f"Its agent is told politely first, then firmly: {_ladder_words()}.", "$muted"),
        ]
        if self._below:
            parts += [Content(""), line(f"Still at work below it: {len(self._below)}. What becomes of them?")]
            parts += [_named(session) for session in self._below[:MOST_NAMES]]
        if (more := len(self._below) - MOST_NAMES) > 0:
            parts.append(Content.styled(f"  and {more} more", "$muted"))
        return Content("\n").join(parts)


class StoppingScreen(ModalScreen[None], inherit_bindings=False):
    """Shows how far the end of sessions has come, until all have ended; leaving it changes nothing.

    steps: the signal sent last, by session id, as far as it is known here.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,enter", "close", "Leave it to itself", show=False),
        Binding("x", "skip", "Do not wait for the next step", show=False),
    ]

    def __init__(
        self, documents: Documents, session_ids: Sequence[str], steps: Mapping[str, str | None], stop: Stop
    ) -> None:
        super().__init__()
        self._documents = documents
        self._session_ids = tuple(session_ids)
        self._steps = steps
        self._stop = stop
        self._shown = Content("")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Stopping")
            yield Static(id="ladders", markup=False, classes="said")
            footer = Footer()
            footer.hints = (
                Hint("x", "next step now", "screen.skip"),
                Hint("esc", "leave it to itself", "screen.close"),
            )
            yield footer

    def on_mount(self) -> None:
        self.follow()

    def on_screen_resume(self) -> None:
        """What lay over it is gone: all may have ended below it."""
        self.follow()

    def follow(self) -> None:
        """Something changed: show where each stands; close when all have ended."""
        if not self._live():
            self.action_close()
            return
        text = Content("\n").join([self._standing(one) for one in self._session_ids])
        for box in self.query("#ladders").results(Static):  # none while the screen comes or goes
            if text != self._shown:
                self._shown = text
                box.update(text)

    async def action_skip(self) -> None:
        """Wait no longer for the step in force."""
        self.run_worker(Later(self._skip), group="skip", exclusive=True)

    async def _skip(self) -> None:
        await self._stop(self._live())

    def action_close(self) -> None:
        """Back to where the person was; the ladder goes on without being looked at."""
        if self.is_active:  # else it is what lies over it that would be taken away
            self.dismiss(None)

    def _live(self) -> list[Session]:
        sessions = (self._documents.sessions.get(one) for one in self._session_ids)
        return [session for session in sessions if session is not None and session.has_program]

    def _standing(self, session_id: str) -> Content:
        session = self._documents.sessions.get(session_id)
        if session is None:
            return Content.styled("deleted", "$muted")
        name = clip(session.name, NAME_CELLS)
        lead = Content.assemble(name, " " * (NAME_CELLS + 2 - name.cell_length))
        if not session.has_program:
            mark = session_mark(session)
            return Content.assemble(lead, Content.styled(f"{mark.glyph} {mark.word}", f"${mark.colour}"))
        if session_id not in self._steps:
            return Content.assemble(lead, Content.styled("told, no answer yet", "$muted"))
        return Content.assemble(lead, _rungs(self._steps[session_id]))


def _rungs(step: str | None) -> Content:
    """The ladder with its rungs: those taken, the one in force, those still to come."""
    names = [rung.name for rung in LADDER]
    at = names.index(step) if step in names else -1
    faces = []
    for place, rung in enumerate(LADDER):
        if place < at:
            faces.append(Content.styled(f"✓ {rung.name}", "$muted"))
        elif place == at:
            faces.append(
                Content.styled(f"{STOPPING.glyph} {rung.name} {rung.seconds:g} s", f"bold ${STOPPING.colour}")
            )
        else:
            faces.append(Content.styled(f"· {rung.name}", "$muted"))
    return Content("  ").join(faces)


def _ladder_words() -> str:
    return ", ".join(f"{rung.name} for {rung.seconds:g} s" for rung in LADDER[:-1]) + f", then {LADDER[-1].name}"


def _named(session: Session) -> Content:
    mark = session_mark(session)
    return Content.assemble("  ", Content.styled(f"{mark.glyph} ", f"${mark.colour}"), line(session.name))
