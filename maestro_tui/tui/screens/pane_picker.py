"""Which terminal comes beside the one in sight."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from maestro_tui.domain.session import Session
from maestro_tui.tui.glyphs import session_mark
from maestro_tui.tui.text import clip
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["PanePicker"]


class PanePicker(ModalScreen[str | None], inherit_bindings=False):
    """Answers with the id of a session, or with None."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [Binding("escape,q", "cancel", "Close", show=False)]

    def __init__(self, heading: str, sessions: Sequence[tuple[str, Session | None]]) -> None:
        """sessions: ids and what is known of them."""
        super().__init__()
        self._heading = heading
        self._sessions = sessions

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield OptionList(*(Option(_row(*pair), id=pair[0]) for pair in self._sessions), markup=False)
            footer = Footer()
            footer.hints = (Hint("enter", "show"), Hint("esc", "close", "screen.cancel"))
            yield footer

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_cancel(self) -> None:
        """Leave the panes as they are."""
        self.dismiss(None)


def _row(session_id: str, session: Session | None) -> Content:
    if session is None:
        return Content(session_id)
    mark = session_mark(session)
    return Content.assemble(
        (f"{mark.glyph} ", f"${mark.colour}"), clip(session.name, 40), (f"  {mark.word}", "$muted")
    )
