"""The list of links in a terminal."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from maestro_tui.terminal.links import local_file
from maestro_tui.tui.text import line
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["LinkPicker"]


class LinkPicker(ModalScreen[str | None], inherit_bindings=False):
    """Answers with the address that was chosen, or with None. The newest is offered first."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [Binding("escape,q", "cancel", "Close", show=False)]

    def __init__(self, targets: Sequence[str]) -> None:
        """targets: from the top of the terminal down."""
        super().__init__()
        self._targets = targets

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Links")
            yield OptionList(
                *(Option(line(local_file(target) or target)) for target in self._targets), markup=False
            )
            footer = Footer()
            footer.hints = (Hint("enter", "open; copy the path of a file"), Hint("esc", "close", "screen.cancel"))
            yield footer

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = len(self._targets) - 1

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._targets[event.option_index])

    def action_cancel(self) -> None:
        """Open nothing."""
        self.dismiss(None)
