"""Sessions in panes: each in a tab, several of them side by side where the person wants it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from maestro_tui.tui.direct import place_within, show
from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.layout import Layout
from maestro_tui.tui.pacing import is_behind
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.prefix import Prefix
from maestro_tui.tui.split_tree import Axis, Direction, Tree
from maestro_tui.tui.widgets.pane_title import PaneTitle
from maestro_tui.tui.widgets.split_view import SplitView
from maestro_tui.tui.widgets.tab_strip import Tab, TabStrip
from maestro_tui.tui.widgets.terminal_pane import Act, TerminalPane

__all__ = ["SessionTabs"]

NOTHING_OPEN = "No terminal is open.\n\nStart an agent on a task with s."


class SessionTabs(Vertical):
    """The open sessions. It shows what it is told; closing a pane ends no program.

    sources: the program of a session id; raises KeyError for one that is not here.
    act: does what the person asks for after the prefix key.
    layout: as it was left; a session that opens takes the place it has there.
    """

    DEFAULT_CSS = """
    SessionTabs { width: 1fr; height: 1fr; border: round $foreground 30%; }
    SessionTabs.-focused { border: round $primary; }
    SessionTabs .session-tabs--empty { width: 1fr; height: 1fr; content-align: center middle; text-align: center; }
    """

    zoomed: var[bool] = var(False, init=False)
    """Whether the active pane alone is shown of its tab."""

    @dataclass
    class Activated(Message):
        """Another session has the keys when the tabs have them, or none any more."""

        tabs: "SessionTabs"
        session_id: str | None

        @property
        def control(self) -> "SessionTabs":
            return self.tabs

    @dataclass
    class Arranged(Message):
        """Tabs or their splits changed. layout: how they are now, to be remembered."""

        tabs: "SessionTabs"
        layout: Layout

        @property
        def control(self) -> "SessionTabs":
            return self.tabs

    @dataclass
    class Closed(Message):
        """A pane was closed; its program goes on."""

        tabs: "SessionTabs"
        session_id: str

        @property
        def control(self) -> "SessionTabs":
            return self.tabs

    def __init__(
        self,
        sources: Callable[[str], PaneSource],
        *,
        prefix: Prefix | None = None,
        act: Act = lambda chosen: None,
        layout: Layout | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._sources = sources
        self._frames = FrameScheduler(
            lambda sequences: show(self.app, sequences), ready=lambda: not is_behind(self.app)
        )
        self._prefix = prefix or Prefix()
        self._act = act
        self._layout = layout or Layout()
        self._shown = Layout()
        self._panes: dict[str, TerminalPane] = {}

    def compose(self) -> ComposeResult:
        yield TabStrip()
        yield SplitView(Static(NOTHING_OPEN, id="nothing-open", classes="session-tabs--empty", markup=False))

    def on_unmount(self) -> None:
        self._frames.close()

    @property
    def active(self) -> str | None:
        """The session that gets the keys when the tabs get them."""
        return self._shown.active

    @property
    def session_ids(self) -> tuple[str, ...]:
        """The open sessions, tab by tab."""
        return self._shown.ids

    @property
    def visible_ids(self) -> tuple[str, ...]:
        """The sessions whose panes are in sight."""
        return self._view.visible_ids

    @property
    def awaited_ids(self) -> tuple[str, ...]:
        """The sessions that have a place but no pane: they were here when the layout was remembered."""
        return tuple(one for one in self._layout.ids if one not in self._panes)

    def pane(self, session_id: str) -> TerminalPane | None:
        """The pane of a session, if it is open."""
        return self._panes.get(session_id)

    def open(self, session_id: str, name: str, *, activate: bool = True, focus: bool = False) -> None:
        """Give a session a pane: where it was last, else in a tab of its own. One that has a pane keeps it.

        activate: show a new tab; focus: give it the keys. Without them what is shown stays.
        """
        if session_id in self._panes:
            if activate:
                self.activate(session_id, focus=focus)
            return
        self._panes[session_id] = pane = TerminalPane(
            self._sources(session_id),
            frames=self._frames,
            prefix=self._prefix,
            act=self._act,
            id=f"pane-{session_id}",
        )
        self._view.add_pane(session_id, pane)
        self._strip.tabs = (*self._strip.tabs, Tab(session_id, name))
        layout, had_place = self._layout, session_id in self._layout.ids
        if not activate and self.active is not None:
            layout = layout.show(self.active)
        layout = layout.add(session_id)
        self._arrange(layout.show(session_id) if activate and (focus or not had_place) else layout, focus=focus)

    def close(self, session_id: str) -> None:
        """Take a session's pane away; what is beside it gets its place."""
        pane = self._panes.pop(session_id, None)
        if pane is None:
            return
        self._strip.tabs = tuple(tab for tab in self._strip.tabs if tab.session_id != session_id)
        shown = self._shown.without(session_id)
        layout = self._layout.without(session_id)
        self._arrange(layout.show(shown.active) if shown.active else layout, focus=self.screen.focused is pane)
        self._view.drop_pane(session_id)
        self.post_message(self.Closed(self, session_id))

    def forget(self, session_id: str) -> None:
        """Keep no place for a session that has no pane."""
        if session_id not in self._panes:
            self._arrange(self._layout.without(session_id))

    def activate(self, session_id: str, *, focus: bool = False) -> None:
        """Show a session. Raises KeyError for one without a pane."""
        if session_id not in self._panes:
            raise KeyError(session_id)
        self._arrange(self._layout.show(session_id), focus=focus)

    def next(self) -> None:
        """Show the tab to the right, after the last the first."""
        self._step(1)

    def previous(self) -> None:
        """Show the tab to the left, before the first the last."""
        self._step(-1)

    def show_number(self, number: int, *, focus: bool = False) -> bool:
        """Show the tab of a number, from 1, as the tabs are numbered; False when there is none."""
        if not 0 < number <= len(self._shown.tabs):
            return False
        self.activate(self._shown.tabs[number - 1].active, focus=focus)
        return True

    def focus_pane(self) -> bool:
        """Give the active session the keys; False when none is open."""
        pane = self._panes.get(self.active or "")
        if pane is not None:
            _give_keys(pane)
        return pane is not None

    # Panes that share a tab.

    @property
    def companions(self) -> tuple[str, ...]:
        """The sessions of the shown tab."""
        return self._shown.shown.ids if self._shown.shown else ()

    @property
    def hidden_count(self) -> int:
        """How many panes of the shown tab are not in sight."""
        return len(self.companions) - len(self.visible_ids)

    def split(self, session_id: str, axis: Axis, *, focus: bool = False) -> None:
        """Bring a session's pane into the shown tab: right of the active one (`row`) or below it (`column`)."""
        if self.active is not None and session_id in self._panes:
            self._arrange(self._layout.split(self.active, session_id, axis), focus=focus)

    def detach(self) -> bool:
        """Give the active pane a tab of its own; False when it has one."""
        tab = self._shown.shown
        if tab is None or len(tab.ids) < 2:
            return False
        self._arrange(self._layout.detach(tab.active))
        return True

    def focus_toward(self, direction: Direction) -> bool:
        """Go to the pane that lies that way; False at the edge."""
        there = self._view.toward(direction)
        if there is not None:
            self.activate(there, focus=self._has_pane_focus())
        return there is not None

    def focus_next(self) -> None:
        """Go to the next pane of the tab, after the last the first."""
        tab = self._shown.shown
        if tab is not None:
            following = tab.ids[(tab.ids.index(tab.active) + 1) % len(tab.ids)]
            self.activate(following, focus=self._has_pane_focus())

    def move_toward(self, direction: Direction) -> bool:
        """Swap places with the pane that lies that way; False at the edge."""
        there = self._view.toward(direction)
        if there is not None and self.active is not None:
            self._arrange(self._layout.swap(self.active, there))
        return there is not None

    def resize_toward(self, direction: Direction) -> bool:
        """Move the active pane's divider a step; False when it cannot go there."""
        tree = self._view.nudged(direction)
        tab = self._shown.shown
        if tree is None or tab is None or tree == tab.tree:
            return False
        self._reshape(tree)
        return True

    def move_tab(self, by: int) -> bool:
        """Swap the shown tab with the one to the right (1) or to the left (-1); False at the end."""
        there = self._shown.current + by
        if self.active is None or not 0 <= there < len(self._shown.tabs):
            return False
        self._arrange(self._layout.reorder(self.active, self._shown.tabs[there].active))
        return True

    def watch_zoomed(self) -> None:
        self._view.zoomed = self.zoomed

    def on_split_view_reshaped(self, event: SplitView.Reshaped) -> None:
        event.stop()
        self._reshape(event.tree)

    def on_pane_title_chosen(self, event: PaneTitle.Chosen) -> None:
        event.stop()
        self.activate(event.session_id, focus=True)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """A pane in sight got the keys, by a click perhaps: it is the active one."""
        if isinstance(event.widget, TerminalPane) and event.widget.session_id in self.visible_ids:
            self._arrange(self._layout.show(event.widget.session_id))

    # News of the programs.

    def output_arrived(self, session_id: str) -> None:
        """A session's terminal was fed."""
        if pane := self._panes.get(session_id):
            pane.output_arrived()

    def program_ended(self, session_id: str) -> None:
        """A session's program ended; its pane stays until it is closed."""
        if pane := self._panes.get(session_id):
            pane.program_ended()

    def rename(self, session_id: str, name: str) -> None:
        """Another name on a session's tab."""
        self._change(session_id, name=name)

    def mark(self, session_id: str, glyph: str, colour: str) -> None:
        """How a session stands: one cell and a theme variable without its `$`."""
        self._change(session_id, glyph=glyph, colour=colour)

    def entitle(self, session_id: str, title: str) -> None:
        """What a session's program calls itself now."""
        self._change(session_id, title=title)

    def ring(self, session_id: str, *, rang: bool) -> None:
        """Whether a session called for attention and nobody has looked since."""
        self._change(session_id, rang=rang)

    def _change(self, session_id: str, **fields: Any) -> None:
        self._strip.change(session_id, **fields)
        self._view.faces = {tab.session_id: tab for tab in self._strip.tabs}

    def on_tab_strip_chosen(self, event: TabStrip.Chosen) -> None:
        event.stop()
        self.activate(event.session_id, focus=True)

    @property
    def _strip(self) -> TabStrip:
        return self.query_one(TabStrip)

    @property
    def _view(self) -> SplitView:
        return self.query_one(SplitView)

    def _step(self, by: int) -> None:
        tabs = self._shown.tabs
        if tabs:
            tab = tabs[(self._shown.current + by) % len(tabs)]
            self.activate(tab.active, focus=self._has_pane_focus())

    def _has_pane_focus(self) -> bool:
        return self.screen.focused in self._panes.values()  # what a pane itself knows comes an event later

    def _reshape(self, tree: Tree) -> None:
        """Other shares for the shown tab."""
        if self.active is not None:
            self._arrange(self._layout.reshape(self.active, tree))

    def _arrange(self, layout: Layout, *, focus: bool = False) -> None:
        """Show a layout, as far as its sessions are here."""
        was_active, is_new = self.active, layout != self._layout
        self._layout, self._shown = layout, layout.only(self._panes)
        self._strip.groups, self._strip.active = self._shown.tabs, self.active
        self._view.faces = {tab.session_id: tab for tab in self._strip.tabs}
        if self._shown.shown != self._view.tab:
            self._view.tab = self._shown.shown
            self._show_ahead()
        if focus:
            self.focus_pane()
        if is_new:
            self.post_message(self.Arranged(self, layout))
        if self.active != was_active:
            self.post_message(self.Activated(self, self.active))

    def _show_ahead(self) -> None:
        """Write the panes of another tab at once: to arrange and compose them takes Textual a frame or two.

        One that has to wrap its lines for another size waits for that.
        """
        view = self._view
        parts = view.regions(view.size)
        sequences = ""
        for session_id in view.visible_ids:
            pane = self._panes[session_id]
            part = parts[pane]
            if part.size == pane.outer_size and (place := place_within(view, part)) is not None:
                sequences += pane.drawn_at(place)
        show(self.app, sequences)


def _give_keys(pane: TerminalPane) -> None:
    """Focus a pane before the next key is looked at; one that is just being mounted, as soon as it can be."""
    if pane.is_mounted:
        pane.screen.set_focus(pane)
    else:
        pane.focus()
