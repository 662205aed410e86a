"""An outer terminal that really shows what it is sent: the engine's."""

from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.terminal.engine import Terminal

COLUMNS, ROWS = 60, 10


class Outer(HeadlessDriver):
    """Counts as a driver of a real terminal, and has one: the engine's."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.terminal = Terminal(COLUMNS, ROWS)

    @property
    def is_headless(self) -> bool:
        return False

    def send_message(self, message) -> None:
        """Straight to the app, as the cockpit's own driver does."""
        self._app.post_message(message)

    def write(self, data: str) -> None:
        self.terminal.feed(data.encode())


class Over(ModalScreen[None]):
    """Lies over a part of everything."""

    CSS = "Over { align: center middle; } Over > Static { width: 20; height: 3; }"

    def compose(self):
        yield Static("a question\nover\nthe pane")
