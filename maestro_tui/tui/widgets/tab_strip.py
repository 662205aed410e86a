"""The line of tabs above the panes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from maestro_tui.domain.text import clean_line
from maestro_tui.tui.glyphs import RANG
from maestro_tui.tui.layout import PaneTab
from maestro_tui.tui.text import clip

__all__ = ["Tab", "TabStrip"]

LONGEST_NAME = 24
TITLE_FROM = 16
"""Cells that must be left beside the tabs for a title to be shown."""
TITLE_MARGIN = 1
MORE_LEFT, MORE_RIGHT = "‹ ", " ›"


@dataclass(frozen=True, slots=True)
class Tab:
    """One session on the tabs. glyph, colour: how its session stands, the colour a theme variable without `$`.

    title: what its program calls itself. rang: it called for attention and nobody has looked.
    """

    session_id: str
    name: str
    glyph: str = "●"
    colour: str = "success"
    title: str = ""
    rang: bool = False


class TabStrip(Widget):
    """Tabs side by side, the active one always in sight. Shows what it is given."""

    DEFAULT_CSS = """
    TabStrip { height: 1; width: 1fr; }
    """

    tabs: reactive[tuple[Tab, ...]] = reactive(())
    """What each session looks like."""

    groups: reactive[tuple[PaneTab, ...]] = reactive(())
    """The tabs from left to right: which sessions each shows together."""

    active: reactive[str | None] = reactive(None)
    """The session that gets the keys; its tab is the active one."""

    @dataclass
    class Chosen(Message):
        """The person clicked a tab."""

        strip: "TabStrip"
        session_id: str

        @property
        def control(self) -> "TabStrip":
            return self.strip

    def change(self, session_id: str, **fields: Any) -> None:
        """Other values for fields of a tab."""
        self.tabs = tuple(replace(tab, **fields) if tab.session_id == session_id else tab for tab in self.tabs)

    def render(self) -> Content:
        shown = self._layout()
        tabs = Content.assemble(*[part for _, _, parts in shown for part in parts])
        room = self.size.width - sum(width for _, width, _ in shown)
        return tabs.append(self._title(room))

    def _title(self, room: int) -> Content:
        """What the shown program calls itself, at the right end, where there is room for it."""
        active = next((tab for tab in self.tabs if tab.session_id == self.active), None)
        if active is None or room < TITLE_FROM or active.title in ("", active.name):
            return Content("")
        title = clip(active.title, room - 2 * TITLE_MARGIN)
        return Content(" " * (room - TITLE_MARGIN - title.cell_length)).append(title.stylize("$foreground-muted"))

    def on_click(self, event: events.Click) -> None:
        position = 0
        for session_id, width, _ in self._layout():
            if session_id and position <= event.x < position + width:
                self.post_message(self.Chosen(self, session_id))
            position += width

    def _layout(self) -> list[tuple[str, int, list[tuple[str, str]]]]:
        """What is shown: (session id, width, styled parts) from left to right, as many as fit."""
        faces = {tab.session_id: tab for tab in self.tabs}
        cells = [
            self._cell(number, group, [faces[one] for one in group.ids if one in faces])
            for number, group in enumerate(self.groups, 1)
        ]
        first, last = self._window([width for _, width, _ in cells])
        shown = cells[first:last]
        if first:
            shown.insert(0, ("", len(MORE_LEFT), [(MORE_LEFT, "$foreground-muted")]))
        if last < len(cells):
            shown.append(("", len(MORE_RIGHT), [(MORE_RIGHT, "$foreground-muted")]))
        return shown

    def _cell(self, number: int, group: PaneTab, faces: Sequence[Tab]) -> tuple[str, int, list[tuple[str, str]]]:
        """A tab is called after the session that gets its keys, and shows how each of its sessions stands."""
        name = next((clean_line(tab.name) for tab in faces if tab.session_id == group.active), "")
        name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        look, ground = ("bold $primary", " on $panel") if self.active in group.ids else ("$foreground-muted", "")
        parts = [(f" {number} {name} ", look + ground)]
        parts += [(f"{tab.glyph} ", f"${tab.colour}{ground}") for tab in faces]
        if any(tab.rang for tab in faces):
            parts.append((f"{RANG.glyph} ", f"${RANG.colour}{ground}"))
        return group.active, sum(cell_len(text) for text, _ in parts), parts

    def _window(self, widths: list[int]) -> tuple[int, int]:
        """The first and one past the last tab shown: around the active one."""
        room = max(1, self.size.width)
        if sum(widths) <= room:
            return 0, len(widths)
        room -= len(MORE_LEFT) + len(MORE_RIGHT)
        first = last = next((place for place, tab in enumerate(self.groups) if self.active in tab.ids), 0)
        used = 0
        while True:
            if last < len(widths) and used + widths[last] <= room:
                used, last = used + widths[last], last + 1
            elif first > 0 and used + widths[first - 1] <= room:
                first, used = first - 1, used + widths[first - 1]
            else:
                return first, max(last, first + 1)
