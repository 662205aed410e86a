"""The dialogs that create and rename tasks and subtasks."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Input, TextArea

from maestro_tui.domain.status import Priority
from maestro_tui.domain.task import Task
from maestro_tui.domain.text import clean_line
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.screens.dialog import Dialog, Field, made_id, required
from maestro_tui.tui.widgets.choice import Choice
from maestro_tui.tui.widgets.footer import Hint

__all__ = ["EditTitle", "NewSubtask", "NewTask"]


class NewTask(Dialog[str]):
    """Answers with the new task's id."""

    VERB = "create"

    def __init__(self, mutations: Mutations, key: str, project_id: str, parent: Task | None) -> None:
        """parent: the task it may be put under; the person decides."""
        super().__init__()
        self._mutations = mutations
        self._key = key
        self._project_id = project_id
        self._above = parent

    @property
    def heading(self) -> str:
        return "New task"

    def fields(self) -> ComposeResult:
        yield Field("Title", Input(id="title", placeholder="what should be done", max_length=500))
        yield Field("Description", TextArea(id="description", tab_behavior="focus"))
        yield Field("Priority", Choice([(word, word) for word in Priority], value=Priority.MEDIUM, id="priority"))
        if self._above is not None:
            places = [("", "top level"), (self._above.id, f"under {self._above.title}")]
            yield Field("Place", Choice(places, id="parentId"))

    def hints(self) -> Sequence[Hint]:
        return (*super().hints(), Hint("^s", "create from the description"))

    async def send(self) -> str | None:
        parents = [choice.value for choice in self.query("#parentId").results(Choice)]
        task = await self._mutations.create_task(
            self._key,
            projectId=self._project_id,
            title=required("title", self.query_one("#title", Input).value, "a title"),
            description=self.query_one("#description", TextArea).text.strip(),
            priority=self.query_one("#priority", Choice).value,
            **({"parentId": parents[0]} if any(parents) else {}),
        )
        return made_id(task)


class NewSubtask(Dialog[str]):
    """Answers with the new subtask's id."""

    VERB = "add"

    def __init__(self, mutations: Mutations, key: str, task: Task) -> None:
        super().__init__()
        self._mutations = mutations
        self._key = key
        self._about = task

    @property
    def heading(self) -> str:
        return f"New subtask of {self._about.title}"

    def fields(self) -> ComposeResult:
        yield Field("Title", Input(id="title", placeholder="one step", max_length=500))
        yield Field("Description", Input(id="description", placeholder="optional"))

    async def send(self) -> str | None:
        subtask = await self._mutations.create_subtask(
            self._key,
            self._about.id,
            title=required("title", self.query_one("#title", Input).value, "a title"),
            description=self.query_one("#description", Input).value.strip(),
        )
        return made_id(subtask)


class EditTitle(Dialog[str]):
    """Renames a task, or one of its subtasks. Answers with the new title."""

    VERB = "rename"

    def __init__(self, mutations: Mutations, task_id: str, title: str, subtask_id: str | None = None) -> None:
        super().__init__()
        self._mutations = mutations
        self._of_task = task_id
        self._subtask_id = subtask_id
        self._title = clean_line(title)

    @property
    def heading(self) -> str:
        return "Edit title"

    def fields(self) -> ComposeResult:
        yield Field("Title", Input(self._title, id="title", max_length=500))

    async def send(self) -> str:
        title = required("title", self.query_one("#title", Input).value, "a title")
        label = f"Rename “{self._title}”"
        if self._subtask_id is None:
            await self._mutations.update_task(label, self._of_task, title=title)
        else:
            await self._mutations.update_subtask(label, self._of_task, self._subtask_id, title=title)
        return title
