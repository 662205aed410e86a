"""The top line: which project, how much is going on, and the connection."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive, var
from textual.widget import Widget

from maestro_tui.client.connection import Connection
from maestro_tui.tui.counts import Counts
from maestro_tui.tui.glyphs import ATTENTION, PAUSED
from maestro_tui.tui.text import clip
from maestro_tui.tui.times import Clock, wall_clock
from maestro_tui.tui.widgets.connection_status import ConnectionStatus

__all__ = ["Header"]

BRAND = " maestro "
BESIDE = "  "
"""Blanks that keep the counts from what stands on either side of them."""


class ProjectSwitch(Widget):
    """The name of the open project; a click opens the list of projects."""

    DEFAULT_CSS = "ProjectSwitch { width: auto; height: 1; }"

    project: reactive[str] = reactive("", layout=True)
    """The project's name; empty when there is none."""

    class Opened(Message):
        """The person wants another project."""

    def render(self) -> Content:
        name = clip(self.project, max(self.app.size.width // 3, 8)) if self.project else Content("no project")
        return Content.assemble(name.stylize("bold"), Content.styled(" ▾", "$muted"))

    def on_mount(self) -> None:
        self.tooltip = Content("Switch to another project")

    def on_click(self) -> None:
        self.post_message(self.Opened())


class CountLine(Widget):
    """Numbers in words; what is zero and what does not fit is left out, least important first."""

    DEFAULT_CSS = "CountLine { width: 1fr; height: 1; content-align: center middle; }"

    counts: reactive[Counts] = reactive(Counts())

    def render(self) -> Content:
        counts = self.counts
        parts = [
            Content.styled(f"⚑ {counts.waiting} need{'s' * (counts.waiting == 1)} you", "bold $accent"),
            Content.styled(f"{counts.blocked} blocked", "$warning"),
            Content.styled(f"{counts.agents} agent{'s' * (counts.agents != 1)}", "$success"),
            Content.styled(f"{counts.open} open", "$foreground"),
        ]
        present = (counts.waiting, counts.blocked, counts.agents, counts.open)
        shown = [part for part, number in zip(parts, present, strict=True) if number]
        while shown and _row(shown).cell_length > self.size.width - len(BESIDE):
            shown.pop()
        return _row(shown)


def _row(parts: list[Content]) -> Content:
    return Content.styled("  ·  ", "$muted").join(list(reversed(parts)))


class Header(Horizontal):
    """One line, always there when there are lines to spare."""

    DEFAULT_CSS = """
    Header {
        height: 1;
        & > .brand { width: auto; }
        & > ConnectionStatus { margin: 0 1; }
    }
    """

    # What it is told its parts show: nothing of it is drawn by the line itself.
    project: var[str] = var("")
    counts: var[Counts] = var(Counts())
    connection: var[Connection | None] = var(None)
    findings: var[int] = var(0)
    """How many things the server found wrong."""
    spawning_paused: var[bool] = var(False)
    """Whether no new session starts."""

    def __init__(self, *, clock: Clock = wall_clock) -> None:
        super().__init__()
        self._clock = clock

    def compose(self) -> ComposeResult:
        yield Brand(classes="brand")
        yield ProjectSwitch().data_bind(Header.project)
        yield CountLine().data_bind(Header.counts)
        yield SpawningPaused().data_bind(Header.spawning_paused)
        yield Attention().data_bind(Header.findings)
        yield ConnectionStatus(clock=self._clock).data_bind(Header.connection)


class SpawningPaused(Widget):
    """Says that all new spawns are paused."""

    DEFAULT_CSS = "SpawningPaused { width: auto; height: 1; margin: 0 1 0 0; }"

    spawning_paused: reactive[bool] = reactive(False, layout=True)

    def render(self) -> Content:
        return (
            Content.styled(f"{PAUSED.glyph} spawns paused", f"${PAUSED.colour}")
            if self.spawning_paused
            else Content("")
        )


class Attention(Widget):
    """Says that something on the server's side needs a look; a click tells what."""

    DEFAULT_CSS = "Attention { width: auto; height: 1; margin: 0 1 0 0; }"

    findings: reactive[int] = reactive(0, layout=True)

    def render(self) -> Content:
        if not self.findings:
            return Content("")
        return Content.styled(f"{ATTENTION.glyph} {self.findings} to look at", f"${ATTENTION.colour}")

    def on_click(self) -> None:
        self.post_message(ConnectionStatus.Opened())


class Brand(Widget):
    """The product's name."""

    DEFAULT_CSS = "Brand { height: 1; width: auto; }"

    def render(self) -> Content:
        return Content.styled(BRAND, "bold $primary")
