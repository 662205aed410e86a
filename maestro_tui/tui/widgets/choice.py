"""One of a few values, on one line, changed with the left and right arrow keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from maestro_tui.tui.text import clip

__all__ = ["Choice"]

Option = tuple[str, str]
"""A value and the words for it."""


class Choice(Widget, can_focus=True):
    """Shows every option when they fit on the line, else the chosen one between arrows."""

    BINDINGS = [
        Binding("left,h", "step(-1)", "Previous", show=False),
        Binding("right,l,space", "step(1)", "Next", show=False),
    ]

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    """

    index: reactive[int] = reactive(0)
    """Which option is chosen, from 0."""

    @dataclass
    class Changed(Message):
        """Another option was chosen."""

        choice: "Choice"
        value: str

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, options: Sequence[Option], *, value: str | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._options = tuple(options)
        values = [option[0] for option in options]
        self.set_reactive(Choice.index, values.index(value) if value in values else 0)

    @property
    def value(self) -> str:
        """The chosen value; empty when there are no options."""
        return self._options[self.index][0] if self._options else ""

    def offer(self, options: Sequence[Option]) -> None:
        """Offer other options; the chosen value stays chosen if it is among them."""
        value = self.value
        self._options = tuple(options)
        values = [option[0] for option in options]
        self.index = values.index(value) if value in values else 0
        self.refresh()

    def action_step(self, by: int) -> None:
        """Choose the next or the previous option, round the end."""
        if self._options:
            self.index = (self.index + by) % len(self._options)

    def watch_index(self) -> None:
        self.post_message(self.Changed(self, self.value))

    def on_click(self) -> None:
        self.focus()
        self.action_step(1)

    def render(self) -> Content:
        spread = Content("  ").join([self._face(index) for index in range(len(self._options))])
        if spread.cell_length <= self.size.width:
            return spread
        words = clip(self._options[self.index][1], max(self.size.width - 12, 4))
        place = Content.styled(f"  {self.index + 1} of {len(self._options)}", "$muted")
        return Content.assemble("◂ ", words.stylize("bold $primary"), " ▸", place)

    def _face(self, index: int) -> Content:
        words = clip(self._options[index][1], max(self.size.width - 2, 4))
        if index != self.index:
            return Content.assemble(Content.styled("○ ", "$muted"), words.stylize("$muted"))
        return Content.assemble(Content.styled("◉ ", "$primary"), words.stylize("bold"))
