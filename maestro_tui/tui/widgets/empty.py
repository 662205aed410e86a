"""What stands where there is nothing yet: what to do first."""

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

__all__ = ["Empty"]


class Empty(Widget):
    """A sentence and the keys that lead on, in the middle of the room there is."""

    DEFAULT_CSS = """
    Empty { width: 1fr; height: 1fr; align: center middle; content-align: center middle; text-align: center; }
    """

    said: reactive[str] = reactive("")
    """One sentence."""

    keys: reactive[Sequence[tuple[str, str]]] = reactive(())
    """Keys as people write them, and what they do."""

    def render(self) -> Content:
        lines = [Content.styled(self.said, "$muted")]
        lines += [
            Content.assemble(Content.styled(key, "bold $primary"), Content.styled(f"  {word}", "$muted"))
            for key, word in self.keys
        ]
        return Content("\n\n").join([lines[0], Content("\n").join(lines[1:])]) if self.keys else lines[0]
