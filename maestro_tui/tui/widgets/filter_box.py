"""Where a person types what the board is to show."""

from collections.abc import Callable

from textual.events import Key
from textual.widgets import Input

__all__ = ["FilterBox"]


class FilterBox(Input):
    """A field that leaves some keys to the board. takes: does what a key asks for there; False for a letter."""

    def __init__(self, takes: Callable[[str], bool], *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, placeholder="words to look for", select_on_focus=False)
        self._takes = takes

    def on_key(self, event: Key) -> None:
        if self._takes(event.key):
            event.stop()
            event.prevent_default()
