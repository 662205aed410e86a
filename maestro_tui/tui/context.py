"""What every screen is given."""

from dataclasses import dataclass, field
from pathlib import Path

from maestro_tui.config.settings import Settings
from maestro_tui.tui.focus_guard import FocusGuard
from maestro_tui.tui.keymap import Keymap
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.ports import Api, Documents, Feed, Hosts, Terminals
from maestro_tui.tui.times import Clock, wall_clock

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """The cockpit's surroundings.

    directory: where new projects are proposed to live. hosts: those of this machine; None where nothing runs here.
    log: the cockpit's log file; None where it keeps none. guard: told when the focus moves by itself.
    """

    feed: Feed
    terminals: Terminals
    mutations: Mutations
    settings: Settings = field(default_factory=Settings)
    keymap: Keymap = field(default_factory=Keymap)
    clock: Clock = wall_clock
    directory: Path = field(default_factory=Path.cwd)
    hosts: Hosts | None = None
    log: Path | None = None
    guard: FocusGuard = field(default_factory=FocusGuard)

    @property
    def documents(self) -> Documents:
        """The cockpit's copy of the documents."""
        return self.feed.mirror

    @property
    def api(self) -> Api:
        """Questions to the server."""
        return self.feed.api
