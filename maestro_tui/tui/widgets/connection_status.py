"""One word on how things stand with the server; a click tells the rest."""

from math import ceil

from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget

from maestro_tui.client.connection import Connection
from maestro_tui.tui.glyphs import PHASE_MARKS, Mark
from maestro_tui.tui.times import Clock, wall_clock

__all__ = ["ConnectionStatus", "connection_words", "phase_mark"]

TICK_SECONDS = 0.5

UNKNOWN = Mark("?", "unknown", "muted")


def phase_mark(phase: str) -> Mark:
    """How a phase of the connection looks."""
    return PHASE_MARKS.get(phase, UNKNOWN)


def connection_words(connection: Connection, now: int) -> str:
    """The state of the connection in a few words. now: Unix milliseconds."""
    word = phase_mark(connection.phase).word
    queued = f" · {connection.queued} queued" if connection.queued else ""
    if connection.phase == "online" and connection.latency_ms is not None:
        return f"{word} {_milliseconds(connection.latency_ms)}{queued}"
    if connection.phase in ("reconnecting", "offline"):
        attempt = f" · attempt {connection.attempt + 1}" if connection.attempt else ""
        return f"{word}{attempt}{_countdown(connection, now)}{queued}"
    return word + queued


def _face(connection: Connection, now: int) -> Content:
    mark, words = phase_mark(connection.phase), connection_words(connection, now)
    return Content.assemble(
        Content.styled(f"{mark.glyph} ", f"${mark.colour}"),
        Content.styled(words, "$muted" if connection.phase == "online" else f"${mark.colour}"),
    )


def _milliseconds(latency: float) -> str:
    return f"{latency:.0f} ms" if latency >= 1 else "<1 ms"


def _countdown(connection: Connection, now: int) -> str:
    if connection.retry_at is None or connection.retry_at <= now:
        return ""
    return f" in {ceil((connection.retry_at - now) / 1000)} s"


class ConnectionStatus(Widget):
    """Connected with the round trip, or what is being done about it."""

    DEFAULT_CSS = """
    ConnectionStatus { width: auto; height: 1; }
    """

    connection: var[Connection | None] = var(None)
    """Where the connection stands; None before the first word of it."""

    said: var[Content] = var(Content(""))
    """What is shown of it."""

    class Opened(Message):
        """The person wants to know more."""

    def __init__(self, *, clock: Clock = wall_clock, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._clock = clock
        self.tooltip = Content("The connection to the server: click for details")

    def on_mount(self) -> None:
        self.set_interval(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        """A countdown moves by itself."""
        if self.connection is not None and self.connection.retry_at is not None:
            self.watch_connection(self.connection)

    def watch_connection(self, connection: Connection | None) -> None:
        self.said = Content("") if connection is None else _face(connection, self._clock())

    def watch_said(self, before: Content, said: Content) -> None:
        """Draw it anew; arrange the line anew only for another width, which few of the heartbeats bring."""
        self.refresh(layout=said.cell_length != before.cell_length)

    def render(self) -> Content:
        return self.said

    def on_click(self) -> None:
        self.post_message(self.Opened())
