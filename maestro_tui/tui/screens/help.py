"""Every key, on one screen, made from the table of actions."""

import textwrap
from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from maestro_tui.tui.actions import ACTIONS, Place
from maestro_tui.tui.keymap import Keymap
from maestro_tui.tui.prefix import TAB_KEYS
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["HelpScreen", "help_text", "key_sections"]

TAB_NUMBERS = f"{TAB_KEYS[0]} … {TAB_KEYS[-1]}"
PREFIX_ON_BOARD = "Do as in a terminal what the next key asks for, with the terminal shown"
TREE_KEYS = (
    ("↑ ↓", "Move; also j and k"),
    ("← →", "Fold and unfold; also h and l"),
    ("enter", "Open a session's terminal, or fold and unfold a task"),
    ("home end", "First and last; also g and G"),
)
"""Keys of the tree that stay what they are."""
MARGIN, KEY_COLUMNS, LEAST_COLUMNS = 2, 12, 20
"""Columns before a key, for a key, and at least for what it does."""


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
        with Vertical(classes="dialog -wide -full") as box:
            box.border_title = Content("Keys")
            with VerticalScroll(classes="fields"):
                yield KeyTable(self._keymap, self._prefix)
            footer = Footer()
            footer.hints = (Hint("esc", "close", "screen.close"),)
            yield footer

    def action_close(self) -> None:
        """Back to where the person was."""
        self.dismiss(None)


class KeyTable(Static):
    """The whole help, as wide as there is room."""

    def __init__(self, keymap: Keymap, prefix: str) -> None:
        """prefix: the prefix key as people write it."""
        super().__init__()
        self._keymap, self._prefix = keymap, prefix

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(help_text(self._keymap, self._prefix, width).split("\n"))

    def render(self) -> Content:
        return help_text(self._keymap, self._prefix, self.content_size.width)


def help_text(keymap: Keymap, prefix: str, columns: int) -> Content:
    """Every key and what it does, section by section; what takes several rows stays in its column."""
    return Content("\n\n").join([_section(title, keys, columns) for title, keys in key_sections(keymap, prefix)])


def key_sections(keymap: Keymap, prefix: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every key and what it does, under the headings of the help."""
    board = [(keymap.face_of(action), action.description) for action in ACTIONS if action.place is Place.BOARD]
    pane = [(keymap.face_of(action), action.description) for action in ACTIONS if action.place is Place.PANE]
    copy = [(keymap.face_of(action), action.description) for action in ACTIONS if action.place is Place.COPY]
    pane.append((TAB_NUMBERS, "Go to the tab of that number"))
    pane.append((prefix, f"Send {prefix} itself to the agent"))
    pane.append(("esc", "Do nothing after all"))
    return [
        ("On the board", [*board, (TAB_NUMBERS, "Show the terminal of that number"), (prefix, PREFIX_ON_BOARD)]),
        ("In the tree", list(TREE_KEYS)),
        ("In a terminal: every key goes to the agent, except", [(f"{prefix} {key}", said) for key, said in pane]),
        (f"Looking back in a terminal, after {prefix} {keymap.face('pane.scroll')}", copy),
    ]


def _section(title: str, keys: Iterable[tuple[str, str]], columns: int) -> Content:
    indent = MARGIN + KEY_COLUMNS
    width = max(LEAST_COLUMNS, columns - indent)
    rows = []
    for key, description in keys:
        shown = textwrap.indent("\n".join(textwrap.wrap(description, width)), " " * indent)[indent:]
        face = f"{'':{MARGIN}}{key:<{KEY_COLUMNS}}"
        rows.append(Content.assemble(Content.styled(face, "bold $primary"), Content(shown)))
    return Content("\n").join([Content.styled(textwrap.fill(title, max(LEAST_COLUMNS, columns)), "$muted"), *rows])
