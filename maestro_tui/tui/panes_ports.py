"""What a pane needs from whoever runs the program in it."""

from typing import Protocol

from maestro_tui.terminal.engine import Terminal

__all__ = ["PaneSource"]


class PaneSource(Protocol):
    """One program and its terminal. Whoever feeds the terminal tells the pane that output arrived."""

    @property
    def session_id(self) -> str: ...

    @property
    def terminal(self) -> Terminal: ...

    @property
    def title(self) -> str:
        """What the program calls itself, one clean line; empty when it says nothing."""

    @property
    def exited(self) -> str | None:
        """How the program ended, as people say it (`exit status 1`); None while it runs."""

    @property
    def called_at(self) -> int:
        """Where in its output it last called for somebody, by a bell or a notification; 0: not yet."""

    def send(self, data: bytes) -> bool:
        """Give the program input. Never blocks; False when it takes none any more."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program its terminal's size; the terminal itself has it already."""

    def shown(self, in_sight: bool) -> None:
        """Tell whether a pane of it is in sight here: what has ended and is not may be closed."""

    def focus(self, has_focus: bool) -> None:
        """Tell whether a person looks at it here: of several viewers, that one sets the size."""

    def stop(self) -> None:
        """End the program: politely first, then firmly; again: the next step at once."""
