"""The Textual application: themes, keys, news from behind, and the one board."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App
from textual.command import CommandPalette
from textual.events import Key
from watchfiles import awatch

from maestro_tui.config.settings import Settings
from maestro_tui.domain.text import clean_text
from maestro_tui.paths import bundled
from maestro_tui.tui.commands import CockpitCommands
from maestro_tui.tui.context import Context
from maestro_tui.tui.feed import FeedBridge, TerminalBridge
from maestro_tui.tui.keymap import Keymap, load_keymap
from maestro_tui.tui.messages import (
    ConnectionChanged,
    DocumentsChanged,
    TerminalClosed,
    TerminalExited,
    TerminalOpened,
)
from maestro_tui.tui.ports import Connection, Feed, Terminals
from maestro_tui.tui.screens.board import BoardScreen
from maestro_tui.tui.themes import (
    DEFAULT_THEME,
    Themes,
    load_themes,
    quiet_variables,
    textual_theme,
)
from maestro_tui.tui.times import Clock, wall_clock
from maestro_tui.tui.widgets.terminal_pane import TerminalPane

__all__ = ["CockpitApp"]

LOST = frozenset({"reconnecting", "offline"})
"""Phases in which the server cannot be reached."""


class CockpitApp(App[None], inherit_bindings=False):
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
    ) -> None:
        """Prepare; nothing is asked of the feed before the app runs.

        keymap: by default made from settings. theme_directories: after the bundled one, later
        ones win. project_id: the project to open first. notices: what to tell at the start.
        """
        super().__init__()
        settings = settings or Settings()
        self.context = Context(
            feed, terminals, settings, keymap or load_keymap(settings.keys), clock, directory or Path.cwd()
        )
        self.theme_directories = (bundled("themes"), *theme_directories)
        self.board = BoardScreen(self.context, project_id)
        self._notices = (*self.context.keymap.findings, *notices)
        self._themes = Themes({})
        self._bridge = FeedBridge(feed, self)
        self._terminal_bridge = TerminalBridge(terminals, self, self.board.output_arrived)
        self._was_lost = False

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables of ours that themes made elsewhere lack."""
        return quiet_variables(self.current_theme)

    def get_default_screen(self) -> BoardScreen:
        return self.board

    def on_mount(self) -> None:
        self.set_keymap(dict(self.context.keymap.keys))
        self._load_themes()
        self.theme = self._themes.pick(self.context.settings.ui.theme, self.available_themes)
        self.theme_changed_signal.subscribe(self, lambda _: self._paint_terminals())
        self._paint_terminals()
        self.run_worker(self._watch_themes(), group="themes", exclusive=True)
        for notice in self._notices:
            self.notify(notice, severity="warning", timeout=15)

    def on_ready(self) -> None:
        """The board stands: from now on it is told what happens, and at once what happened so far."""
        self._bridge.start()
        self._terminal_bridge.start()

    def on_unmount(self) -> None:
        self._bridge.stop()
        self._terminal_bridge.stop()

    def on_key(self, event: Key) -> None:
        """A key typed in one go with the one that led to a terminal is the terminal's too."""
        if isinstance(self.focused, TerminalPane):
            event.prevent_default()
            self.focused.post_message(Key(event.key, event.character))

    # News from behind

    def on_documents_changed(self, message: DocumentsChanged) -> None:
        self.board.apply(message.changes)

    def on_connection_changed(self, message: ConnectionChanged) -> None:
        self.board.connection = message.connection
        self._tell_connection(message.connection)

    def _tell_connection(self, connection: Connection) -> None:
        """Say once that the server is lost, and once that it is back."""
        if connection.phase in LOST and not self._was_lost:
            self._was_lost = True
            self.notify("The server cannot be reached; trying again", severity="warning")
        elif connection.phase == "online" and self._was_lost:
            self._was_lost = False
            self.notify("Connected again; nothing was missed")
        elif connection.phase in ("refused", "incompatible"):
            reason = connection.last_error or "it gave no reason"
            self.notify(f"The server refuses this cockpit: {reason}", severity="error", timeout=30)

    def on_terminal_opened(self, message: TerminalOpened) -> None:
        self.board.show_terminal(message.session_id)

    def on_terminal_exited(self, message: TerminalExited) -> None:
        self.board.end_terminal(message.session_id)

    def on_terminal_closed(self, message: TerminalClosed) -> None:
        self.board.drop_terminal(message.session_id)

    def notify(self, message: str, *, markup: bool = False, **options: Any) -> None:
        """A toast. Its text is data whatever the caller says: markup in it is shown as it stands."""
        options["title"] = clean_text(options.get("title", ""))
        super().notify(clean_text(message), markup=False, **options)

    # Themes

    def _paint_terminals(self) -> None:
        self.board.palette = self._themes.palette(self.theme, dark=self.current_theme.dark)

    def _load_themes(self) -> None:
        self._themes = load_themes(self.theme_directories)
        for file in self._themes.files.values():
            self.register_theme(textual_theme(file))
        for finding in self._themes.findings:
            self.notify(finding, title="Theme", severity="warning", timeout=15)

    async def _watch_themes(self) -> None:
        """Take up changes of theme files while the cockpit runs."""
        places = [place for place in self.theme_directories if place.is_dir()]
        if not places:
            return
        async for _ in awatch(*places, debounce=200, step=50):
            self._load_themes()
            self.mutate_reactive(App.theme)

    def action_theme_next(self) -> None:
        """Use the next of our themes."""
        names = sorted(self._themes.files) or [DEFAULT_THEME]
        place = names.index(self.theme) + 1 if self.theme in names else 0
        self.theme = names[place % len(names)]
        self.notify(f"Theme: {self.theme}", timeout=2)

    # Palette

    def action_palette_open(self) -> None:
        """Find something by name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(
                CommandPalette(providers=[CockpitCommands], placeholder="Find a task, a session, an action")
            )
