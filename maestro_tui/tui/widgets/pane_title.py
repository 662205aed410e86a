"""The line above a pane that shares its tab: which session it is, and what its program calls itself."""

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from maestro_tui.tui.glyphs import RANG
from maestro_tui.tui.text import clip
from maestro_tui.tui.widgets.tab_strip import Tab

__all__ = ["PaneTitle"]

LINE = "─"
TITLE_FROM = 12
"""Cells that must be left for the program's own title."""


class PaneTitle(Widget):
    """A rule with a name in it. It is also the divider to the pane above, and dragged as one."""

    DEFAULT_CSS = """
    PaneTitle { height: 1; color: $foreground-muted; }
    """

    face: reactive[Tab | None] = reactive(None)
    """What the session looks like."""

    is_active: reactive[bool] = reactive(False)
    """Whether the pane below gets the keys when its tab does."""

    @dataclass
    class Chosen(Message):
        """The person clicked the title of a session's pane."""

        title: "PaneTitle"
        session_id: str

        @property
        def control(self) -> "PaneTitle":
            return self.title

    def on_click(self) -> None:
        if self.face is not None:
            self.post_message(self.Chosen(self, self.face.session_id))

    def render(self) -> Content:
        width, face = self.size.width, self.face
        rule = "$primary" if self.is_active else "$foreground-muted"
        if face is None or width < 4:
            return Content.styled(LINE * width, rule)
        lead = Content.styled("▸ " if self.is_active else f"{LINE} ", rule)
        marks = Content.assemble((f" {face.glyph}", f"${face.colour}"))
        if face.rang:
            marks = marks.append(Content.assemble((f" {RANG.glyph}", f"${RANG.colour}")))
        name = clip(face.name, width - lead.cell_length - marks.cell_length - 1)
        look = "bold $primary" if self.is_active else "$foreground-muted"
        said = Content.assemble(lead, name.stylize(look), marks, " ")
        room = width - said.cell_length
        if room < TITLE_FROM or face.title in ("", face.name):
            return said.append(Content.styled(LINE * max(room, 0), rule))
        title = clip(face.title, room - 4)
        between = LINE * (room - title.cell_length - 3)
        return said.append(
            Content.assemble((between, rule), " ", title.stylize("$foreground-muted"), (f" {LINE}", rule))
        )
