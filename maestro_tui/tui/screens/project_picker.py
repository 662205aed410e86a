"""The list of projects."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from maestro_tui.domain.project import Project
from maestro_tui.tui.counts import Counts
from maestro_tui.tui.text import clip, line
from maestro_tui.tui.widgets.footer import Footer, Hint

__all__ = ["NEW_PROJECT", "PickerScreen"]

NEW_PROJECT = "new"
"""The answer when the person wants a project that is not there yet."""


class PickerScreen(ModalScreen[str | None], inherit_bindings=False):
    """Answers with a project's id, with NEW_PROJECT, or with None."""

    CSS_PATH = "dialog.tcss"
    BINDINGS = [
        Binding("escape,q,p", "cancel", "Close", show=False),
        Binding("n,N", "new", "New project", show=False),
    ]

    def __init__(self, projects: Sequence[tuple[Project, Counts]], current: str | None) -> None:
        super().__init__()
        self._projects = projects
        self._current = current

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Projects")
            yield OptionList(*(Option(_row(*pair), id=pair[0].id) for pair in self._projects), markup=False)
            footer = Footer()
            footer.hints = (
                Hint("enter", "open"),
                Hint("N", "new", "screen.new"),
                Hint("esc", "close", "screen.cancel"),
            )
            yield footer

    def on_mount(self) -> None:
        ids = [project.id for project, _ in self._projects]
        if self._current in ids:
            self.query_one(OptionList).highlighted = ids.index(self._current)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_new(self) -> None:
        """Ask for a new project instead."""
        self.dismiss(NEW_PROJECT)

    def action_cancel(self) -> None:
        """Stay where the person was."""
        self.dismiss(None)


def _row(project: Project, counts: Counts) -> Content:
    facts = [f"{counts.open} open"] if counts.open else []
    facts += [f"{counts.agents} agents"] if counts.agents else []
    facts += [f"{counts.waiting} waiting"] if counts.waiting else []
    name = Content.assemble(
        clip(project.name, 40).stylize("bold"), Content.styled(f"  {' · '.join(facts)}", "$muted")
    )
    return Content("\n").join([name, line(project.working_dir or "no directory", "$muted")])
