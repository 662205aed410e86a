"""The base of every dialog: fields, a line for what is wrong, and the keys that work."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from maestro_tui.domain.errors import Invalid
from maestro_tui.tui.later import Later
from maestro_tui.tui.problems import PROBLEMS, explain
from maestro_tui.tui.text import line
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["Dialog", "Field", "made_id", "required"]

Result = TypeVar("Result")


SLOW_SECONDS = 0.4
"""After this long a person is told that the answer is on its way."""


class Field(Horizontal):
    """A label and the widget it names."""

    def __init__(self, label: str, widget: Widget) -> None:
        super().__init__(classes="field")
        self._label = label
        self._widget = widget

    def compose(self) -> ComposeResult:
        yield Static(self._label, markup=False, classes="label")
        yield self._widget


class Dialog(ModalScreen[Result | None], Generic[Result], inherit_bindings=False):
    """Asks, sends, and closes with the answer; None when it was cancelled.

    While sending fails the dialog stays open with the reason and everything that was typed.
    Subclasses give `heading`, `fields` and `send`.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("enter,ctrl+s", "submit", "Send", show=False),
        Binding("tab,down", "app.focus_next", "Next field", show=False),
        Binding("shift+tab,up", "app.focus_previous", "Previous field", show=False),
        Binding("ctrl+c,super+c", "screen.copy_text", "Copy", show=False),
    ]

    VERTICAL_BREAKPOINTS = [(0, "-tight"), (20, "-roomy")]
    VERB = "save"
    """What enter does, for the hints."""

    def __init__(self) -> None:
        super().__init__()
        self._sending = False

    @property
    def heading(self) -> str:
        """The title in the border; may hold outside text."""
        raise NotImplementedError

    def fields(self) -> ComposeResult:
        """The widgets to fill in, top down."""
        raise NotImplementedError

    async def send(self) -> Result | None:
        """Do what was asked with the values of the fields; None when it waits for the server.

        Raises MaestroError when it cannot be done.
        """
        raise NotImplementedError

    def hints(self) -> Sequence[Hint]:
        """The keys that work here."""
        return (
            Hint("enter", self.VERB, "screen.submit"),
            Hint("tab", "next"),
            Hint("esc", "cancel", "screen.cancel"),
        )

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = line(self.heading)
            with VerticalScroll(classes="fields -form", can_focus=False):
                yield from self.fields()
            yield Static(classes="problem", markup=False)
            footer = Footer()
            footer.hints = tuple(self.hints())
            yield footer

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_submit()

    def action_cancel(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)

    def action_submit(self) -> None:
        """Send once, however often the key is pressed."""
        if not self._sending:
            self._sending = True
            self.run_worker(Later(self._submit), group="submit", exclusive=True)

    async def _submit(self) -> None:
        self._show_problem(Content(""))
        slow = self.set_timer(SLOW_SECONDS, lambda: self._show_problem(Content.styled("Sending …", "$muted")))
        try:
            self.dismiss(await self.send())
        except PROBLEMS as error:
            self._show_problem(explain(error))
            if isinstance(error, Invalid):
                self._focus_wrong_field(error)
        finally:
            slow.stop()
            self._sending = False

    def _show_problem(self, problem: Content) -> None:
        box = self.query_one(".problem", Static)
        box.update(problem)
        box.display = bool(problem.plain)

    def _focus_wrong_field(self, error: Invalid) -> None:
        for detail in error.details or ():
            for widget in self.query(f"#{detail.get('path', '')}"):
                widget.focus()
                return


def made_id(answer: Any, name: str = "id") -> str | None:
    """The id in the answer to a command; None for one that was queued."""
    return None if answer is None else str(answer[name])


def required(path: str, value: str, what: str) -> str:
    """The trimmed value of a field that may not be empty. Raises Invalid, naming the field."""
    if not value.strip():
        raise Invalid(f"{what} is needed", details=[{"path": path, "message": "required"}])
    return value.strip()
