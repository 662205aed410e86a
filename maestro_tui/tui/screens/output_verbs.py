"""What a person can do with what a terminal showed: find, paste, save, forget."""

from maestro_tui.tui.screens.layout_verbs import LayoutVerbs
from maestro_tui.tui.screens.save_output import SaveOutput

__all__ = ["OutputVerbs"]


class OutputVerbs(LayoutVerbs, inherit_bindings=False):
    """The text of the terminal that has the keys."""

    def action_pane_find(self) -> None:
        if pane := self.active_pane:
            pane.find()

    def action_pane_paste(self) -> None:
        if not self.app.clipboard:
            self.app.notify("Nothing was copied here yet", timeout=3)
        elif pane := self.active_pane:
            pane.offer_paste(self.app.clipboard)

    def action_pane_save(self) -> None:
        if pane := self.active_pane:
            name, directory = self.name_of(pane.session_id), self.context.directory
            self.app.push_screen(SaveOutput(pane.terminal, name, directory, self.context.clock()), self._saved)

    def _saved(self, path: str | None) -> None:
        if path is not None:
            self.app.notify(f"Saved to {path}")

    def action_pane_clear(self) -> None:
        if pane := self.active_pane:
            pane.scroll_mode = False
            pane.terminal.clear_scrollback()
            pane.redraw()
