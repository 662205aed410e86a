"""The dialog that creates a project."""

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Input

from maestro_tui.domain.errors import Invalid
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.screens.dialog import Dialog, Field, made_id, required

__all__ = ["NewProject"]


class NewProject(Dialog[str]):
    """Answers with the new project's id."""

    VERB = "create"

    def __init__(self, mutations: Mutations, key: str, directory: str) -> None:
        """key: for idempotency. directory: proposed as the place agents work in."""
        super().__init__()
        self._mutations = mutations
        self._key = key
        self._directory = directory

    @property
    def heading(self) -> str:
        return "New project"

    def fields(self) -> ComposeResult:
        yield Field("Name", Input(id="name", placeholder="webshop", max_length=200))
        yield Field("Directory", Input(self._directory, id="workingDir", placeholder="where agents work"))
        yield Field("Description", Input(id="description", placeholder="optional", max_length=2000))

    async def send(self) -> str | None:
        project = await self._mutations.create_project(
            self._key,
            name=required("name", self.query_one("#name", Input).value, "a name"),
            workingDir=self._checked_directory(),
            description=self.query_one("#description", Input).value.strip(),
        )
        return made_id(project)

    def _checked_directory(self) -> str:
        text = self.query_one("#workingDir", Input).value.strip()
        if not text:
            return ""
        path = Path(text).expanduser()
        if not path.is_dir():
            raise Invalid(
                f"there is no directory '{text}'",
                suggestion="create it first, or leave the field empty",
                details=[{"path": "workingDir", "message": "not a directory"}],
            )
        return str(path.absolute())
