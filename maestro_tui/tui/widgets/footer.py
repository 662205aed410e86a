"""The bottom line: the keys that work now, as many as fit."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

__all__ = ["Footer", "Hint"]


class Hint(NamedTuple):
    """What a key does. action: the Textual action a click runs; empty for none."""

    key: str
    word: str
    action: str = ""


class Footer(Widget):
    """Hints in the order given; those that do not fit are left out, the last ones stay."""

    DEFAULT_CSS = "Footer { height: 1; }"

    hints: reactive[tuple[Hint, ...]] = reactive(())
    """What can be done now, most used first."""

    pinned: reactive[int] = reactive(1)
    """How many of the last hints are always shown."""

    def render(self) -> Content:
        hints = fitting(self.hints, self.size.width, self.pinned)
        return Content(" ").append(Content("  ").join([_hint(hint) for hint in hints]))


def fitting(hints: Sequence[Hint], cells: int, pinned: int) -> list[Hint]:
    """The hints that fit into a line, the last pinned ones first of all."""
    head, tail = list(hints[: len(hints) - pinned]), list(hints[len(hints) - pinned :])
    while head and _width([*head, *tail]) > cells:
        head.pop()
    while tail and _width([*head, *tail]) > cells:
        tail.pop(0)
    return [*head, *tail]


def _width(hints: Sequence[Hint]) -> int:
    return 1 + sum(_hint(hint).cell_length for hint in hints) + 2 * max(len(hints) - 1, 0)


def _hint(hint: Hint) -> Content:
    key, word, action = hint
    text = Content.assemble(Content.styled(key, "bold $primary"), Content.styled(f" {word}", "$muted"))
    return text.stylize_before(f"@click={action}") if action else text
