"""The Textual application: keys, news from behind, and the one board."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import RenderableType
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.notifications import Notification, Notify, SeverityLevel
from textual.worker import active_worker

from maestro_tui.client.outbox import Command
from maestro_tui.config.settings import Settings
from maestro_tui.domain.text import clean_text
from maestro_tui.terminal.palette import Palette
from maestro_tui.tui.attention import Attention
from maestro_tui.tui.calls import call_person
from maestro_tui.tui.clipboard import clipboard_command, copy_with
from maestro_tui.tui.commands import CockpitCommands
from maestro_tui.tui.context import Context
from maestro_tui.tui.drawn_lines import let_drawn_lines_go
from maestro_tui.tui.feed import FeedBridge, TerminalBridge
from maestro_tui.tui.keymap import Keymap, load_keymap
from maestro_tui.tui.later import Later
from maestro_tui.tui.lookout import Lookout
from maestro_tui.tui.memory import Memory
from maestro_tui.tui.messages import (
    ClipboardAsked,
    CommandRefused,
    ConnectionChanged,
    DocumentsChanged,
    News,
    SkillsReloaded,
    SpawningSwitched,
    TerminalCalled,
    TerminalCalledBefore,
    TerminalClosed,
    TerminalExited,
    TerminalOpened,
    TerminalStopping,
    TerminalTitled,
)
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.outage import Outage
from maestro_tui.tui.outer_keys import EDITING_KEYS, teach_textual
from maestro_tui.tui.ports import Feed, Hosts, Terminals
from maestro_tui.tui.screens.attention_log import AttentionLog
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.short_way import ShortWay
from maestro_tui.tui.themed_app import ThemedApp
from maestro_tui.tui.times import Clock, wall_clock
from maestro_tui.tui.type_ahead import TypeAhead
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["CockpitApp"]

REMEMBER_SECONDS = 10.0


class CockpitApp(ThemedApp, inherit_bindings=False):
    """The cockpit on a feed and the terminals of this machine.

    Owns no bindings: a focused terminal gets every key but its prefix. Leaving asks nothing,
    because agents outlive the cockpit.
    """

    TITLE = "maestro"
    CSS_PATH = "screens/board.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = []

    def __init__(
        self,
        feed: Feed,
        terminals: Terminals,
        *,
        settings: Settings | None = None,
        keymap: Keymap | None = None,
        theme_directories: Sequence[Path] = (),
        project_id: str | None = None,
        notices: Sequence[str] = (),
        clock: Clock = wall_clock,
        directory: Path | None = None,
        state: Path | None = None,
        hosts: Hosts | None = None,
        log: Path | None = None,
    ) -> None:
        """Prepare; nothing is asked of the feed before the app runs.

        keymap: by default made from settings. theme_directories: after the bundled one, later
        ones win. project_id: the project to open first; else the one that was open last. notices:
        what to tell at the start. state: the file in which the layout is remembered. hosts: those of this
        machine.
        """
        super().__init__(theme_directories)
        teach_textual()
        let_drawn_lines_go()
        settings = settings or Settings()
        self.context = Context(
            feed,
            terminals,
            Mutations(feed, self._tell_queued),
            settings,
            keymap or load_keymap(settings.keys),
            clock,
            directory or Path.cwd(),
            hosts,
            log,
        )
        self.memory = Memory(state)
        self.board = BoardScreen(self.context, self.memory, project_id)
        self._notices = (*self.context.keymap.findings, *notices)
        self._bridge = FeedBridge(feed, self)
        self._terminal_bridge = TerminalBridge(terminals, self, self.board.output_arrived)
        self._type_ahead = TypeAhead(self, self._give)
        self._short_way: ShortWay | None = None
        self._outage = Outage(self._tell_connection, self.set_timer)
        self._toasts: dict[str, Notification] = {}
        self._lookout = Lookout(self.context, self.memory, self.board, self.notify)
        self._told_meanwhile = False
        log_file = None if state is None else state.with_name("attention.jsonl")
        self.attention = Attention(settings.attention, log_file)

    def get_default_screen(self) -> BoardScreen:
        return self.board

    def on_mount(self) -> None:
        self.set_keymap(dict(self.context.keymap.keys))
        self.use_themes(self.context.settings.ui.theme)
        for notice in self._notices:
            self.notify(notice, severity="warning", timeout=15)

    def paint_terminals(self, palette: Palette | None) -> None:
        self.board.palette = palette

    def on_ready(self) -> None:
        """The board stands: from now on it is told what happens, and at once what happened so far."""
        self.run_worker(Later(self._lookout.run), group="lookout", exclusive=True)
        self.set_interval(REMEMBER_SECONDS, self.memory.save)
        self.set_interval(1, self._call_person)
        self.set_interval(1, self.memory.save_calls)
        self._short_way = ShortWay(self)
        self._bridge.start()
        self._terminal_bridge.start()

    def on_unmount(self) -> None:
        self._bridge.stop()
        self._terminal_bridge.stop()
        self.memory.save()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave. Nothing is read or drawn any more: a flood of output would hold up what is left to do."""
        self._bridge.stop()
        self._terminal_bridge.stop()
        self.context.terminals.rest()
        super().exit(result, return_code, message)

    def get_driver_class(self) -> type[Driver]:
        """The outer terminal's driver: the one on the event loop, where Textual would use its own for Linux."""
        wanted = super().get_driver_class()
        if sys.platform != "linux" or wanted.__name__ != "LinuxDriver":
            return wanted
        from maestro_tui.tui.loop_driver import LoopDriver

        return LoopDriver

    def post_message(self, message: Message) -> bool:
        """Take a message; a key for a program goes before everybody's output, and straight there."""
        if isinstance(message, Key) and self.screen_stack and isinstance(pane := self.focused, TerminalPane):
            overtakes = self.context.guard.is_up(message.time) or self._type_ahead.is_busy
            is_typed = not overtakes and self._short_way is not None and self._short_way.take(message, pane)
            self.context.terminals.make_way(typed=is_typed)
            if is_typed:
                return True
        return super().post_message(message)

    def pop_screen(self) -> AwaitComplete:
        """Take the top screen away. What it waits for is given up first: there is nothing to show it on."""
        for worker in self.workers:
            if worker.node is self.screen and worker is not active_worker.get(None):
                worker.cancel()
        return super().pop_screen()

    async def on_event(self, event: Event) -> None:
        """Each key and paste goes to what those before it have led to."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._type_ahead.take(event)
        else:
            await super().on_event(event)

    async def _give(self, event: Key | Paste) -> None:
        """To what has the focus, but no key to what got it by itself while the person still types."""
        if isinstance(event, Key) and self.context.guard.takes(event.time):
            self.bell()
        else:
            await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """The prefix key and what follows it are no letters of the board."""
        if self.board.take_prefixed(event.key):
            event.prevent_default()
        elif self.focused is not None and event.key in EDITING_KEYS:
            self.focused.post_message(Key(EDITING_KEYS[event.key], None))

    # News from behind

    async def _on_message(self, message: Message) -> None:
        """Take a message; news that come while the widgets are being taken away have none to be shown in."""
        if self.is_running or not isinstance(message, News):
            await super()._on_message(message)

    def on_documents_changed(self, message: DocumentsChanged) -> None:
        self.board.apply(message.changes)
        self.attention.follow(self.context.documents.sessions.values(), self.context.clock())

    def on_connection_changed(self, message: ConnectionChanged) -> None:
        self.board.connection = message.connection
        self._outage.follow(message.connection)
        self._lookout.follow(online=message.connection.is_online)
        if message.connection.is_online:
            self._tell_meanwhile()

    def _tell_connection(self, sentence: str, severity: SeverityLevel) -> None:
        self.notify(sentence, severity=severity, replaces="connection")

    def _tell_queued(self, command: Command) -> None:
        said = "Queued: will be sent when the server is back"
        self.notify(said, title=command.label, replaces="queued")

    def on_command_refused(self, message: CommandRefused) -> None:
        refusal = message.refusal
        self.notify(refusal.message, title=f"Not done: {refusal.command.label}", severity="error", timeout=15)

    def _call_person(self) -> None:
        """Call a person who may look elsewhere for the agents that have waited long enough."""
        for asked in self.attention.due(self.context.clock()):
            settings = self.context.settings.attention
            call = Later(call_person, settings, asked.name, asked.message, self._write_outside)
            self.run_worker(call, group="calls")

    def _write_outside(self, data: str) -> None:
        """To the terminal around the cockpit."""
        if self._driver is not None:
            self._driver.write(data)

    def action_attention_log(self) -> None:
        """Show who asked for the person."""
        self.push_screen(AttentionLog(lambda: self.attention.log, clock=self.context.clock))

    def _tell_meanwhile(self) -> None:
        """Once, as soon as the documents are there: what went on while no cockpit was open."""
        if not self._told_meanwhile:
            self._told_meanwhile = True
            self.run_worker(Later(self._lookout.look_back), group="meanwhile")

    def on_spawning_switched(self, message: SpawningSwitched) -> None:
        self.board.tell_spawning(paused=message.paused)
        because = f": {message.reason}" if message.reason else ""
        said = f"All new spawns are paused{because}" if message.paused else "New spawns go on"
        self.notify(said, severity="warning" if message.paused else "information", replaces="spawning")

    def on_skills_reloaded(self, message: SkillsReloaded) -> None:
        """Say which skills are new; what is wrong with one is found with all the rest that needs a look."""
        if message.names:
            self.notify(", ".join(message.names), title="Skills read again", replaces="skills")
        if message.is_broken:
            self._lookout.look_again()

    def on_terminal_opened(self, message: TerminalOpened) -> None:
        self.board.show_terminal(message.session_id)

    def on_terminal_titled(self, message: TerminalTitled) -> None:
        self.board.tabs.entitle(message.session_id, message.title)

    def on_terminal_called(self, message: TerminalCalled) -> None:
        if self.board.call(message.session_id) and message.text:
            name = self.board.name_of(message.session_id)
            self.notify(message.text, title=name, replaces=f"call {message.session_id}")

    def on_terminal_called_before(self, message: TerminalCalledBefore) -> None:
        self.board.recall(message.session_id)

    def on_clipboard_asked(self, message: ClipboardAsked) -> None:
        self.board.clipboard_asked(message.session_id, message.text)

    def on_terminal_stopping(self, message: TerminalStopping) -> None:
        self.board.stop_terminal(message.session_id, message.step)

    def on_terminal_exited(self, message: TerminalExited) -> None:
        self.board.end_terminal(message.session_id)

    def on_terminal_closed(self, message: TerminalClosed) -> None:
        self.board.drop_terminal(message.session_id)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
        replaces: str = "",
    ) -> None:
        """A toast. Its text is data whatever the caller says: markup in it is shown as it stands.

        replaces: a name for its subject; an older toast of the same one goes.
        """
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        toast = Notification(clean_text(message), clean_text(title), severity, seconds)
        if replaces and (old := self._toasts.get(replaces)) is not None:
            self._unnotify(old)
        if replaces:
            self._toasts[replaces] = toast
        self.post_message(Notify(toast))

    def copy_to_clipboard(self, text: str) -> None:
        """Put a text on the person's clipboard: through the outer terminal (OSC 52) and this machine's program."""
        super().copy_to_clipboard(text)
        if command := clipboard_command(os.environ):
            self.run_worker(Later(copy_with, command, text), group="clipboard", exclusive=True)

    # Palette

    def action_palette_open(self) -> None:
        """Find something by name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(
                CommandPalette(providers=[CockpitCommands], placeholder="Find a task, a session, an action")
            )
