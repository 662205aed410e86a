"""Every key, on one screen, made from the table of actions."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.tui.actions import ACTIONS, Place
from maestro_tui.tui.keymap import Keymap
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["HelpScreen", "help_text"]

TREE_KEYS = (
    ("↑ ↓", "Move; also j and k"),
    ("← →", "Fold and unfold; also h and l"),
    ("enter", "Open a session's terminal, or fold and unfold a task"),
    ("home end", "First and last; also g and G"),
)
"""Keys of the tree that stay what they are."""


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """Lists what each key does, here and in a terminal."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [Binding("escape,q,question_mark,enter", "close", "Close", show=False)]

    def __init__(self, keymap: Keymap, prefix: str) -> None:
        """prefix: the prefix key as people write it."""
        super().__init__()
        self._keymap = keymap
        self._prefix = prefix

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Keys")
            with VerticalScroll(classes="fields"):
                yield Static(help_text(self._keymap, self._prefix), markup=False)
            footer = Footer()
            footer.hints = (Hint("esc", "close", "screen.close"),)
            yield footer

    def action_close(self) -> None:
        """Back to where the person was."""
        self.dismiss(None)


def help_text(keymap: Keymap, prefix: str) -> Content:
    """The whole help, section by section."""
    board = [(keymap.face_of(action), action.description) for action in ACTIONS if action.place is Place.BOARD]
    pane = [
        (f"{prefix} {keymap.face_of(action)}", action.description)
        for action in ACTIONS
        if action.place is Place.PANE
    ]
    sections = [_section("On the board", board), _section("In the tree", TREE_KEYS)]
    if pane:
        sections.append(_section("In a terminal: every key goes to the agent, except", pane))
    return Content("\n\n").join(sections)


def _section(title: str, keys: Iterable[tuple[str, str]]) -> Content:
    rows = [
        Content.assemble(Content.styled(f"  {key:<10}", "bold $primary"), Content(description))
        for key, description in keys
    ]
    return Content("\n").join([Content.styled(title, "$muted"), *rows])
