"""The bottom line: the keys that work now, as many as fit."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget

__all__ = ["Footer", "Hint", "fitting"]

GAP = Content("  ")


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

    pinned: reactive[int] = reactive(2)
    """How many of the last hints are always shown."""

    def render(self) -> Content:
        shown = fitting(self.hints, self.size.width, self.pinned)
        return Content(" ").append(GAP.join([_face(hint) for hint in shown]))

    async def on_click(self, event: Click) -> None:
        """Run the action of the hint that was hit."""
        left = 1
        for hint in fitting(self.hints, self.size.width, self.pinned):
            right = left + _face(hint).cell_length
            if left <= event.x < right and hint.action:
                await self.run_action(hint.action)
                return
            left = right + GAP.cell_length


def fitting(hints: Sequence[Hint], cells: int, pinned: int) -> list[Hint]:
    """The hints that fit into a line; the last pinned ones are given room first."""
    head, tail = list(hints[: len(hints) - pinned]), list(hints[len(hints) - pinned :])
    while head and _width([*head, *tail]) > cells:
        head.pop()
    while tail and _width([*head, *tail]) > cells:
        tail.pop(0)
    return [*head, *tail]


def _width(hints: Sequence[Hint]) -> int:
    return 1 + sum(_face(hint).cell_length for hint in hints) + GAP.cell_length * max(len(hints) - 1, 0)


def _face(hint: Hint) -> Content:
    return Content.assemble(Content.styled(hint.key, "bold $primary"), Content.styled(f" {hint.word}", "$muted"))
