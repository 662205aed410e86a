"""The terminals on the board: which have a pane, and what a person can do from inside one."""

import os
from functools import cached_property
from time import monotonic

from textual import on
from textual.reactive import reactive

from maestro_tui.terminal.palette import Palette
from maestro_tui.tui.actions import BY_ID, show_key
from maestro_tui.tui.context import Context
from maestro_tui.tui.glyphs import STOPPING, session_mark
from maestro_tui.tui.heard import Heard
from maestro_tui.tui.later import Later
from maestro_tui.tui.panes_ports import PaneSource
from maestro_tui.tui.prefix import Chosen, Prefix, prefix_of
from maestro_tui.tui.screens.terminal_requests import TerminalRequests
from maestro_tui.tui.widgets.session_tabs import SessionTabs
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["TerminalVerbs"]


class TerminalVerbs(TerminalRequests, inherit_bindings=False):
    """Keeps the tabs equal to the terminals there are. Subclasses mount the SessionTabs."""

    palette: reactive[Palette | None] = reactive(None, repaint=False)
    """The colours of the terminals."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        prefix = prefix_of(context.settings.ui, os.environ)
        self.prefix = Prefix(prefix, keys=context.keymap.keys, second=context.settings.ui.second_prefix)
        """The board's own; each pane has a fresh one of the same keys."""
        self.rang: set[str] = set()
        """Sessions that called for attention and were not looked at since."""
        self.heard = Heard()
        """What of it outlives this cockpit."""

    def focus_board(self) -> None:
        """Give the keys back to the board."""
        raise NotImplementedError

    def action_session_waiting(self) -> None:
        raise NotImplementedError

    def action_help_show(self) -> None:
        raise NotImplementedError

    def action_app_leave(self) -> None:
        raise NotImplementedError

    def open_session(self, session_id: str) -> None:
        """Go to a session's terminal, its recorded one if it has ended; say so when it runs elsewhere."""
        if session_id in self.tabs.session_ids or self.context.terminals.get(session_id) is not None:
            self._go_to(session_id)
        else:
            self.app.run_worker(Later(self._open_again, session_id), group="reopen", exclusive=True)

    async def _open_again(self, session_id: str) -> None:
        if await self.context.terminals.reopen(session_id):
            self._go_to(session_id)
        else:
            self.app.notify(f"{self.name_of(session_id)} has no terminal here", severity="warning")

    def _go_to(self, session_id: str) -> None:
        self.show_terminal(session_id)
        self.add_class("-pane")
        self.tabs.activate(session_id, focus=True)

    def show_terminal(self, session_id: str) -> None:
        """Give a session a pane. The focus stays, and so does a pane that is being typed into."""
        source = self.context.terminals.get(session_id)
        if source is None or session_id in self.tabs.session_ids:
            return
        source.terminal.set_palette(self.palette)
        typing = self.has_class("-pane")  # the focus itself is away while another window or a dialog has it
        self.tabs.open(session_id, self.name_of(session_id), activate=not typing)
        self.tabs.entitle(session_id, source.title)
        self.mark_tab(session_id)
        self.recall(session_id)

    def call(self, session_id: str) -> bool:
        """A session's program calls for attention; False when the person is looking at it."""
        if session_id not in self.tabs.session_ids:
            return False
        waits = session_id not in self._in_sight
        self._note_call(session_id, waits=waits)
        return waits

    def recall(self, session_id: str) -> None:
        """Mark a session that called while no cockpit was here, or whose call nobody looked at before that."""
        source = self.context.terminals.get(session_id)
        if source is not None and session_id in self.tabs.session_ids:
            self._note_call(session_id, waits=self.heard.waits(session_id, source.called_at))
            self.call_after_refresh(self.look)

    def look(self) -> None:
        """The person sees the shown terminals: what they called for is known."""
        for session_id in self.rang.intersection(self._in_sight):
            self._note_call(session_id, waits=False)

    def _note_call(self, session_id: str, *, waits: bool) -> None:
        """What a session has called for so far is known. waits: nobody has looked."""
        if (source := self.context.terminals.get(session_id)) is not None:
            self.heard.note(session_id, source.called_at, waits=waits)
        if waits != (session_id in self.rang):
            (self.rang.add if waits else self.rang.discard)(session_id)
            self.tabs.ring(session_id, rang=waits)
            self.show_marks()

    @property
    def _in_sight(self) -> tuple[str, ...]:
        """The sessions whose terminals are in sight; none while the person uses another window."""
        looking = self.app.app_focus and self.tabs.region.area and self.is_current
        return self.tabs.visible_ids if looking else ()

    def show_marks(self) -> None:
        """Show in the tree which sessions called."""
        raise NotImplementedError

    @on(SessionTabs.Activated)
    def _on_shown(self) -> None:
        self.call_after_refresh(self.look)

    def stop_terminal(self, session_id: str, step: str | None) -> None:
        """The end of a session's program has begun, or gone a step further."""
        self.note_stopping(session_id, step)
        self.mark_tab(session_id)
        self.show_marks()

    def end_terminal(self, session_id: str) -> None:
        """A session's program ended; its screen stays until the person closes it."""
        self.tabs.program_ended(session_id)
        self.note_ended(session_id)
        self.mark_tab(session_id)
        self.show_marks()

    def drop_terminal(self, session_id: str) -> None:
        """A session's terminal is gone. Who typed into it is on the board then, once the fingers have rested."""
        pane = self.tabs.pane(session_id)
        if pane is not None and self.focused is pane:
            self.context.guard.moved(monotonic())
            self.focus_board()
            self.app.notify(
                f"The terminal of {self.name_of(session_id)} is gone: what you type is lost", timeout=5
            )
        self.tabs.close(session_id)
        self.rang.discard(session_id)
        self.heard.forget(session_id)
        self.forget_requests(session_id)
        self.show_marks()

    def output_arrived(self, session_id: str) -> None:
        """A session's terminal was fed."""
        if self.is_running:
            self.tabs.output_arrived(session_id)

    @cached_property
    def tabs(self) -> SessionTabs:
        """The open terminals."""
        return self.query_one(SessionTabs)

    @property
    def active_pane(self) -> TerminalPane | None:
        """The terminal in sight that has the keys, or had them last."""
        return self.tabs.pane(self.tabs.active) if self.tabs.active else None

    def prefixed(self, action_id: str) -> str:
        """The keys of an action of a terminal as people write them (`^b y`)."""
        return f"{show_key(self.prefix.key)} {show_key(self.prefix.key_of(action_id))}"

    def source_of(self, session_id: str) -> PaneSource:
        """The program of a session. Raises KeyError when it is not on this machine."""
        source = self.context.terminals.get(session_id)
        if source is None:
            raise KeyError(session_id)
        return source

    def name_of(self, session_id: str) -> str:
        """What a session is called."""
        session = self.context.documents.sessions.get(session_id)
        return session.name if session else session_id

    def mark_tab(self, session_id: str) -> None:
        """Show on a session's tab how it stands and what it is called."""
        session = self.context.documents.sessions.get(session_id)
        if session is not None and session_id in self.tabs.session_ids:
            mark = STOPPING if session.is_live and session_id in self.stopping else session_mark(session)
            self.tabs.rename(session_id, session.name)
            self.tabs.mark(session_id, mark.glyph, mark.colour)

    def watch_palette(self, palette: Palette | None) -> None:
        for tabs in self.query(SessionTabs):
            for session_id in tabs.session_ids:
                if pane := tabs.pane(session_id):
                    pane.terminal.set_palette(palette)
                    pane.output_arrived()

    @on(TerminalPane.InputRefused)
    def _tell_refused_input(self, event: TerminalPane.InputRefused) -> None:
        event.stop()
        name = self.name_of(event.pane.session_id)
        self.app.notify(f"{name} cannot be reached: what you type is lost", severity="warning", timeout=3)

    def act(self, chosen: Chosen) -> None:
        """Do what was asked for from a terminal."""
        if chosen.action == "pane.tab":
            self.action_tab_show(chosen.number)
        else:
            self.action_pane_action(chosen.action)

    def action_pane_action(self, action_id: str) -> None:
        """Do what was asked for from a terminal. action_id: of the table, as in `pane.next`."""
        getattr(self, f"action_{BY_ID[action_id].method}")()

    def action_tab_show(self, number: int) -> None:
        """Show the terminal of a number; the keys go there if they went to a terminal before.

        So they do on a narrow screen, which shows what has them and nothing else.
        """
        if not self.tabs.show_number(number, focus=self.has_class("-pane")):
            self.app.notify(f"There is no tab {number}", timeout=3)
        elif self.has_class("-narrow"):
            self.add_class("-pane")
            self.tabs.focus_pane()

    # The actions after the prefix key

    def action_pane_next(self) -> None:
        self.tabs.next()

    def action_pane_previous(self) -> None:
        self.tabs.previous()

    def action_pane_board(self) -> None:
        self.focus_board()

    def action_pane_waiting(self) -> None:
        self.action_session_waiting()

    def action_pane_why(self) -> None:
        if self.tabs.active:
            self.ask_why(self.tabs.active)

    def action_pane_scroll(self) -> None:
        if self.tabs.active and (pane := self.tabs.pane(self.tabs.active)):
            pane.scroll_mode = True

    def action_pane_close(self) -> None:
        if self.tabs.active:
            self.tabs.close(self.tabs.active)
        if not self.tabs.session_ids:
            self.focus_board()

    def action_pane_stop(self) -> None:
        if self.tabs.active:
            self.ask_stop(self.tabs.active)

    def action_pane_restart(self) -> None:
        if self.tabs.active:
            self.restart(self.tabs.active)

    def action_pane_help(self) -> None:
        self.action_help_show()

    def action_pane_quit(self) -> None:
        self.action_app_leave()
