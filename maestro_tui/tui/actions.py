"""The table of actions: what a person can do, with which key, and where.

The footer, the help screen, the command palette, remapping and the documentation are made
from this table alone. What an action does is a method named `action_` and its id, on the
widget that owns the state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding

from maestro_tui.tui.copy_keys import COPY_ACTIONS
from maestro_tui.tui.prefix import PANE_ACTIONS

__all__ = ["ACTIONS", "BY_ID", "Action", "Place", "bindings", "show_key", "unknown_after"]


class Place(StrEnum):
    """Where an action's key works.

    BOARD: while the board has the focus, single letters act.
    PANE: after the prefix key, while a terminal has the focus.
    COPY: in copy mode.
    """

    BOARD = "board"
    PANE = "pane"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do.

    id: `<thing>.<verb>`, the name settings use to give it another key.
    label: one or two words for the footer; empty keeps it out of there.
    description: a sentence for the help screen and the palette.
    """

    id: str
    key: str
    label: str
    description: str
    place: Place = Place.BOARD

    @property
    def method(self) -> str:
        """The name Textual runs it by: `task.new` is `task_new`."""
        return self.id.replace(".", "_")


ACTIONS: tuple[Action, ...] = (
    Action("task.new", "n", "new", "Add a task to this project"),
    Action("task.complete", "space", "done", "Complete the selected task or subtask, or reopen it"),
    Action("task.block", "b", "block", "Block the selected task with a reason, or unblock it"),
    Action("session.spawn", "s", "spawn", "Start an agent on the selected task"),
    Action("task.start", "i", "start", "Mark the selected task as in progress"),
    Action("subtask.new", "a", "add step", "Add a subtask to the selected task"),
    Action("board.filter", "slash", "filter", "Show only the tasks that match what you type"),
    Action("focus.switch", "tab", "pane", "Move between the board and the open terminal"),
    Action("session.waiting", "w", "waiting", "Go to the next agent that waits for you"),
    Action("session.why", "W", "", "Show why an agent counts as working, waiting or idle, and correct it"),
    Action("attention.log", "A", "", "Show which agents asked for you, and how long they waited"),
    Action("session.tree", "v", "sessions", "Show every session, who started it, and how spawning stands"),
    Action("session.approve", "y", "", "Approve or deny a spawn that waits for you"),
    Action("session.stop", "x", "", "Stop the selected agent, after a question"),
    Action("session.restart", "r", "", "Start an agent that has ended again, with the same brief"),
    Action("spawning.switch", "P", "", "Pause all new spawns, or let them go on"),
    Action("session.follow", "f", "", "Let the terminals follow the cursor in the tree, or stop"),
    Action("task.edit", "e", "edit", "Change the title of the selected task or subtask"),
    Action("task.delete", "d", "delete", "Delete the selected task or subtask, after a question"),
    Action("project.pick", "p", "project", "Switch to another project"),
    Action("project.new", "N", "new project", "Create a project"),
    Action("connection.details", "c", "", "Show the connection to the server and its history"),
    Action("log.show", "L", "", "Show the cockpit's log"),
    Action("theme.next", "t", "", "Switch to the next theme"),
    Action("palette.open", "colon", "palette", "Find a task, a session or an action by name"),
    Action("help.show", "question_mark", "help", "Show every key"),
    Action("app.leave", "q", "quit", "Leave the cockpit; agents keep working"),
    *(Action(one.id, one.key, one.label, one.description, Place.PANE) for one in PANE_ACTIONS),
    *(Action(one.id, one.key, one.label, one.description, Place.COPY) for one in COPY_ACTIONS),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

_KEY_FACES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "space": "space",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "vertical_line": "|",
    "percent_sign": "%",
    "minus": "-",
    "quotation_mark": '"',
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "circumflex_accent": "^",
    "dollar_sign": "$",
    "comma": ",",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "full_stop": ".",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def show_key(key: str) -> str:
    """A key as people write it: `ctrl+b` is `^b`, `question_mark` is `?`."""
    *modifiers, name = key.split("+")
    face = _KEY_FACES.get(name, name)
    if modifiers == ["ctrl"]:
        return f"^{face}"
    return "+".join([*modifiers, face])


def unknown_after(prefix_key: str, key: str) -> str:
    """What is said of a key that means nothing after the prefix key."""
    return f"{show_key(prefix_key)} {show_key(key)} does nothing"


def bindings(actions: Iterable[Action]) -> list[Binding]:
    """Textual bindings for actions, each with its id, so that settings can remap it."""
    return [
        Binding(
            action.key, action.method, action.description, id=action.id, tooltip=action.description, show=False
        )
        for action in actions
    ]
