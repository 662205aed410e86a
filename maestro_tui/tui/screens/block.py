"""The dialog that blocks a task."""

from textual.app import ComposeResult
from textual.widgets import Input

from maestro_tui.domain.status import TaskStatus
from maestro_tui.domain.task import Task
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.screens.dialog import Dialog, Field, required

__all__ = ["BlockTask"]


class BlockTask(Dialog[str]):
    """A task is blocked with a reason or not at all. Answers with the reason."""

    VERB = "block"

    def __init__(self, mutations: Mutations, task: Task) -> None:
        super().__init__()
        self._mutations = mutations
        self._about = task

    @property
    def heading(self) -> str:
        return f"Block {self._about.title}"

    def fields(self) -> ComposeResult:
        yield Field("Reason", Input(id="reason", placeholder="what it waits for", max_length=8192))

    async def send(self) -> str:
        reason = required("reason", self.query_one("#reason", Input).value, "a reason")
        await self._mutations.update_task(
            f"Block “{self._about.title}”", self._about.id, status=TaskStatus.BLOCKED.value, reason=reason
        )
        return reason
