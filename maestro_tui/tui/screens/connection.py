"""Everything about the connection to the server: its state, what waits for it, what went wrong."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from maestro_tui.client.connection import Connection
from maestro_tui.client.outbox import Command
from maestro_tui.tui.findings import Finding, told
from maestro_tui.tui.glyphs import ATTENTION, PENDING
from maestro_tui.tui.leaving import is_there
from maestro_tui.tui.ports import Feed
from maestro_tui.tui.text import line
from maestro_tui.tui.times import Clock, ago, wall_clock
from maestro_tui.tui.widgets.connection_status import connection_words, phase_mark
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["ConnectionScreen"]


class ConnectionScreen(ModalScreen[None], inherit_bindings=False):
    """Follows the connection while it is open; what waits can be taken back here."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,c,enter", "close", "Close", show=False),
        Binding("r", "retry", "Connect now", show=False),
        Binding("d,delete", "drop", "Drop the selected command", show=False),
    ]

    connection: reactive[Connection | None] = reactive(None)
    """Where the connection stands."""

    findings: reactive[Sequence[Finding]] = reactive(())
    """What is wrong on the server's side."""

    def __init__(self, feed: Feed, findings: Sequence[Finding] = (), *, clock: Clock = wall_clock) -> None:
        super().__init__()
        self._feed = feed
        self._clock = clock
        self.set_reactive(ConnectionScreen.connection, feed.connection)
        self.set_reactive(ConnectionScreen.findings, findings)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -wide") as box:
            box.border_title = Content("Connection")
            with VerticalScroll(classes="fields", can_focus=False):
                yield Static(id="facts", markup=False)
                yield OptionList(id="waiting", markup=False)
                yield Static(id="past", markup=False)
            yield Footer()

    def on_mount(self) -> None:
        self.set_interval(1, self._show)
        self._show()

    def watch_connection(self) -> None:
        if self.is_mounted:
            self._show()

    def watch_findings(self) -> None:
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        if self.connection is None or not is_there(self):
            return
        now = self._clock()
        self.query_one("#facts", Static).update(_facts(self.connection, now))
        self._show_waiting(now)
        self._show_hints()
        refusals = [f"{refusal.command.label}: {refusal.message}" for refusal in self._feed.outbox.refusals]
        parts = [
            _section("refused by the server", _newest_first(refusals, "$error")),
            _section("needs a look", [_finding(one) for one in self.findings]),
            _section("history", _newest_first(list(map(str, self.connection.history)), "$muted")),
        ]
        past = self.query_one("#past", Static)
        past.display = any(part.plain for part in parts)
        past.update(Content("\n\n").join([part for part in parts if part.plain]))

    def _show_waiting(self, now: int) -> None:
        waiting, commands = self.query_one("#waiting", OptionList), self._feed.outbox.commands
        waiting.display = bool(commands)
        if [option.id for option in waiting.options] == [command.key for command in commands]:
            return
        place = waiting.highlighted or 0
        waiting.clear_options()
        waiting.add_options([Option(_waiting(command, now), id=command.key) for command in commands])
        if commands:
            waiting.highlighted = min(place, len(commands) - 1)
            waiting.focus()

    def _show_hints(self) -> None:
        hints = [Hint("esc", "close", "screen.close")]
        if self._feed.outbox.commands:
            hints.insert(0, Hint("d", "drop the selected command", "screen.drop"))
        if self.connection is not None and not self.connection.is_online:
            hints.insert(0, Hint("r", "connect now", "screen.retry"))
        self.query_one(Footer).hints = tuple(hints)

    def action_retry(self) -> None:
        """Do not wait for the next attempt."""
        self._feed.retry_now()

    def action_drop(self) -> None:
        """Take back the command that is selected."""
        option = self.query_one("#waiting", OptionList).highlighted_option
        if option is not None and option.id is not None:
            self._feed.drop(option.id)
            self._show()

    def action_close(self) -> None:
        """Back to the board; what was refused has been seen."""
        self._feed.outbox.acknowledge()
        self.dismiss(None)


def _facts(connection: Connection, now: int) -> Content:
    mark = phase_mark(connection.phase)
    facts = [
        ("server", connection.url),
        ("epoch", connection.epoch or "unknown"),
        ("seq", "none yet" if connection.seq is None else str(connection.seq)),
        ("last error", connection.last_error or "none"),
        ("waiting", f"{connection.queued} to be sent" if connection.queued else "nothing"),
    ]
    state = f"{mark.glyph} {connection_words(connection, now)}"
    rows = [Content.assemble(_name("state"), Content.styled(state, f"${mark.colour}"))]
    rows += [Content.assemble(_name(name), line(value)) for name, value in facts]
    return Content("\n").join(rows)


def _name(name: str) -> Content:
    return Content.styled(f"{name:<12}", "$muted")


def _waiting(command: Command, now: int) -> Content:
    mark = Content.styled(f"{PENDING.glyph} ", f"${PENDING.colour}")
    return Content.assemble(
        mark, line(command.label), Content.styled(f"  {ago(command.created_at, now)}", "$muted")
    )


def _finding(finding: Finding) -> Content:
    mark = Content.styled(f"{ATTENTION.glyph} ", f"${ATTENTION.colour}")
    where = Content("\n").join([line(part, "$muted") for part in (finding.what, finding.kept) if "/" in part])
    return Content.assemble(mark, line(told(finding)), "\n" if where.plain else "", where)


def _newest_first(texts: Sequence[str], style: str) -> list[Content]:
    return [line(text, style) for text in reversed(texts)]


def _section(title: str, lines: Sequence[Content]) -> Content:
    return Content("\n").join([Content.styled(title, "$muted"), *lines]) if lines else Content("")
