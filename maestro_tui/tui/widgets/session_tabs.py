"""Sessions side by side: a tab and a pane for each."""

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import ContentSwitcher, Static

from maestro_tui.tui.frames import FrameScheduler
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.prefix import Prefix
from maestro_tui.tui.widgets.tab_strip import Tab, TabStrip
from maestro_tui.tui.widgets.terminal_pane import Act, TerminalPane

__all__ = ["SessionTabs"]

NOTHING_OPEN = "No terminal is open.\n\nStart an agent on a task with s."


class SessionTabs(Vertical):
    """The open sessions. It shows what it is told; closing a tab ends no program.

    sources: the program of a session id; raises KeyError for one that is not here.
    act: does what the person asks for after the prefix key.
    """

    DEFAULT_CSS = """
    SessionTabs { width: 1fr; height: 1fr; border: round $foreground 30%; }
    SessionTabs:focus-within { border: round $primary; }
    SessionTabs ContentSwitcher { height: 1fr; }
    SessionTabs .session-tabs--empty { width: 1fr; height: 1fr; content-align: center middle; text-align: center; }
    """

    @dataclass
    class Activated(Message):
        """Another session is shown, or none any more."""

        tabs: "SessionTabs"
        session_id: str | None

        @property
        def control(self) -> "SessionTabs":
            return self.tabs

    @dataclass
    class Closed(Message):
        """A tab was closed; its program goes on."""

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
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._sources = sources
        self._frames = FrameScheduler()
        self._prefix = prefix or Prefix()
        self._act = act
        self._panes: dict[str, TerminalPane] = {}

    def compose(self) -> ComposeResult:
        yield TabStrip()
        with ContentSwitcher(initial="nothing-open"):
            yield Static(NOTHING_OPEN, id="nothing-open", classes="session-tabs--empty", markup=False)

    def on_unmount(self) -> None:
        self._frames.close()

    @property
    def active(self) -> str | None:
        """The session shown."""
        return self._strip.active

    @property
    def session_ids(self) -> tuple[str, ...]:
        """The open sessions from left to right."""
        return tuple(self._panes)

    def pane(self, session_id: str) -> TerminalPane | None:
        """The pane of a session, if it is open."""
        return self._panes.get(session_id)

    def open(self, session_id: str, name: str, *, activate: bool = True, focus: bool = False) -> None:
        """Give a session a tab; one that has a tab keeps it. activate: show it. focus: give it the keys."""
        if session_id not in self._panes:
            pane = TerminalPane(
                self._sources(session_id),
                frames=self._frames,
                prefix=self._prefix,
                act=self._act,
                id=_pane_id(session_id),
            )
            pane.display = False
            self._panes[session_id] = pane
            self._strip.tabs = (*self._strip.tabs, Tab(session_id, name))
            self._switcher.mount(pane)
        if activate or self.active is None:
            self.activate(session_id, focus=focus)

    def close(self, session_id: str) -> None:
        """Take a session's tab away and show its neighbour."""
        pane = self._panes.get(session_id)
        if pane is None:
            return
        had_focus, neighbour = pane.has_focus, self._neighbour(session_id)
        del self._panes[session_id]
        self._strip.tabs = tuple(tab for tab in self._strip.tabs if tab.session_id != session_id)
        if self.active == session_id:
            self._show(neighbour, focus=had_focus)
        pane.remove()
        self.post_message(self.Closed(self, session_id))

    def activate(self, session_id: str, *, focus: bool = False) -> None:
        """Show a session. Raises KeyError for one without a tab."""
        if session_id not in self._panes:
            raise KeyError(session_id)
        self._show(session_id, focus=focus)

    def next(self) -> None:
        """Show the session to the right, after the last the first."""
        self._step(1)

    def previous(self) -> None:
        """Show the session to the left, before the first the last."""
        self._step(-1)

    def show_number(self, number: int, *, focus: bool = False) -> bool:
        """Show the tab of a number, from 1, as the tabs are numbered; False when there is none."""
        ids = self.session_ids
        if not 0 < number <= len(ids):
            return False
        self._show(ids[number - 1], focus=focus)
        return True

    def focus_pane(self) -> bool:
        """Give the shown session the keys; False when none is open."""
        pane = self._panes.get(self.active or "")
        if pane is not None:
            _give_keys(pane)
        return pane is not None

    # News of the programs.

    def output_arrived(self, session_id: str) -> None:
        """A session's terminal was fed."""
        if pane := self._panes.get(session_id):
            pane.output_arrived()

    def program_ended(self, session_id: str) -> None:
        """A session's program ended; its tab stays until it is closed."""
        if pane := self._panes.get(session_id):
            pane.program_ended()

    def rename(self, session_id: str, name: str) -> None:
        """Another name on a session's tab."""
        self._strip.change(session_id, name=name)

    def mark(self, session_id: str, glyph: str, colour: str) -> None:
        """How a session stands: one cell and a theme variable without its `$`."""
        self._strip.change(session_id, glyph=glyph, colour=colour)

    def entitle(self, session_id: str, title: str) -> None:
        """What a session's program calls itself now."""
        self._strip.change(session_id, title=title)

    def ring(self, session_id: str, *, rang: bool) -> None:
        """Whether a session called for attention and nobody has looked since."""
        self._strip.change(session_id, rang=rang)

    def on_tab_strip_chosen(self, event: TabStrip.Chosen) -> None:
        event.stop()
        self.activate(event.session_id, focus=True)

    @property
    def _strip(self) -> TabStrip:
        return self.query_one(TabStrip)

    @property
    def _switcher(self) -> ContentSwitcher:
        return self.query_one(ContentSwitcher)

    def _step(self, by: int) -> None:
        ids = self.session_ids
        if self.active in ids:
            self._show(ids[(ids.index(self.active) + by) % len(ids)], focus=self._has_pane_focus())

    def _has_pane_focus(self) -> bool:
        return any(pane.has_focus for pane in self._panes.values())

    def _neighbour(self, session_id: str) -> str | None:
        ids = self.session_ids
        place = ids.index(session_id)
        rest = ids[:place] + ids[place + 1 :]
        return rest[min(place, len(rest) - 1)] if rest else None

    def _show(self, session_id: str | None, *, focus: bool) -> None:
        changed = session_id != self.active
        self._strip.active = session_id
        self._switcher.current = _pane_id(session_id) if session_id else "nothing-open"
        if focus and session_id:
            _give_keys(self._panes[session_id])
        if changed:
            self.post_message(self.Activated(self, session_id))


def _give_keys(pane: TerminalPane) -> None:
    """Focus a pane before the next key is looked at; one that is just being mounted, as soon as it can be."""
    if pane.is_mounted:
        pane.screen.set_focus(pane)
    else:
        pane.focus()


def _pane_id(session_id: str) -> str:
    return f"pane-{session_id}"
