"""A brief before its session is started: to read, and to change."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import TextArea

from maestro_tui.tui.screens.dialog import Dialog
from maestro_tui.tui.widgets.footer import Hint

__all__ = ["BriefEditor"]


class BriefEditor(Dialog[str]):
    """Answers with the text as it stands when it is kept; None leaves everything as it was."""

    VERB = "keep"
    BINDINGS = [Binding("ctrl+s", "submit", "Keep", show=False)]

    def __init__(self, name: str, brief: str) -> None:
        super().__init__()
        self._name = name
        self._brief = brief

    @property
    def heading(self) -> str:
        return f"Brief for {self._name}"

    def fields(self) -> ComposeResult:
        yield TextArea(self._brief, id="brief")

    def on_mount(self) -> None:
        self.query_one(".dialog").add_class("-wide")
        self.query_one("#brief").focus()

    def hints(self) -> Sequence[Hint]:
        return (Hint("^s", "keep it", "screen.submit"), Hint("esc", "leave it as it was", "screen.cancel"))

    async def send(self) -> str | None:
        return self.query_one("#brief", TextArea).text
