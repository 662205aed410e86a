"""Who asked for the person, when, and how long each waited."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.domain.status import Need
from maestro_tui.tui.attention import Asked
from maestro_tui.tui.glyphs import NEED_MARKS
from maestro_tui.tui.text import hanging, line
from maestro_tui.tui.times import Clock, wall_clock, when
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["AttentionLog"]


class AttentionLog(ModalScreen[None], inherit_bindings=False):
    """Follows the log while it is open. log: read anew each second."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [Binding("escape,q,A,enter", "close", "Close", show=False)]

    def __init__(self, log: Callable[[], Sequence[Asked]], *, clock: Clock = wall_clock) -> None:
        super().__init__()
        self._log = log
        self._clock = clock

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -wide") as box:
            box.border_title = Content("Who asked for you")
            with VerticalScroll(classes="fields", can_focus=False):
                yield Static(id="asked", markup=False)
            footer = Footer()
            footer.hints = (Hint("esc", "close", "screen.close"),)
            yield footer

    def on_mount(self) -> None:
        self.set_interval(1, self._show)
        self._show()

    def on_resize(self) -> None:
        """Messages fold to the width there is."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        now = self._clock()
        nobody = Content.styled("Nobody has asked for you since the cockpit was opened.", "$muted")
        for box in self.query("#asked").results(Static):  # none while the screen comes or goes
            rows = [_row(asked, now, box.size.width or self.size.width) for asked in self._log()]
            box.update(Content("\n").join(rows or [nobody]))

    def action_close(self) -> None:
        self.dismiss(None)


def _row(asked: Asked, now: int, width: int) -> Content:
    mark, waits = NEED_MARKS[Need(asked.need)], asked.until is None
    waited = f"{'waits' if waits else 'waited'} {_span(asked.waited(now))}"
    lead = Content.assemble(
        Content.styled(f"{mark.glyph} " if waits else "  ", f"${mark.colour}"),
        Content.styled(f"{when(asked.since, now):<12}", "$muted"),
        Content.styled(f"{waited:<16}", f"${mark.colour}" if waits else "$muted"),
    )
    return hanging(lead, Content.assemble(line(asked.name, "bold"), "  ", line(asked.message or mark.word)), width)


def _span(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h {seconds % 3600 // 60} min"
