"""Everything about the connection to the server."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.tui.ports import Connection
from maestro_tui.tui.text import line
from maestro_tui.tui.times import Clock, wall_clock
from maestro_tui.tui.widgets.connection_status import connection_words, phase_mark
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["ConnectionScreen"]


class ConnectionScreen(ModalScreen[None], inherit_bindings=False):
    """Follows the connection while it is open."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [Binding("escape,q,c,enter", "close", "Close", show=False)]

    connection: reactive[Connection | None] = reactive(None)
    """Where the connection stands."""

    def __init__(self, connection: Connection, *, clock: Clock = wall_clock) -> None:
        super().__init__()
        self._clock = clock
        self.set_reactive(ConnectionScreen.connection, connection)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Connection")
            with VerticalScroll(classes="fields"):
                yield Static(id="facts", markup=False)
            footer = Footer()
            footer.hints = (Hint("esc", "close", "screen.close"),)
            yield footer

    def on_mount(self) -> None:
        self.set_interval(1, self._show)
        self._show()

    def watch_connection(self) -> None:
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        if self.connection is not None:
            self.query_one("#facts", Static).update(_facts(self.connection, self._clock()))

    def action_close(self) -> None:
        """Back to the board."""
        self.dismiss(None)


def _facts(connection: Connection, now: int) -> Content:
    mark = phase_mark(connection.phase)
    state = f"{mark.glyph} {connection_words(connection, now)}"
    facts = [
        ("server", connection.url),
        ("epoch", connection.epoch or "unknown"),
        ("seq", "none yet" if connection.seq is None else str(connection.seq)),
        ("queued", str(connection.queued)),
        ("last error", connection.last_error or "none"),
    ]
    rows = [Content.assemble(Content.styled(f"{'state':<12}", "$muted"), Content.styled(state, f"${mark.colour}"))]
    rows += [Content.assemble(Content.styled(f"{name:<12}", "$muted"), line(value)) for name, value in facts]
    history = [line(str(entry), "$muted") for entry in reversed(connection.history)]
    if history:
        rows += [Content(""), Content.styled("history", "$muted"), *history]
    return Content("\n").join(rows)
