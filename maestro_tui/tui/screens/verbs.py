"""What a person can do on the board: each verb of the action table, sent to the server."""

import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec

from maestro_tui.domain.ids import new_id
from maestro_tui.domain.project import Project
from maestro_tui.domain.status import DONE, TaskStatus
from maestro_tui.domain.task import Subtask, Task
from maestro_tui.runner.versions import Versions
from maestro_tui.tui.context import Context
from maestro_tui.tui.counts import count
from maestro_tui.tui.later import Later
from maestro_tui.tui.pacing import PacedScreen
from maestro_tui.tui.problems import PROBLEMS, sentence
from maestro_tui.tui.rows import Row, RowKey
from maestro_tui.tui.screens.block import BlockTask
from maestro_tui.tui.screens.confirm import Confirm
from maestro_tui.tui.screens.new_project import NewProject
from maestro_tui.tui.screens.new_task import EditTitle, NewSubtask, NewTask
from maestro_tui.tui.screens.project_picker import NEW_PROJECT, PickerScreen
from maestro_tui.tui.screens.spawn import Spawn, installed_agents

__all__ = ["Verbs"]

P = ParamSpec("P")


class Verbs(PacedScreen[None], inherit_bindings=False):
    """Turns keys into commands; what comes of them arrives with the next events.

    Subclasses show things and say what is selected.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._versions = Versions(os.environ)

    # What a subclass gives

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        raise NotImplementedError

    @property
    def project(self) -> Project | None:
        """The open project."""
        raise NotImplementedError

    def open_project(self, project_id: str) -> None:
        """Show a project, as soon as it is known."""
        raise NotImplementedError

    def choose(self, key: RowKey) -> None:
        """Put the cursor on a row, as soon as it is there."""
        raise NotImplementedError

    # Projects

    def action_project_new(self) -> None:
        dialog = NewProject(self.context.mutations, self._key(), str(self.context.directory))
        self.app.push_screen(dialog, self._opened)

    def action_project_pick(self) -> None:
        documents = self.context.documents
        projects = sorted(documents.projects.values(), key=lambda project: project.name.casefold())
        if not projects:
            self.action_project_new()
            return
        counted = [(project, count(documents, project.id)) for project in projects]
        self.app.push_screen(PickerScreen(counted, self.project.id if self.project else None), self._opened)

    def _opened(self, answer: str | None) -> None:
        if answer == NEW_PROJECT:
            self.action_project_new()
        elif answer is not None:
            self.open_project(answer)

    # Tasks and subtasks

    def action_task_new(self) -> None:
        if self.project is None:
            self.action_project_new()
            return
        dialog = NewTask(self.context.mutations, self._key(), self.project.id, self._selected_task())
        self.app.push_screen(dialog, lambda task_id: self.choose(("task", "", task_id)) if task_id else None)

    def action_subtask_new(self) -> None:
        if task := self._need_task():
            dialog = NewSubtask(self.context.mutations, self._key(), task)
            task_id = task.id
            self.app.push_screen(dialog, lambda made: self.choose(("subtask", task_id, made)) if made else None)

    def action_task_complete(self) -> None:
        subtask, task = self._subtask(), self._need_task()
        send = self.context.mutations
        if subtask is not None:
            label = _named("Reopen" if subtask.completed else "Complete", subtask)
            completed = not subtask.completed
            self._run(send.update_subtask, label, subtask.task_id, subtask.id, completed=completed)
        elif task is not None:
            reopens = task.status in DONE
            status = TaskStatus.TODO if reopens else TaskStatus.COMPLETED
            label = _named("Reopen" if reopens else "Complete", task)
            self._run(send.update_task, label, task.id, status=status.value)

    def action_task_start(self) -> None:
        if task := self._need_task():
            status = TaskStatus.IN_PROGRESS.value
            self._run(self.context.mutations.update_task, _named("Start", task), task.id, status=status)

    def action_task_block(self) -> None:
        task = self._need_task()
        if task is None:
            return
        if task.status is TaskStatus.BLOCKED:
            status = TaskStatus.IN_PROGRESS if task.started_at else TaskStatus.TODO
            fields = {"status": status.value, "reason": None}
            self._run(self.context.mutations.update_task, _named("Unblock", task), task.id, **fields)
        else:
            self.app.push_screen(BlockTask(self.context.mutations, task))

    def action_task_edit(self) -> None:
        subtask, task = self._subtask(), self._need_task()
        if subtask is not None:
            self.app.push_screen(EditTitle(self.context.mutations, subtask.task_id, subtask.title, subtask.id))
        elif task is not None:
            self.app.push_screen(EditTitle(self.context.mutations, task.id, task.title))

    def action_task_delete(self) -> None:
        subtask, task, send = self._subtask(), self._need_task(), self.context.mutations
        if subtask is not None:
            act = partial(send.delete_subtask, _named("Delete", subtask), subtask.task_id, subtask.id)
            question = f"Delete the subtask “{subtask.title}”?"
            self.app.push_screen(Confirm("Delete subtask", question, "delete", act))
        elif task is not None:
            act = partial(send.delete_task, _named("Delete", task), task.id)
            self.app.push_screen(Confirm("Delete task", self._delete_question(task), "delete", act))

    def _delete_question(self, task: Task) -> str:
        children = len(list(self.context.documents.children_of(task.id)))
        live = sum(session.is_live for session in self.context.documents.sessions_of(task.id))
        lost = [_number(len(task.subtasks), "subtask")] if task.subtasks else []
        lost += [_number(children, "child task")] if children else []
        with_it = f"\nWith it go its {' and '.join(lost)}." if lost else ""
        agents = f"\nStill at work on it: {_number(live, 'agent')}; nothing stops them." if live else ""
        return f"Delete the task “{task.title}”?{with_it}{agents}"

    # Sessions

    def action_session_spawn(self) -> None:
        if self.project is None:
            self.action_project_new()
            return
        agents = installed_agents(self.context.settings)
        ask, send = self.context.api, self.context.mutations
        task = self._selected_task()
        taken = {session.name for session in self.context.documents.sessions.values()}
        dialog = Spawn(ask, send, self._key(), self.project, task, agents, self._versions, taken)
        self.app.push_screen(dialog)

    # Helpers

    def _run(self, command: Callable[P, Awaitable[object]], *wish: P.args, **fields: P.kwargs) -> None:
        """Send a command; what goes wrong is told and nothing is changed."""
        self.run_worker(Later(self._attempt, command, *wish, **fields), group="commands")

    async def _attempt(
        self, command: Callable[P, Awaitable[object]], /, *wish: P.args, **fields: P.kwargs
    ) -> None:
        try:
            await command(*wish, **fields)
        except PROBLEMS as error:
            self.app.notify(sentence(error), title="That did not work", severity="error")

    def _key(self) -> str:
        return new_id("ui", self.context.clock())

    def _selected_task(self) -> Task | None:
        """The selected task, or the one the selected row belongs to."""
        row = self.selected
        return self.context.documents.tasks.get(row.task_id) if row else None

    def _need_task(self) -> Task | None:
        task = self._selected_task()
        if task is None:
            self.app.notify("Select a task first; n makes a new one", severity="warning")
        return task

    def _subtask(self) -> Subtask | None:
        row, task = self.selected, self._selected_task()
        if row is None or row.kind != "subtask" or task is None:
            return None
        return next((subtask for subtask in task.subtasks if subtask.id == row.id), None)


def _named(verb: str, thing: Task | Subtask) -> str:
    return f"{verb} “{thing.title}”"


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
