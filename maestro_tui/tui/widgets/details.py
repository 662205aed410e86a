"""What is known about the selected task, subtask or session."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from maestro_tui.tui.narration import describe
from maestro_tui.tui.ports import Documents
from maestro_tui.tui.rows import Row
from maestro_tui.tui.times import Clock, wall_clock

__all__ = ["Details"]

REFRESH_SECONDS = 20


class Details(VerticalScroll):
    """Shows the row it is given; times in it stay current by themselves."""

    DEFAULT_CSS = """
    Details {
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > #details-text { width: 1fr; height: auto; }
    }
    """

    def __init__(self, documents: Documents, *, clock: Clock = wall_clock, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, can_focus=False)
        self._documents = documents
        self._clock = clock
        self._row: Row | None = None
        self._text = Content("")

    def compose(self) -> ComposeResult:
        yield Static(id="details-text", markup=False)

    def on_mount(self) -> None:
        self.set_interval(REFRESH_SECONDS, self.refresh_text)

    def show(self, row: Row | None) -> None:
        """Show another row, from its top; None shows nothing."""
        moved = row is None or self._row is None or row.key != self._row.key
        self._row = row
        self.refresh_text()
        if moved:
            self.scroll_home(animate=False)

    def refresh_text(self) -> None:
        """Read the documents and the clock again."""
        width = self.scrollable_content_region.width
        text = describe(self._documents, self._row, self._clock(), width) if self._row else Content("")
        if text == self._text or not self.query("#details-text"):  # it is gone first while the board is left
            return
        self._text = text
        label = self.query_one("#details-text", Static)
        # Arranging the whole screen anew would cost more than everything else about a change.
        was = label.size
        label.update(text, layout=not was.width or text.get_height({}, was.width) != was.height)

    def on_resize(self) -> None:
        """The timeline folds to the width there is."""
        self.refresh_text()
