"""The dialog that asks before something is lost."""

from collections.abc import Awaitable, Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from maestro_tui.tui.screens.dialog import Dialog
from maestro_tui.tui.text import paragraphs
from maestro_tui.tui.widgets.footer import Hint

__all__ = ["Confirm"]


class Confirm(Dialog[bool]):
    """Does it when the person says yes. Answers True when it was done."""

    BINDINGS = [Binding("y", "submit", "Yes", show=False), Binding("n", "cancel", "No", show=False)]

    def __init__(
        self,
        heading: str,
        question: str,
        verb: str,
        act: Callable[[], Awaitable[object]],
        *,
        otherwise: str = "keep",
    ) -> None:
        """verb, otherwise: what `y` and `n` do, for the hints. act: may raise MaestroError, which is shown."""
        super().__init__()
        self._heading = heading
        self._question = question
        self._verb = verb
        self._otherwise = otherwise
        self._act = act

    @property
    def heading(self) -> str:
        return self._heading

    def fields(self) -> ComposeResult:
        yield Static(paragraphs(self._question), markup=False, classes="said")

    def hints(self) -> Sequence[Hint]:
        return (Hint("y", self._verb, "screen.submit"), Hint("n", self._otherwise, "screen.cancel"))

    async def send(self) -> bool:
        await self._act()
        return True
