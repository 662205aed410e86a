"""The page of keys in the documentation, made from the table of actions.

`python -m maestro_tui.tui.keys_page > docs/keys.md` writes it.
"""

from collections.abc import Iterable

from maestro_tui.tui.actions import ACTIONS, Action, Place, show_key
from maestro_tui.tui.keymap import RESERVED
from maestro_tui.tui.prefix import DEFAULT_PREFIX, PREFIX_INSIDE, SECOND_PREFIX
from maestro_tui.tui.screens.help import PREFIX_ON_BOARD, TAB_NUMBERS, TREE_KEYS

__all__ = ["keys_page"]

PREFIX, INSIDE = show_key(DEFAULT_PREFIX), show_key(PREFIX_INSIDE)

INTRODUCTION = f"""# Keys

It is always visible which of two things has the keys. On the **board**, single letters act. In a **terminal**,
every key goes to the agent, except the prefix key: `{PREFIX}`, or `{INSIDE}` inside tmux and zellij, which take
`{PREFIX}` themselves; `ui.prefix` sets another. `{SECOND_PREFIX}` (`ui.secondPrefix`) does the same, for where
the outer terminal takes the first. Pressed twice, either goes to the agent too. `?` shows all keys.

On the board the prefix key asks for the same: what follows it acts on the terminal that is shown, and is never one
of the board's letters.

The focus never moves by itself, but for one case: the terminal that is typed into goes away. What is typed then
reaches nothing until the fingers have rested for a moment.

Keys that come faster than the screen follows, as over a slow line, are kept in order: each goes to what those
before it have led to. `/login` typed at once is in the filter, and what follows the key that closes a dialog is
for the board.

A terminal keeps 100,000 lines above its screen, fewer where they would take more than 256 MiB (lines of more than
298 columns).
"""

ENDING = """Any action gets another key in `config.toml`, by its name:

```toml
[keys]
"task.complete" = "m"
"pane.next" = "l"
```

These keys mean the same everywhere and cannot be given away:
{reserved}.
"""


def keys_page() -> str:
    """The page, Markdown."""
    reserved = " ".join(f"`{show_key(key)}`" for key in sorted(RESERVED))
    sections = [
        INTRODUCTION,
        _section(
            "On the board",
            _actions(Place.BOARD, ""),
            [(f"`{TAB_NUMBERS}`", "Show the terminal of that number"), (f"`{PREFIX}`", PREFIX_ON_BOARD)],
        ),
        _section("In the tree", [], [(f"`{key}`", said) for key, said in TREE_KEYS]),
        _section("In a terminal", _actions(Place.PANE, f"{PREFIX} "), _fixed_in_a_terminal()),
        _section(f"Looking back in a terminal, after `{PREFIX} [`", _actions(Place.COPY, ""), []),
        ENDING.format(reserved=reserved),
    ]
    return "\n".join(sections)


def _actions(place: Place, lead: str) -> list[tuple[str, str, str]]:
    return [(_keys(action, lead), action.description, action.id) for action in ACTIONS if action.place is place]


def _keys(action: Action, lead: str) -> str:
    return " or ".join(f"`{lead}{show_key(key)}`" for key in action.key.split(","))


def _fixed_in_a_terminal() -> list[tuple[str, str]]:
    return [
        (f"`{PREFIX} {TAB_NUMBERS}`", "Go to the tab of that number"),
        (f"`{PREFIX} {PREFIX}`", f"Send `{PREFIX}` itself to the agent"),
        (f"`{PREFIX} esc`", "Do nothing after all"),
    ]


def _section(title: str, actions: Iterable[tuple[str, str, str]], fixed: Iterable[tuple[str, str]]) -> str:
    rows = [f"| {key} | {said} | `{name}` |" for key, said, name in actions]
    rows += [f"| {key} | {said} | |" for key, said in fixed]
    return "\n".join([f"## {title}\n", "| key | what it does | name |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    print(keys_page(), end="")  # noqa: T201 - the page is this program's output
