"""The one key a pane keeps for the cockpit, and what may follow it.

Every other key goes to the program. Pressed twice, the prefix key itself goes there, so no
key is ever out of its reach. On the board the same keys ask for the same things.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from maestro_tui.config.settings import UiSettings

__all__ = [
    "PANE_ACTIONS",
    "TAB_KEYS",
    "Cancelled",
    "Chosen",
    "Needs",
    "Opened",
    "Outcome",
    "PaneAction",
    "Prefix",
    "Typed",
    "Unknown",
    "prefix_of",
]

INSIDE_MULTIPLEXER = ("TMUX", "ZELLIJ")
DEFAULT_PREFIX = "ctrl+b"
PREFIX_INSIDE = "ctrl+g"
"""The prefix where another multiplexer outside takes the usual one."""
SECOND_PREFIX = "f12"
"""Does the same: a way out of a pane where the outer terminal takes the prefix."""


class Needs(Enum):
    """What an action is done to, for a person who asks for it on the board.

    NOTHING: it is done whether a terminal is open or not. TERMINAL: to the one that is shown.
    KEYS: to that one too, and it gets the keys, for what is typed next is meant for it.
    """

    NOTHING = auto()
    TERMINAL = auto()
    KEYS = auto()


@dataclass(frozen=True, slots=True)
class PaneAction:
    """One thing a person can do after the prefix key.

    id: `pane.<verb>`. key: in Textual's spelling, several separated by commas.
    label: one or two words for the line of choices; empty keeps it out of there.
    description: a sentence for the help screen. repeats: its key, and the like, may follow without
    another prefix.
    """

    id: str
    key: str
    label: str
    description: str
    repeats: bool = False
    needs: Needs = Needs.TERMINAL


PANE_ACTIONS: tuple[PaneAction, ...] = (
    PaneAction("pane.next", "n", "next", "Go to the next tab"),
    PaneAction("pane.previous", "p", "previous", "Go to the previous tab"),
    PaneAction("pane.board", "b,tab", "board", "Go back to the board", needs=Needs.NOTHING),
    PaneAction("pane.waiting", "w", "waiting", "Go to the next agent that waits for you", needs=Needs.NOTHING),
    PaneAction("pane.why", "W", "why", "Show why the agent counts as working, waiting or idle, and correct it"),
    PaneAction("pane.split_right", "vertical_line,percent_sign", "split", "Show another terminal to the right"),
    PaneAction("pane.split_down", "minus,quotation_mark", "split below", "Show another terminal below"),
    PaneAction("pane.cycle", "o", "pane", "Go to the next pane of the tab"),
    PaneAction("pane.zoom", "z", "zoom", "Give the pane the whole screen, or take it back", needs=Needs.KEYS),
    PaneAction(
        "pane.scroll",
        "left_square_bracket,s",
        "copy",
        "Look back, find and copy with vi's keys; q leaves",
        needs=Needs.KEYS,
    ),
    PaneAction("pane.find", "slash", "find", "Find text in what the terminal showed", needs=Needs.KEYS),
    PaneAction("pane.paste", "right_square_bracket", "", "Paste what was copied last", needs=Needs.KEYS),
    PaneAction("pane.save", "S", "", "Save what the terminal showed to a file"),
    PaneAction("pane.clear", "C", "", "Forget what the terminal showed above its screen"),
    PaneAction("pane.left", "left,h", "", "Go to the pane on the left"),
    PaneAction("pane.down", "down,j", "", "Go to the pane below"),
    PaneAction("pane.up", "up,k", "", "Go to the pane above"),
    PaneAction("pane.right", "right,l", "", "Go to the pane on the right"),
    PaneAction(
        "pane.resize_left", "ctrl+left,H", "", "Move the pane's divider left; more arrows go on", repeats=True
    ),
    PaneAction("pane.resize_down", "ctrl+down,J", "", "Move the pane's divider down", repeats=True),
    PaneAction("pane.resize_up", "ctrl+up,K", "", "Move the pane's divider up", repeats=True),
    PaneAction("pane.resize_right", "ctrl+right,L", "", "Move the pane's divider right", repeats=True),
    PaneAction("pane.move_left", "shift+left", "", "Swap places with the pane on the left"),
    PaneAction("pane.move_down", "shift+down", "", "Swap places with the pane below"),
    PaneAction("pane.move_up", "shift+up", "", "Swap places with the pane above"),
    PaneAction("pane.move_right", "shift+right", "", "Swap places with the pane on the right"),
    PaneAction("pane.detach", "exclamation_mark", "", "Give the pane a tab of its own"),
    PaneAction("pane.tab_left", "less_than_sign", "", "Move the tab to the left"),
    PaneAction("pane.tab_right", "greater_than_sign", "", "Move the tab to the right"),
    PaneAction("pane.close", "x", "close", "Close the pane; a running agent keeps working"),
    PaneAction("pane.stop", "X", "stop", "Stop the agent, after a question"),
    PaneAction("pane.restart", "R", "restart", "Start an agent that has ended again, with the same brief"),
    PaneAction(
        "pane.older", "left_parenthesis", "older prompt", "Show the prompt further up, where the shell marks them"
    ),
    PaneAction(
        "pane.newer", "right_parenthesis", "newer prompt", "Show the prompt further down, or the newest output"
    ),
    PaneAction(
        "pane.output", "c", "output", "Copy what the newest command has written, where the shell marks prompts"
    ),
    PaneAction("pane.link", "u", "links", "List the links in sight and open one"),
    PaneAction(
        "pane.clipboard",
        "y",
        "clipboard",
        "Show what an agent wants on the clipboard, and copy it",
        needs=Needs.NOTHING,
    ),
    PaneAction("pane.reset", "r", "reset", "Undo the modes that a program left behind when it died"),
    PaneAction("pane.help", "question_mark", "help", "Show every key", needs=Needs.NOTHING),
    PaneAction("pane.quit", "q,d", "quit", "Leave the cockpit; agents keep working", needs=Needs.NOTHING),
)

TAB_KEYS = tuple("123456789")
"""Keys that name a tab by its number, here and on the board; they cannot be given to anything else."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The key belongs to the program."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The prefix key: another one decides."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An action was asked for. action: its id. number: of the tab, for `pane.tab`."""

    action: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Escape after the prefix: nothing happens."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No action has this key; the program does not get it either."""

    key: str


Outcome = Typed | Opened | Chosen | Cancelled | Unknown


def prefix_of(ui: UiSettings, environ: Mapping[str, str]) -> str:
    """The prefix key: the one a person set, else the usual one, or inside tmux or zellij one they do not take."""
    inside = any(environ.get(name) for name in INSIDE_MULTIPLEXER)
    return PREFIX_INSIDE if inside and "prefix" not in ui.model_fields_set else ui.prefix


class Prefix:
    """The prefix key of one pane: waiting for it, or for what follows it.

    key, second: in Textual's spelling; either does, for where the outer terminal takes one of them.
    actions: what may follow; keys: other keys for their ids.
    """

    def __init__(
        self,
        key: str = DEFAULT_PREFIX,
        actions: Iterable[PaneAction] = PANE_ACTIONS,
        keys: Mapping[str, str] | None = None,
        *,
        second: str = SECOND_PREFIX,
    ) -> None:
        self.key = key
        self.second = second
        self.actions = tuple(actions)
        self._keys = keys or {}
        self._by_key = {
            spelling.strip(): action.id
            for action in self.actions
            for spelling in self._keys.get(action.id, action.key).split(",")
        }
        self._repeating = frozenset(action.id for action in self.actions if action.repeats)
        self._open = self._repeats = False

    @property
    def keymap(self) -> Mapping[str, str]:
        """Other keys for actions, by their ids."""
        return self._keys

    def fresh(self) -> "Prefix":
        """The same keys for another pane."""
        return Prefix(self.key, self.actions, self._keys, second=self.second)

    @property
    def is_open(self) -> bool:
        """Whether the next key decides."""
        return self._open or self._repeats

    @property
    def repeats(self) -> bool:
        """Whether only an action that repeats, or the end of it, may follow."""
        return self._repeats

    def press(self, key: str) -> Outcome:
        """What a key means now."""
        action = self._by_key.get(key) or self._by_key.get(_without_ctrl(key))
        if self._repeats:
            self._repeats = action in self._repeating
            if self._repeats:
                return Chosen(str(action))
            if key in ("escape", "enter"):
                return Cancelled()
        if not self._open:
            self._open = key in (self.key, self.second)
            return Opened() if self._open else Typed()
        self._open = False
        if key in (self.key, self.second):
            return Typed()
        if key == "escape":
            return Cancelled()
        if key in TAB_KEYS:
            return Chosen("pane.tab", int(key))
        self._repeats = action in self._repeating
        return Chosen(action) if action else Unknown(key)

    def close(self) -> None:
        """The pane lost the focus: the next key decides nothing."""
        self._open = self._repeats = False

    def key_of(self, action_id: str) -> str:
        """The first key of an action. Raises StopIteration for one that cannot follow."""
        action = next(action for action in self.actions if action.id == action_id)
        return self._keys.get(action.id, action.key).split(",")[0]

    def choices(self) -> tuple[tuple[str, str], ...]:
        """What may follow, as (key, label), in order."""
        return tuple(
            (self._keys.get(action.id, action.key).split(",")[0], action.label)
            for action in self.actions
            if action.label
        )


def _without_ctrl(key: str) -> str:
    """`ctrl+b ctrl+n` means what `ctrl+b n` means: a finger that stays on ctrl is forgiven."""
    return key.removeprefix("ctrl+")
